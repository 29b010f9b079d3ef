// If this breaks, nobody can look into a segment, an index or a snapshot on the disk.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCommand, startToolBroker, type ToolBroker } from './testing/tool-broker.ts';

// If these break, the files that a broker wrote cannot be looked at with our tool.

let tools: ToolBroker;
let folder: string;

before(async () => {
  tools = await startToolBroker();
  const config = ['--config', 'index.interval.bytes=100'];
  await tools.ok('topics', ['--create', '--topic', 'dump', ...config]);
  const lines = Array.from({ length: 20 }, (_, index) => `value ${index}`).join('\n');
  await tools.ok('console-producer', ['--topic', 'dump', '--sync'], lines);
  const gzip = ['--compression-codec', 'gzip'];
  await tools.ok('console-producer', ['--topic', 'dump', ...gzip], 'a\nb\n');
  const read = ['--topic', 'dump', '--group', 'g', '--from-beginning', '--max-messages', '22'];
  await tools.ok('console-consumer', read);
  await tools.stopBroker();
  folder = join(tools.dataFolder, 'dump-0');
});

after(() => tools.stop());

const file = (suffix: string) => join(folder, `00000000000000000000${suffix}`);
const dump = async (...args: string[]) => {
  const { code, out, err } = await runCommand(['dump-log', '--files', ...args]);
  assert.equal(code, 0, err);
  assert.equal(err, '');
  return out;
};

test('every batch of a log, and every record where asked', async () => {
  const shallow = (await dump(file('.log'))).split('\n');
  assert.equal(shallow[0], `Dumping ${file('.log')}`);
  assert.equal(shallow[1], 'Log starting offset: 0');
  assert.equal(shallow.length, 2 + 21 + 1);
  assert.ok(shallow.slice(2, -1).every((line) => / isvalid: true$/.test(line)));
  assert.match(shallow.at(-2)!, /baseOffset: 20 lastOffset: 21 count: 2 .* compresscodec: gzip /);
  const deep = await dump(file('.log'), '--print-data-log');
  assert.equal(deep.match(/^\| offset: \d+ .* payload: (value \d+|a|b)$/gm)?.length, 22);
  const some = await dump(file('.log'), '--max-bytes', '200');
  assert.ok(some.split('\n').length < 6);
});

test('indexes and snapshots', async () => {
  assert.match(await dump(file('.index')), /\noffset: \d+ position: \d+\n/);
  assert.match(await dump(file('.timeindex')), /\ntimestamp: \d+ offset: 21\n$/);
  const both = `${file('.index')},${file('.timeindex')}`;
  assert.equal(
    await dump(both, '--index-sanity-check'),
    ['.index', '.timeindex']
      .map((suffix) => `Dumping ${file(suffix)}\n${file(suffix)} passed sanity check.\n`)
      .join(''),
  );
  assert.equal((await dump(both, '--verify-index-only')).split('\n').length, 3);
  const snapshot = readdirSync(folder).find((name) => name.endsWith('.snapshot'));
  assert.match(await dump(join(folder, snapshot!)), /\nproducerId: \d+ producerEpoch: 0 /);
});

test('the offsets of groups', async () => {
  const logs = ['__consumer_offsets-0', '__consumer_offsets-1'].map((name) =>
    join(tools.dataFolder, name, '00000000000000000000.log'),
  );
  const out = await dump(logs.join(','), '--offsets-decoder');
  assert.match(out, /key: \{"type":"2","data":\{"group":"g"\}\} payload: \{"version":"3",/);
  assert.match(
    out,
    /"topic":"dump","partition":0\}\} payload: \{"version":"3","data":\{"offset":22,/,
  );
});

test('what is wrong with files is reported', async () => {
  const index = readFileSync(file('.index'));
  index.writeInt32BE(index.readInt32BE(0) + 1, 0);
  writeFileSync(file('.index'), index);
  const broken = await runCommand(['dump-log', '--files', file('.index'), '--verify-index-only']);
  assert.match(broken.err, /^Mismatches in :.*\.index\n {2}Index offset: \d+, log offset: \d+\n$/);
  appendFileSync(file('.log'), 'rest of a batch');
  assert.match(
    await dump(file('.log')),
    /\nFound 15 invalid bytes at the end of 00000000000000000000\.log\n$/,
  );
  const wrong: [string[], RegExp][] = [
    [[], /Missing required argument "\[files\]"/],
    [['--files', '/nowhere/00000000000000000000.log'], /nowhere.* cannot be read/],
    [['--files', '/nowhere/some.log'], /is not named after an offset/],
    [['--files', file('.log'), '--value-decoder-class', 'x.Y'], /x\.Y is unknown; there are/],
  ];
  for (const [args, expected] of wrong) {
    const { code, err } = await runCommand(['dump-log', ...args]);
    assert.equal(code, 1);
    assert.match(err, expected);
    assert.equal(err.trimEnd().split('\n').length, 1, err);
  }
});
