// If this breaks, a list setting loses or doubles entries when one is added or taken out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alterConfigs, brokerConfig, type ConfigChange, incrementalAlterConfigs } from './index.ts';

// If these break, a change of configs is half applied, or lost.

const broker = brokerConfig();
const change = (name: string, op: ConfigChange['op'], value: string | null = null) => ({
  name,
  op,
  value,
});

test('set and delete touch only what they name', () => {
  assert.deepEqual(
    incrementalAlterConfigs(broker, 'topic', { 'retention.ms': '1', 'segment.bytes': '100' }, [
      change('segment.bytes', 'delete'),
      change('max.message.bytes', 'set', '5'),
    ]),
    { configs: { 'retention.ms': '1', 'max.message.bytes': '5' } },
  );
});

test('append and subtract work on the list in force, also where it is inherited', () => {
  const compacted = brokerConfig({ 'log.cleanup.policy': 'compact' });
  const append = change('cleanup.policy', 'append', 'delete');
  assert.deepEqual(incrementalAlterConfigs(compacted, 'topic', {}, [append]), {
    configs: { 'cleanup.policy': 'compact,delete' },
  });
  assert.deepEqual(
    incrementalAlterConfigs(broker, 'topic', { 'cleanup.policy': 'compact,delete' }, [
      change('cleanup.policy', 'subtract', 'delete'),
    ]),
    { configs: { 'cleanup.policy': 'compact' } },
  );
  assert.deepEqual(
    incrementalAlterConfigs(broker, 'topic', {}, [append]),
    { configs: { 'cleanup.policy': 'delete' } },
    'what is there already is not added again',
  );
});

test('a value that grows beyond what clients can be sent is refused, and stays as it was', () => {
  const key = 'leader.replication.throttled.replicas';
  const list = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${from + index}:1`).join(',');
  const before = { [key]: list(0, 3000) };
  assert.ok(before[key]!.length < 32_767);
  const result = incrementalAlterConfigs(broker, 'topic', before, [
    change(key, 'append', list(3000, 3000)),
  ]);
  assert.ok('error' in result);
  assert.equal(result.error, 'INVALID_CONFIG');
  assert.match(result.message, /throttled\.replicas would have \d+ bytes; at most 32767/);
});

const REFUSED: readonly (readonly [ConfigChange[], string, RegExp])[] = [
  [[change('retention.ms', 'append', '1')], 'INVALID_CONFIG', /append is not allowed/],
  [[change('retention.ms', 'set', null)], 'INVALID_REQUEST', /Null value not supported/],
  [
    [change('retention.ms', 'set', '1'), change('retention.ms', 'set', '2')],
    'INVALID_REQUEST',
    /duplicate config keys: retention.ms/,
  ],
  [
    [change('retention.ms', 'set', '1'), change('nonsense', 'set', '2')],
    'INVALID_CONFIG',
    /Unknown topic config name: nonsense/,
  ],
  [
    [change('retention.ms', 'set', '1'), change('segment.bytes', 'set', '2')],
    'INVALID_CONFIG',
    /segment.bytes = 2 must be at least 14/,
  ],
];

test('one bad entry refuses the whole change', () => {
  for (const [changes, error, message] of REFUSED) {
    const result = incrementalAlterConfigs(broker, 'topic', { 'retention.ms': '9' }, changes);
    assert.ok('error' in result, JSON.stringify(result));
    assert.equal(result.error, error);
    assert.match(result.message, message);
  }
});

test('the older request replaces all that was set', () => {
  assert.deepEqual(alterConfigs(broker, 'topic', [{ name: 'retention.ms', value: '3' }]), {
    configs: { 'retention.ms': '3' },
  });
  assert.ok('error' in alterConfigs(broker, 'topic', [{ name: 'retention.ms', value: 'x' }]));
});

test('a broker config changes at run time only where that has an effect', () => {
  const set = (target: 'broker' | 'broker-defaults', name: string, value: string) =>
    incrementalAlterConfigs(broker, target, {}, [change(name, 'set', value)]);
  assert.deepEqual(set('broker', 'log.retention.ms', '5'), {
    configs: { 'log.retention.ms': '5' },
  });
  const readOnly = set('broker', 'num.partitions', '5');
  assert.ok(
    'error' in readOnly && /Cannot update these configs dynamically/.test(readOnly.message),
  );
  const listeners = set('broker-defaults', 'listeners', 'PLAINTEXT://:1');
  assert.ok('error' in listeners && /broker id must be specified/.test(listeners.message));
  const clash = set('broker', 'advertised.listeners', 'FOO://a:1');
  assert.ok('error' in clash && clash.error === 'INVALID_REQUEST');
});
