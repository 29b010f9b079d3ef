// If these break, Kafka's own tools and everybody's lag exporters can't read __consumer_offsets, or
// we can't read what an older Sluice or a real Kafka wrote. The bytes are such that Kafka 3.9's
// `kafka-dump-log --offsets-decoder` prints them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeVersioned } from '../../../protocol/codec/index.ts';
import { GroupMetadataValue, OffsetCommitValue } from '../../../protocol/state-records/index.ts';
import {
  decodeGroup,
  decodeKey,
  decodeOffset,
  groupTombstone,
  offsetRecord,
  offsetTombstone,
} from './records.ts';
import { GroupHarness } from './testing/group-harness.ts';
import { replayedGroups } from './testing/replayed.ts';

const at = { groupId: 'g', topic: 't', partition: 258 };
const committed = {
  offset: 5,
  leaderEpoch: 3,
  metadata: 'm',
  commitTimestampMs: 7,
  expireTimestampMs: null,
};

test('a committed offset has the key of version 1 and the value of version 3', () => {
  const { key, value } = offsetRecord(at, committed);
  assert.equal(key.toString('hex'), '0001000167000174' + '00000102');
  assert.equal(
    value?.toString('hex'),
    '0003' + '0000000000000005' + '00000003' + '00016d' + '0000000000000007',
  );
  assert.deepEqual(decodeKey(key), { kind: 'offset', ...at });
  assert.deepEqual(decodeOffset(value ?? Buffer.alloc(0)), committed);
});

test('an offset with a retention time of its own has the value of version 1, without an epoch', () => {
  const { value } = offsetRecord(at, { ...committed, expireTimestampMs: 9 });
  assert.equal(
    value?.toString('hex'),
    '0001' + '0000000000000005' + '00016d' + '0000000000000007' + '0000000000000009',
  );
  assert.deepEqual(decodeOffset(value ?? Buffer.alloc(0)), {
    ...committed,
    leaderEpoch: -1,
    expireTimestampMs: 9,
  });
});

test('tombstones have the same keys and no value', () => {
  assert.deepEqual(offsetTombstone(at), { key: offsetRecord(at, committed).key, value: null });
  const { key, value } = groupTombstone('g');
  assert.deepEqual([key.toString('hex'), value], ['0002000167', null]);
});

test('a group has the value of version 3, with its members and their assignments', async () => {
  const group = await GroupHarness.started();
  const { ids, generation } = group.stable(1, { metadata: 's', instanceId: 'i' });
  const [record] = group.log.records();
  assert.deepEqual(decodeKey(record!.key), { kind: 'group', groupId: 'group' });
  assert.equal(record!.value!.readInt16BE(0), 3);
  assert.deepEqual(decodeGroup(record!.value!), {
    protocolType: 'consumer',
    generation,
    protocol: 'range',
    leader: ids[0],
    currentStateTimestamp: group.clock.now(),
    members: [
      {
        memberId: ids[0],
        groupInstanceId: 'i',
        clientId: 'client',
        clientHost: '/127.0.0.1',
        rebalanceTimeout: 60_000,
        sessionTimeout: 10_000,
        subscription: Buffer.from('s'),
        assignment: Buffer.from('assignment of 0'),
      },
    ],
  });
});

test('records of every version that Kafka ever wrote are read', () => {
  for (let version = 0; version <= 4; version++) {
    const value = encodeVersioned(OffsetCommitValue, version, {
      offset: 5,
      metadata: 'm',
      commitTimestamp: 7,
    });
    assert.equal(decodeOffset(value).offset, 5);
    const group = encodeVersioned(GroupMetadataValue, version, {
      protocolType: 'consumer',
      generation: 4,
      protocol: 'range',
      leader: 'a',
      members: ['a', 'b', 'a'].map((memberId) => ({
        memberId,
        sessionTimeout: 10_000,
        subscription: Buffer.alloc(0),
        assignment: Buffer.from(memberId),
      })),
    });
    const batch = {
      baseOffset: 0,
      producerId: -1,
      isTransactional: false,
      isControl: false,
      records: [{ offset: 0, key: groupTombstone('g').key, value: group }],
    };
    const replayed = replayedGroups([batch], { wallMs: 0, monotonicMs: 0 }).get('g')?.protocol;
    assert.deepEqual(
      [replayed?.state, replayed?.generation, replayed?.leaderId, replayed?.members.size],
      ['Stable', 4, 'a', 2],
      'a member that is there twice is there once',
    );
    const member = replayed?.member('b');
    assert.equal(member?.rebalanceTimeoutMs, 10_000, 'the session timeout stands for it');
  }
});

test('keys of a newer Kafka are known for what they are', () => {
  assert.deepEqual(decodeKey(Buffer.from('0003000167', 'hex')), { kind: 'unknown', version: 3 });
});
