// If this breaks, what the broker keeps in its internal topics cannot be read by a person.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeVersioned } from '../protocol/codec/index.ts';
import {
  GroupMetadataKey,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../protocol/state-records/index.ts';
import { internalFormatter } from './internal-formats.ts';

// If these break, nobody can see what is in __consumer_offsets. The text is that of Kafka 4.3's formatters.

const key = encodeVersioned(OffsetCommitKey, 1, { group: 'g', topic: 't', partition: 2 });
const value = encodeVersioned(OffsetCommitValue, 3, {
  offset: 7,
  leaderEpoch: -1,
  metadata: 'note',
  commitTimestamp: 1_600_000_000_000,
  expireTimestamp: -1,
});
const KEY = '{"type":1,"data":{"group":"g","topic":"t","partition":2}}';

function shown(className: string, record: { key: Buffer | null; value: Buffer | null }): string {
  const format = internalFormatter(className);
  assert.ok(format, className);
  return format(record).toString();
}

test('a committed offset, by the names of the formatter over the years', () => {
  for (const className of [
    'org.apache.kafka.tools.consumer.OffsetsMessageFormatter',
    'kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter',
  ]) {
    assert.equal(
      shown(className, { key, value }),
      `{"key":${KEY},"value":{"version":3,"data":{"offset":7,"leaderEpoch":-1,"metadata":"note","commitTimestamp":1600000000000}}}`,
    );
  }
});

test('a deleted one has no value, and records of other kinds are left out', () => {
  const offsets = 'OffsetsMessageFormatter';
  assert.equal(shown(offsets, { key, value: null }), `{"key":${KEY},"value":null}`);
  const groupKey = encodeVersioned(GroupMetadataKey, 2, { group: 'g' });
  assert.equal(shown(offsets, { key: groupKey, value: null }), '');
  assert.equal(shown('GroupMetadataMessageFormatter', { key, value }), '');
  assert.equal(shown(offsets, { key: null, value }), '');
  assert.equal(internalFormatter('DefaultMessageFormatter'), undefined);
});
