// If this breaks, nobody can look closer at a broker that misbehaves without stopping it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, type LogThreshold, silentLogger } from '../../base/logger.ts';
import { alterLoggers, describeLoggers } from './broker-logger.ts';

function start(): { logger: Logger; threshold: LogThreshold } {
  const threshold: LogThreshold = { level: 'info' };
  return { threshold, logger: { ...silentLogger, threshold } };
}

const shown = (logger: Logger, names: string[] | null = null) =>
  describeLoggers(logger, names).map(({ name, value }) => `${name}=${value}`);

const set = (value: string | null, name = 'root') => ({ name, configOperation: 0, value });

test('the level is shown, and changed while the broker runs', () => {
  const { logger, threshold } = start();
  assert.deepEqual(shown(logger), ['root=INFO']);
  assert.deepEqual(shown(logger, ['kafka']), []);
  for (const level of ['DEBUG', 'WARN', 'ERROR', 'INFO']) {
    assert.equal(alterLoggers(logger, [set(level)], { validateOnly: false }).error, 'NONE');
    assert.deepEqual(shown(logger, ['root']), [`root=${level}`]);
  }
  alterLoggers(logger, [set('DEBUG')], { validateOnly: true });
  assert.equal(threshold.level, 'info', 'only looked at');
});

test('a logger or a level that there is not is refused, and nothing is changed', () => {
  const { logger, threshold } = start();
  const cases: [change: Parameters<typeof alterLoggers>[1][number], error: string][] = [
    [set('LOUD'), 'INVALID_CONFIG'],
    [set('TRACE'), 'INVALID_CONFIG'],
    [set('debug'), 'INVALID_CONFIG'],
    [set(null), 'INVALID_CONFIG'],
    [set('DEBUG', 'kafka.server.KafkaApis'), 'INVALID_CONFIG'],
    [{ ...set('DEBUG'), configOperation: 1 }, 'INVALID_REQUEST'],
    [{ ...set('DEBUG'), configOperation: 2 }, 'INVALID_REQUEST'],
  ];
  for (const [change, error] of cases) {
    const { error: own } = alterLoggers(logger, [set('DEBUG'), change], { validateOnly: false });
    assert.equal(own, error, JSON.stringify(change));
  }
  assert.equal(threshold.level, 'info');
});

test('a log that another program keeps shows no level and takes none', () => {
  assert.deepEqual(shown(silentLogger), []);
  const { error } = alterLoggers(silentLogger, [set('DEBUG')], { validateOnly: false });
  assert.equal(error, 'INVALID_CONFIG');
});
