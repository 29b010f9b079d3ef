// If this breaks, a setting is shown with a wrong value or source, or a secret with its value.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brokerConfig,
  describeBrokerConfig,
  describeBrokerDefaults,
  describeTopicConfig,
  withDynamicConfigs,
} from './index.ts';

// If these break, tools show a config that is not in force, Connect refuses to start over
// cleanup.policy, or a password leaks.

const one = <T extends { name: string }>(all: readonly T[], name: string): T => {
  const found = all.find((config) => config.name === name);
  assert.ok(found, name);
  return found;
};

test('a topic shows all its configs, with the default where nothing is set', () => {
  const all = describeTopicConfig(brokerConfig(), {});
  // Kafka 3.9's 36, and flush.policy of ours.
  assert.equal(all.length, 37);
  const policy = one(all, 'cleanup.policy');
  assert.deepEqual(
    { ...policy, documentation: '' },
    {
      name: 'cleanup.policy',
      value: 'delete',
      readOnly: false,
      isDefault: true,
      configSource: 5,
      isSensitive: false,
      synonyms: [{ name: 'log.cleanup.policy', value: 'delete', source: 5 }],
      configType: 7,
      documentation: '',
    },
  );
  assert.equal(one(all, 'flush.ms').value, '9223372036854775807', 'no digit is lost');
  assert.equal(one(all, 'min.cleanable.dirty.ratio').value, '0.5');
  assert.equal(one(all, 'remote.storage.enable').configSource, 5);
});

test('an override shows as the topic’s own, before all it overrides', () => {
  const broker = withDynamicConfigs(brokerConfig({ 'log.retention.hours': '2' }), {
    dynamicDefault: { 'log.retention.ms': '5' },
    dynamicBroker: {},
  });
  const [retention] = describeTopicConfig(broker, { 'retention.ms': '1' }, ['retention.ms']);
  assert.equal(retention?.value, '1');
  assert.equal(retention?.configSource, 1);
  assert.equal(retention?.isDefault, false);
  assert.deepEqual(retention?.synonyms, [
    { name: 'retention.ms', value: '1', source: 1 },
    { name: 'log.retention.ms', value: '5', source: 3 },
    { name: 'log.retention.hours', value: '2', source: 4 },
  ]);
  const [inherited] = describeTopicConfig(broker, {}, ['retention.ms']);
  assert.equal(inherited?.value, '5');
  assert.equal(inherited?.configSource, 3);
});

test('a value in another unit shows in the unit of the key that was asked for', () => {
  const broker = brokerConfig({ 'log.retention.hours': '2' });
  assert.equal(describeTopicConfig(broker, {}, ['retention.ms'])[0]?.value, '7200000');
  assert.equal(describeTopicConfig(broker, {}, ['retention.ms'])[0]?.configSource, 4);
});

test('a broker shows where each value comes from, and what may change at run time', () => {
  const broker = withDynamicConfigs(
    brokerConfig({ 'num.partitions': '3', 'message.max.bytes': ' 10 ' }),
    { dynamicDefault: {}, dynamicBroker: { 'message.max.bytes': '20' } },
  );
  const all = describeBrokerConfig(broker);
  assert.deepEqual(
    ['num.partitions', 'message.max.bytes', 'fetch.max.bytes'].map((name) => {
      const { value, configSource, readOnly, isDefault } = one(all, name);
      return [value, configSource, readOnly, isDefault];
    }),
    [
      ['3', 4, true, false],
      ['20', 2, false, false],
      ['57671680', 5, true, true],
    ],
  );
  assert.deepEqual(
    one(all, 'message.max.bytes').synonyms.map(({ value, source }) => [value, source]),
    [
      ['20', 2],
      ['10', 4],
      ['1048588', 5],
    ],
  );
  assert.equal(
    all.some(({ name }) => name === 'http.listeners'),
    false,
    'hidden until set',
  );
});

test('a password is never shown', () => {
  const broker = brokerConfig({ 'ssl.keystore.password': 'hunter2' });
  const [password] = describeBrokerConfig(broker, ['ssl.keystore.password']);
  assert.equal(password?.isSensitive, true);
  assert.equal(JSON.stringify(password).includes('hunter2'), false);
});

test('the defaults of all brokers are only what was changed at run time', () => {
  const broker = withDynamicConfigs(brokerConfig({ 'num.io.threads': '3' }), {
    dynamicDefault: { 'log.retention.ms': '5' },
    dynamicBroker: {},
  });
  assert.deepEqual(
    describeBrokerDefaults(broker).map(({ name, value, configSource }) => [
      name,
      value,
      configSource,
    ]),
    [['log.retention.ms', '5', 3]],
  );
});
