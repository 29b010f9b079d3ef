// If this breaks, every produced record is read one by one, and produce costs twice the CPU.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerConfig, topicLogConfig } from '../../config/index.ts';
import { rulesOf } from './produce-rules.ts';

test('a topic without limits asks the validator for nothing that needs the records', () => {
  const rules = rulesOf(topicLogConfig(brokerConfig(), {}));
  assert.equal(rules.timestampBeforeMaxMs, Number.POSITIVE_INFINITY);
  assert.equal(rules.timestampAfterMaxMs, Number.POSITIVE_INFINITY);
  assert.equal(rules.compacted, false);
  assert.equal(rules.compressionType, 'producer');
});

test('the limits of a topic reach the validator', () => {
  const overrides = {
    'message.timestamp.before.max.ms': '1000',
    'message.timestamp.after.max.ms': '2000',
    'compression.type': 'uncompressed',
    'cleanup.policy': 'compact,delete',
    'max.message.bytes': '77',
  };
  const rules = rulesOf(topicLogConfig(brokerConfig(), overrides));
  assert.deepEqual([rules.timestampBeforeMaxMs, rules.timestampAfterMaxMs], [1000, 2000]);
  assert.deepEqual([rules.compacted, rules.compressionType], [true, 'none']);
  assert.equal(rules.maxMessageBytes, 77);
});
