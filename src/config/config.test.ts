// If this breaks, a server.properties means something else here than in Kafka.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../storage/log-config.ts';
import { BROKER_KEYS } from './broker-keys/index.ts';
import {
  brokerConfig,
  ConfigError,
  loadBrokerConfig,
  topicLogConfig,
  validateTopicConfigs,
  withDynamicConfigs,
} from './index.ts';
import type { ConfigKey } from './key.ts';
import { TOPIC_KEYS } from './topic-keys.ts';

// If these break, a server.properties is read wrongly: a typo passes unseen, or a value is not the
// one that the operator wrote.

const problemOf = (fixed: Record<string, string>) => {
  try {
    brokerConfig(fixed);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return undefined;
};

test('every default passes its own check', () => {
  for (const keys of [BROKER_KEYS, TOPIC_KEYS] as Record<string, ConfigKey>[]) {
    for (const [name, key] of Object.entries(keys)) {
      for (const text of [key.default, key.singleNodeDefault ?? null]) {
        if (text !== null) assert.doesNotThrow(() => key.parse(text), name);
      }
      assert.match(key.doc, /^[A-Z].*\.$/, `${name} has a sentence of documentation`);
    }
  }
});

test('an empty file gives a node that works', () => {
  const config = brokerConfig();
  assert.equal(config.nodeId, -1);
  assert.deepEqual(config.logDirList, ['./data']);
  assert.deepEqual(config.parsedListeners, [
    { name: 'PLAINTEXT', protocol: 'PLAINTEXT', host: '', port: 9092, advertised: undefined },
  ]);
  assert.deepEqual(config.parsedHttpListeners, [{ host: '127.0.0.1', port: 8048 }]);
  assert.equal(config.interBrokerListener, 'PLAINTEXT');
  assert.equal(config.groupInitialRebalanceDelayMs, 0);
  assert.equal(config.offsetsTopicReplicationFactor, 1);
  assert.equal(config.offsetsTopicNumPartitions, 50);
  assert.equal(config.autoCreateTopicsEnable, true);
});

test('a file that names an ensemble has the defaults of one node, which this is', () => {
  const config = brokerConfig({ 'zookeeper.connect': 'zk:2181' });
  assert.equal(config.groupInitialRebalanceDelayMs, 0);
  assert.equal(config.offsetsTopicReplicationFactor, 1);
});

test('a bad value names the key, the value and what is allowed', () => {
  assert.equal(problemOf({ 'num.partitions': '0' }), 'num.partitions = 0 must be at least 1');
  assert.equal(
    problemOf({ 'max.connections.per.ip.overrides': '10.0.0.1:5,::1:x' }),
    'max.connections.per.ip.overrides = 10.0.0.1:5,::1:x must be a list of address:count',
  );
  assert.equal(
    problemOf({ 'num.partitions': 'many' }),
    'num.partitions = many is not a whole number from -2147483648 to 2147483647 (at least 1)',
  );
  assert.equal(
    problemOf({ 'compression.gzip.level': '0' }),
    'compression.gzip.level = 0 must be between 1 and 9, or -1',
  );
  assert.equal(
    problemOf({ 'log.cleanup.policy': 'delete,squash' }),
    'log.cleanup.policy = delete,squash must be a list of compact, delete',
  );
  assert.equal(
    problemOf({ 'auto.create.topics.enable': 'yes' }),
    'auto.create.topics.enable = yes must be true or false',
  );
  assert.equal(
    problemOf({ 'compression.type': 'brotli' }),
    'compression.type = brotli must be one of uncompressed, zstd, lz4, snappy, gzip, producer',
  );
});

test('all bad values are named at once', () => {
  assert.equal(problemOf({ 'num.partitions': '0', 'fetch.max.bytes': '1' })?.split('\n').length, 2);
});

test('a password never shows in an error', () => {
  const key = { ...BROKER_KEYS['ssl.key.password'] } as ConfigKey;
  assert.equal(key.type, 'password');
  assert.equal(problemOf({ 'ssl.key.password': 'secret' }), undefined);
});

test('an unknown key is a warning that names the closest known one', () => {
  const { warnings } = loadBrokerConfig({ 'log.retension.hours': '1', 'my.own.thing': 'x' });
  assert.deepEqual(warnings, [
    'log.retension.hours is not a known config and is ignored; did you mean log.retention.hours?',
    'my.own.thing is not a known config and is ignored',
  ]);
});

test('the keys of a stock Kafka file give no warning', () => {
  const { warnings, config } = loadBrokerConfig({
    'broker.id': '0',
    'num.network.threads': '3',
    'num.io.threads': '8',
    'socket.send.buffer.bytes': '102400',
    'socket.receive.buffer.bytes': '102400',
    'socket.request.max.bytes': '104857600',
    'log.dirs': '/tmp/a, /tmp/b',
    'num.recovery.threads.per.data.dir': '1',
    'transaction.state.log.min.isr': '1',
    'log.retention.hours': '168',
    'zookeeper.connection.timeout.ms': '18000',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': '1@localhost:9093',
  });
  assert.deepEqual(warnings, []);
  assert.equal(config.nodeId, 0, 'broker.id is the older name of node.id');
  assert.deepEqual(config.logDirList, ['/tmp/a', '/tmp/b']);
});

test('folders that are set to nothing are not the default ones', () => {
  for (const text of ['', ' ', ',']) {
    assert.throws(() => brokerConfig({ 'log.dirs': text }), /must name at least one folder/);
  }
});

test('the finer unit wins, whatever the order in the file', () => {
  const retention = (fixed: Record<string, string>) => brokerConfig(fixed).logRetentionMs;
  assert.equal(retention({}), 168 * 3_600_000);
  assert.equal(retention({ 'log.retention.hours': '1' }), 3_600_000);
  assert.equal(retention({ 'log.retention.hours': '1', 'log.retention.minutes': '2' }), 120_000);
  assert.equal(retention({ 'log.retention.minutes': '2', 'log.retention.ms': '7' }), 7);
  assert.equal(retention({ 'log.retention.hours': '-1' }), -1, '-1 hours are for ever');
});

test('a value changed at run time wins over the file, for one broker over all', () => {
  const file = brokerConfig({ 'log.retention.ms': '1' });
  const all = withDynamicConfigs(file, {
    dynamicDefault: { 'log.retention.ms': '2' },
    dynamicBroker: {},
  });
  assert.equal(all.logRetentionMs, 2);
  const one = withDynamicConfigs(all, {
    dynamicDefault: { 'log.retention.ms': '2' },
    dynamicBroker: { 'log.retention.ms': '3' },
  });
  assert.equal(one.logRetentionMs, 3);
  assert.equal(topicLogConfig(one, {}).retentionMs, 3);
  assert.equal(topicLogConfig(one, { 'retention.ms': '4' }).retentionMs, 4);
});

test('a topic config is the LogConfig that the storage takes, with the same defaults', () => {
  const config: LogConfig = topicLogConfig(brokerConfig(), {});
  for (const [name, value] of Object.entries(DEFAULT_LOG_CONFIG)) {
    assert.deepEqual((config as unknown as Record<string, unknown>)[name], value, name);
  }
});

test('the older timestamp bound rules until one of the newer ones is set', () => {
  const bounds = (overrides: Record<string, string>) => {
    const config = topicLogConfig(brokerConfig(), overrides);
    return [config.messageTimestampBeforeMaxMs, config.messageTimestampAfterMaxMs];
  };
  assert.deepEqual(bounds({ 'message.timestamp.difference.max.ms': '5' }), [5, 5]);
  assert.deepEqual(
    bounds({ 'message.timestamp.difference.max.ms': '5', 'message.timestamp.after.max.ms': '9' }),
    [5, 9],
  );
});

test('a stored override that is bad counts as not set', () => {
  assert.equal(topicLogConfig(brokerConfig(), { 'retention.ms': 'x' }).retentionMs, 604_800_000);
});

test('topic configs are checked by name, value and against each other', () => {
  const check = (overrides: Record<string, string>) =>
    validateTopicConfigs(brokerConfig(), overrides);
  assert.equal(check({ 'cleanup.policy': 'compact, delete' }), undefined);
  assert.equal(check({ nonsense: '1' }), 'Unknown topic config name: nonsense');
  assert.equal(check({ 'segment.bytes': '13' }), 'segment.bytes = 13 must be at least 14');
  assert.match(
    check({ 'min.compaction.lag.ms': '2', 'max.compaction.lag.ms': '1' }) ?? '',
    /must not be above/,
  );
  assert.match(check({ 'leader.replication.throttled.replicas': '1' }) ?? '', /0:1,1:2/);
});
