// If this breaks, Kafka's tools and brokers cannot read our files, or we cannot read theirs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaderEpochCache } from './append/leader-epoch-cache.ts';
import { decodeCleanShutdown, encodeCleanShutdown } from './dirs/clean-shutdown-file.ts';
import { folderKind } from './dirs/folder-kind.ts';
import { decodeMetaProperties, encodeMetaProperties } from './dirs/meta-properties.ts';
import { decodePartitionMetadata, encodePartitionMetadata } from './dirs/partition-metadata.ts';
import {
  CheckpointFormatError,
  decodeEpochCheckpoint,
  decodeOffsetCheckpoint,
  encodeEpochCheckpoint,
  encodeOffsetCheckpoint,
} from './files/checkpoint-file.ts';
import { OffsetIndex } from './index/offset-index.ts';
import { TimeIndex } from './index/time-index.ts';
import { decodeAbortedTxns, encodeAbortedTxn } from './index/transaction-index.ts';
import { fileName, parseFileName } from './segment/segment-files.ts';

test('file names', () => {
  assert.equal(fileName(42, '.log'), '00000000000000000042.log');
  assert.deepEqual(parseFileName('00000000000000000042.log'), { baseOffset: 42, suffix: '.log' });
  assert.deepEqual(parseFileName('00000000000000000042.index.deleted')?.suffix, '.index.deleted');
  for (const name of [
    '42.log',
    'leader-epoch-checkpoint',
    '00000000000000000042',
    '99999999999999999999.log',
  ]) {
    assert.equal(parseFileName(name), undefined, name);
  }
});

test('folder names', () => {
  assert.deepEqual(folderKind('a-b.c_d-12'), {
    kind: 'partition',
    topic: 'a-b.c_d',
    partition: 12,
  });
  assert.deepEqual(folderKind(`t-0.${'a1'.repeat(16)}-delete`), { kind: 'deleted' });
  for (const name of [
    't',
    't-',
    't-x',
    'lost+found',
    '__cluster_metadata-0',
    `t-0.${'a1'.repeat(16)}-future`,
    `t-0.${'a1'.repeat(16)}-stray`,
  ]) {
    assert.deepEqual(folderKind(name), { kind: 'other' }, name);
  }
});

test('offset index entries are eight bytes, relative offset and position', () => {
  const index = new OffsetIndex(100);
  index.append(105, 0);
  index.append(120, 4200);
  index.append(120, 9999);
  assert.equal(index.table.unsaved().toString('hex'), '00000005000000000000001400001068');
  assert.deepEqual(index.lookup(104), { offset: 100, position: 0 });
  assert.deepEqual(index.lookup(119), { offset: 105, position: 0 });
  assert.deepEqual(index.lookup(1000), { offset: 120, position: 4200 });
  index.truncateTo(120);
  assert.deepEqual(index.last(), { offset: 105, position: 0 });
  assert.ok(index.isFull(15) && !index.isFull(16));
});

test('the zeros of a preallocated index are not entries', () => {
  const bytes = Buffer.concat([
    Buffer.from('0000000500000000' + '0000001400001068', 'hex'),
    Buffer.alloc(80),
  ]);
  const index = new OffsetIndex(100, bytes);
  assert.ok(index.dropInvalid(5000));
  assert.equal(index.table.count, 2);
  const times = new TimeIndex(
    100,
    Buffer.concat([Buffer.from('00000000000003e800000005', 'hex'), Buffer.alloc(24)]),
  );
  assert.ok(times.dropInvalid());
  assert.deepEqual(times.last(), { timestamp: 1000, offset: 105 });
});

test('time index entries are twelve bytes, timestamp and relative offset', () => {
  const index = new TimeIndex(100);
  index.append(1000, 105);
  index.append(1000, 107);
  index.append(2000, 130);
  assert.equal(
    index.table.unsaved().toString('hex'),
    '00000000000003e80000000500000000000007d00000001e',
  );
  assert.deepEqual(index.lookup(999), { timestamp: -1, offset: 100 });
  assert.deepEqual(index.lookup(1999), { timestamp: 1000, offset: 105 });
  assert.deepEqual(index.lookup(2000), { timestamp: 2000, offset: 130 });
  index.truncateTo(130);
  assert.deepEqual(index.last(), { timestamp: 1000, offset: 105 });
});

test('transaction index entries are 34 bytes', () => {
  const txn = { producerId: 9, firstOffset: 100, lastOffset: 110, lastStableOffset: 105 };
  const bytes = encodeAbortedTxn(txn);
  assert.equal(
    bytes.toString('hex'),
    '0000' + '0000000000000009' + '0000000000000064' + '000000000000006e' + '0000000000000069',
  );
  assert.deepEqual(decodeAbortedTxns(Buffer.concat([bytes, bytes]), 100), [txn, txn]);
  assert.equal(decodeAbortedTxns(bytes.subarray(1), 100), undefined);
  assert.equal(decodeAbortedTxns(bytes, 111), undefined);
});

test('checkpoint files', () => {
  const offsets = new Map([
    ['a-topic-1', 5],
    ['b-0', 0],
  ]);
  const text = '0\n2\na-topic 1 5\nb 0 0\n';
  assert.equal(encodeOffsetCheckpoint(offsets), text);
  assert.deepEqual(decodeOffsetCheckpoint('p', text), offsets);
  assert.deepEqual(decodeOffsetCheckpoint('p', ''), new Map());
  assert.equal(encodeEpochCheckpoint([{ epoch: 3, startOffset: 17 }]), '0\n1\n3 17\n');
  assert.deepEqual(decodeEpochCheckpoint('p', '0\n1\n3 17\n'), [{ epoch: 3, startOffset: 17 }]);
  for (const bad of [
    '1\n0\n',
    '0\n2\nb 0 0\n',
    '0\n1\nb 0\n',
    '0\n1\nb 0 x\n',
    '0\n1\nb 0 99999999999999999999\n',
  ]) {
    assert.throws(() => decodeOffsetCheckpoint('p', bad), CheckpointFormatError, bad);
  }
});

test('partition.metadata, .kafka_cleanshutdown and meta.properties', () => {
  const id = 'JKY2pXuLSiGtbxoMQvqRxQ';
  assert.equal(decodePartitionMetadata(encodePartitionMetadata(id)), id);
  assert.equal(decodePartitionMetadata('version: 1\ntopic_id: x'), undefined);
  assert.equal(encodeCleanShutdown(7), '{"version":0,"brokerEpoch":7}');
  assert.equal(decodeCleanShutdown('{"version":0,"brokerEpoch":7}'), 7);
  assert.equal(decodeCleanShutdown(''), -1);
  const zooKeeper = '#\n#Tue Nov 07 2023\nbroker.id=3\nversion=0\ncluster.id=abc\n';
  const meta = { version: 0, nodeId: 3, clusterId: 'abc', directoryId: undefined } as const;
  assert.deepEqual(decodeMetaProperties('p', zooKeeper), meta);
  assert.deepEqual(decodeMetaProperties('p', encodeMetaProperties(meta)), meta);
  const kraft = decodeMetaProperties('p', 'version=1\nnode.id=4\ncluster.id=x\ndirectory.id=d\n');
  assert.deepEqual(kraft, { version: 1, nodeId: 4, clusterId: 'x', directoryId: 'd' });
  assert.throws(() => decodeMetaProperties('p', 'version=2\n'), /version '2' is not 0 or 1/);
  assert.throws(() => decodeMetaProperties('p', 'version=0\nbroker.id=x\n'), /no broker id/);
});

test('leader epochs', () => {
  const cache = new LeaderEpochCache([
    { epoch: 1, startOffset: 0 },
    { epoch: 4, startOffset: 10 },
  ]);
  assert.deepEqual(cache.endOffsetOf(0, 20), { leaderEpoch: 0, endOffset: 0 });
  assert.deepEqual(cache.endOffsetOf(1, 20), { leaderEpoch: 1, endOffset: 10 });
  assert.deepEqual(cache.endOffsetOf(3, 20), { leaderEpoch: 1, endOffset: 10 });
  assert.deepEqual(cache.endOffsetOf(4, 20), { leaderEpoch: 4, endOffset: 20 });
  assert.deepEqual(cache.endOffsetOf(5, 20), { leaderEpoch: -1, endOffset: -1 });
  assert.deepEqual(cache.endOffsetOf(-1, 20), { leaderEpoch: -1, endOffset: -1 });
  assert.deepEqual(
    [0, 9, 10, 99].map((offset) => cache.epochOf(offset)),
    [1, 1, 4, 4],
  );
  assert.equal(cache.dirty, false);
  cache.assign(4, 15);
  assert.equal(cache.dirty, false, 'an epoch keeps its start');
  cache.assign(6, 8);
  assert.deepEqual(cache.entries, [
    { epoch: 1, startOffset: 0 },
    { epoch: 6, startOffset: 8 },
  ]);
  cache.truncateFromStart(5);
  assert.deepEqual(cache.entries[0], { epoch: 1, startOffset: 5 });
  cache.truncateFromStart(9);
  assert.deepEqual(cache.entries, [{ epoch: 6, startOffset: 9 }]);
  cache.truncateFromEnd(9);
  assert.deepEqual(cache.entries, []);
});
