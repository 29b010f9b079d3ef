// If this breaks, a field reaches clients that do not know it, or is withheld from those that do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConsumerProtocolSubscription,
  GroupMetadataKey,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../state-records/index.ts';
import { decodeVersioned, encodeVersioned, ProtocolError, peekVersion } from './index.ts';

// Tools that read __consumer_offsets, such as lag exporters, parse exactly these bytes.

test('an offset commit has the bytes that Kafka writes', () => {
  const key = encodeVersioned(OffsetCommitKey, 1, { group: 'g', topic: 't', partition: 2 });
  assert.equal(key.toString('hex'), '0001000167000174 00000002'.replace(' ', ''));
  assert.equal(peekVersion(key), 1);
  const value = encodeVersioned(OffsetCommitValue, 3, {
    offset: 5,
    metadata: 'm',
    commitTimestamp: 9,
  });
  assert.equal(value.toString('hex'), '00030000000000000005ffffffff00016d0000000000000009');
  assert.deepEqual(decodeVersioned(OffsetCommitValue, value), {
    offset: 5,
    leaderEpoch: -1,
    metadata: 'm',
    commitTimestamp: 9,
    expireTimestamp: -1,
  });
});

test('a version nobody knows is refused, or read as the highest known where clients do so', () => {
  const key = encodeVersioned(GroupMetadataKey, 2, { group: 'g' });
  key.writeInt16BE(3, 0);
  assert.throws(() => decodeVersioned(GroupMetadataKey, key), ProtocolError);
  assert.throws(() => decodeVersioned(GroupMetadataKey, Buffer.alloc(1)), ProtocolError);
  const subscription = encodeVersioned(ConsumerProtocolSubscription, 3, { topics: ['a'] });
  subscription.writeInt16BE(9, 0);
  const read = decodeVersioned(ConsumerProtocolSubscription, subscription, {
    newerAsHighest: true,
  });
  assert.deepEqual(read.topics, ['a']);
  assert.throws(() => decodeVersioned(ConsumerProtocolSubscription, subscription), /no version 9/);
});
