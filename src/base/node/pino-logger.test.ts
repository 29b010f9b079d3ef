// If this breaks, people can't read the log on a terminal, or machines can't parse it elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './pino-logger.ts';

function logged(format: 'json' | 'text', level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ level, format, write: (line) => lines.push(line) });
  return { lines, logger };
}

test('a line of JSON has time, level, sentence and fields, and errors keep their stack', () => {
  const { lines, logger } = logged('json');
  logger.child({ broker: 1 }).warn({ topic: 'orders', error: new TypeError('bad') }, 'it failed');
  logger.debug({}, 'not at this level');
  assert.equal(lines.length, 1);
  const entry: Record<string, unknown> = JSON.parse(lines[0]!);
  const { time, error, ...rest } = entry;
  assert.deepEqual(rest, { level: 'warn', broker: 1, topic: 'orders', msg: 'it failed' });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(JSON.stringify(error), /"type":"TypeError","message":"bad","stack":"TypeError: bad/);
});

test('a person reads one line with time, level, sentence and fields', () => {
  const { lines, logger } = logged('text', 'debug');
  logger.info({ client: '127.0.0.1:5', reason: 'two words', list: [1], none: null }, 'closed it');
  logger.error({ error: new Error('boom') }, 'failed');
  logger.debug({ error: 'only text' }, 'hm');
  assert.match(
    lines[0]!,
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}closed it client=127\.0\.0\.1:5 reason="two words" list=\[1\] none=null\n$/,
  );
  assert.match(lines[1]!, /^\S+ ERROR failed\n {4}Error: boom\n {8}at /);
  assert.match(lines[2]!, /DEBUG hm error="only text"\n$/);
});

test('no line has a key twice, whatever fields a call or a child brings', () => {
  const { lines, logger } = logged('json');
  const child = logger.child({ topic: 'a', level: 'mine' }).child({ topic: 'b' });
  child.info({ topic: 'c', level: 'debug', time: 5, msg: 'field', error: 'text' }, 'sentence');
  child.info({}, 'other');
  for (const line of lines) {
    // Values hold no colons here but the time's.
    const keys = Array.from(line.matchAll(/"(\w+)":/g), ([, key]) => key);
    assert.deepEqual(keys, [...new Set(keys)], line);
  }
  const { time: _, ...entry } = JSON.parse(lines[0]!);
  assert.deepEqual(entry, {
    level: 'info',
    topic: 'c',
    error: 'text',
    level_: 'debug',
    time_: 5,
    msg_: 'field',
    msg: 'sentence',
  });
  assert.equal(JSON.parse(lines[1]!).topic, 'b');
});

test('a level that changes counts for the children that are there, too', () => {
  const { lines, logger } = logged('json');
  const child = logger.child({ part: 1 }).child({ piece: 2 });
  child.debug({}, 'before');
  logger.threshold!.level = 'debug';
  child.debug({}, 'while');
  child.threshold!.level = 'error';
  logger.warn({}, 'after');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['while'],
  );
});
