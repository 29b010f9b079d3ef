// If this breaks, readers of committed data see aborted records, or a producer is refused after a restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../../base/testing/sim-random.ts';
import {
  type BatchOptions,
  buildBatch,
  type RecordInput,
} from '../../protocol/records/batch-builder.ts';
import { buildEndTxnMarker } from '../../protocol/records/control-batch.ts';
import { decodeRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { AbortedTxn } from '../index/transaction-index.ts';
import { type CleaningRules, cleanBatch } from './clean-batch.ts';
import { OffsetMap } from './offset-map.ts';
import { CleanedTransactions } from './transactions.ts';

const NOW = 50_000;
const RETENTION = 1000;

/** Rules where the keys' latest offsets are those given. */
function rules(latest: Record<string, number>, more: Partial<CleaningRules> = {}): CleaningRules {
  const offsets = new OffsetMap(new SimRandom(1), { maxBytes: 100_000, loadFactor: 0.9 });
  for (const [key, offset] of Object.entries(latest)) {
    offsets.put(Buffer.from(key), 0, key.length, offset);
  }
  return {
    offsets,
    mapEnd: 1000,
    upperBound: 2000,
    transactions: new CleanedTransactions(),
    lastRecords: new Map(),
    now: NOW,
    deleteRetentionMs: RETENTION,
    ...more,
  };
}

function batch(keys: readonly string[], options: BatchOptions = {}): Buffer {
  const records: RecordInput[] = keys.map((key, index) => ({
    key: key.replace('!', ''),
    value: key.endsWith('!') ? null : `v${index}`,
    timestamp: 100 + index * 10,
    headers: [{ key: 'h', value: key }],
  }));
  return buildBatch(records, options);
}

/** `keep`, `drop`, or the keys that are left. */
function outcome(result: ReturnType<typeof cleanBatch>): string {
  if (!Buffer.isBuffer(result)) return result;
  assert.ok(RecordBatch.isCrcValid(result));
  return decodeRecords(result)
    .map(({ offset, key }) => `${offset}:${key}`)
    .join(' ');
}

test('a record stays when its key has no later one; untouched batches stay byte for byte', () => {
  const one = batch(['a', 'b', 'a'], { baseOffset: 10 });
  assert.equal(outcome(cleanBatch(one, 0, rules({}))), 'keep');
  assert.equal(outcome(cleanBatch(one, 0, rules({ a: 12 }))), '11:b 12:a');
  assert.equal(outcome(cleanBatch(one, 0, rules({ a: 20, b: 21 }))), 'drop');
  assert.equal(outcome(cleanBatch(one, 0, rules({ a: 20 }, { mapEnd: 12 }))), '11:b 12:a');
});

test('what is left of a batch keeps its span, its stamps, its codec and its headers', () => {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const timestampType of ['CreateTime', 'LogAppendTime'] as const) {
      const options: BatchOptions = {
        baseOffset: 10,
        leaderEpoch: 4,
        codec,
        timestampType,
        logAppendTime: 777,
        producerId: 9,
        producerEpoch: 2,
        baseSequence: 30,
      };
      const original = batch(['a', 'b', 'c'], options);
      const result = cleanBatch(original, 0, rules({ a: 100, c: 100 }));
      assert.ok(Buffer.isBuffer(result));
      const [record, ...rest] = decodeRecords(result);
      assert.equal(rest.length, 0);
      assert.deepEqual(record, decodeRecords(original)[1]);
      for (const field of [
        RecordBatch.baseOffset,
        RecordBatch.lastOffset,
        RecordBatch.leaderEpoch,
        RecordBatch.codecId,
        RecordBatch.timestampType,
        RecordBatch.producerId,
        RecordBatch.producerEpoch,
        RecordBatch.baseSequence,
        RecordBatch.lastSequence,
      ]) {
        assert.equal(field(result), field(original), field.name);
      }
      const largest = timestampType === 'CreateTime' ? 110 : 777;
      assert.equal(RecordBatch.maxTimestamp(result), largest);
    }
  }
});

test('the first pass over a tombstone sets its horizon once, and a pass after it drops the tombstone', () => {
  const met = cleanBatch(batch(['a!', 'b'], { baseOffset: 10 }), 0, rules({}));
  assert.equal(outcome(met), '10:a 11:b');
  assert.ok(Buffer.isBuffer(met) && RecordBatch.hasDeleteHorizon(met));
  assert.equal(RecordBatch.baseTimestamp(met), NOW + RETENTION);
  assert.deepEqual(
    decodeRecords(met).map(({ timestamp }) => timestamp),
    [100, 110],
    'the records keep their own times',
  );
  assert.equal(outcome(cleanBatch(met, 0, rules({}, { now: NOW + RETENTION - 1 }))), 'keep');
  const later = cleanBatch(met, 0, rules({}, { now: NOW + RETENTION }));
  assert.equal(outcome(later), '11:b');
  assert.ok(Buffer.isBuffer(later));
  assert.equal(
    RecordBatch.baseTimestamp(later),
    NOW + RETENTION,
    'the horizon stays with the batch',
  );
});

test('the last batch of a producer and the last of the round stay, empty', () => {
  const options = { baseOffset: 10, producerId: 9, producerEpoch: 2, baseSequence: 0 };
  const one = batch(['a', 'a'], { ...options, codec: 'gzip' });
  const gone = { a: 100 };
  assert.equal(outcome(cleanBatch(one, 0, rules(gone))), 'drop');
  const lastRecords = new Map([[9, { dataOffset: 11, epoch: 2 }]]);
  for (const result of [
    cleanBatch(one, 0, rules(gone, { lastRecords })),
    cleanBatch(one, 0, rules(gone, { upperBound: 12 })),
  ]) {
    assert.ok(Buffer.isBuffer(result));
    assert.equal(result.length, RecordBatch.HEADER_SIZE);
    assert.equal(RecordBatch.recordCount(result), 0);
    assert.equal(RecordBatch.codecId(result), 0);
    assert.equal(RecordBatch.lastOffset(result), 11);
    assert.equal(RecordBatch.lastSequence(result), 1);
    assert.equal(RecordBatch.maxTimestamp(result), 110);
    assert.ok(RecordBatch.isCrcValid(result));
    assert.equal(RecordBatch.headerProblem(result), undefined);
    // A later pass meets it again; when the producer has gone on, it goes.
    assert.equal(outcome(cleanBatch(result, 0, rules({}))), 'drop');
  }
  const elsewhere = new Map([[9, { dataOffset: 12, epoch: 2 }]]);
  assert.equal(outcome(cleanBatch(one, 0, rules(gone, { lastRecords: elsewhere }))), 'drop');
});

const PRODUCER = { producerId: 9, producerEpoch: 2 };

function marker(type: 'COMMIT' | 'ABORT', baseOffset: number): Buffer {
  return buildEndTxnMarker({ ...PRODUCER, type, baseOffset, coordinatorEpoch: 1, timestamp: 300 });
}

const transactional = (keys: readonly string[], baseOffset: number) =>
  batch(keys, { ...PRODUCER, baseOffset, baseSequence: 0, transactional: true });

test('aborted records go at once, their marker when nothing of the transaction is left, and its time has come', () => {
  const txn: AbortedTxn = { producerId: 9, firstOffset: 10, lastOffset: 12, lastStableOffset: 13 };
  const noted: AbortedTxn[] = [];
  const first = rules({});
  first.transactions.onAborted = (one) => noted.push(one);
  first.transactions.add([txn, txn]);
  assert.equal(outcome(cleanBatch(transactional(['a', 'b'], 10), 0, first)), 'drop');
  assert.equal(outcome(cleanBatch(marker('ABORT', 12), 0, first)), 'keep');
  assert.deepEqual(noted, [txn], 'readers still need to know, until the marker goes');
  assert.equal(outcome(cleanBatch(transactional(['c'], 13), 0, first)), 'keep', 'the next one');

  // The next pass finds no batch of it: the marker gets its horizon, and goes after it.
  const second = rules({});
  const waiting = cleanBatch(marker('ABORT', 12), 0, second);
  assert.ok(Buffer.isBuffer(waiting) && RecordBatch.hasDeleteHorizon(waiting));
  assert.equal(RecordBatch.baseTimestamp(waiting), NOW + RETENTION);
  assert.ok(RecordBatch.isControl(waiting) && RecordBatch.isTransactional(waiting));
  const soon = rules({}, { now: NOW + RETENTION - 1 });
  assert.equal(outcome(cleanBatch(waiting, 0, soon)), 'keep');
  const late = rules({}, { now: NOW + RETENTION });
  assert.equal(outcome(cleanBatch(waiting, 0, late)), 'drop');
  // It holds its producer's epoch: then it stays, empty, and no data batch is mistaken for it.
  const lastRecords = new Map([[9, { dataOffset: undefined, epoch: 2 }]]);
  const held = cleanBatch(waiting, 0, rules({}, { now: NOW + RETENTION, lastRecords }));
  assert.ok(Buffer.isBuffer(held));
  assert.equal(RecordBatch.recordCount(held), 0);
  assert.equal(RecordBatch.isControl(held), true);
});

test('a commit marker stays as long as records of its transaction do', () => {
  const first = rules({});
  assert.equal(outcome(cleanBatch(transactional(['a'], 10), 0, first)), 'keep');
  assert.equal(outcome(cleanBatch(marker('COMMIT', 11), 0, first)), 'keep');
  const second = rules({ a: 500 });
  assert.equal(outcome(cleanBatch(transactional(['a'], 10), 0, second)), 'drop');
  assert.equal(outcome(cleanBatch(marker('COMMIT', 11), 0, second)), 'keep', 'seen this time');
  const third = cleanBatch(marker('COMMIT', 11), 0, rules({}));
  assert.ok(Buffer.isBuffer(third) && RecordBatch.hasDeleteHorizon(third));
});

test('a record without a key in a topic that was made compacted later goes', () => {
  const one = buildBatch([{ value: 'no key' }, { key: 'k', value: 'v' }], { baseOffset: 10 });
  assert.equal(outcome(cleanBatch(one, 0, rules({}))), '11:k');
  assert.equal(outcome(cleanBatch(one, 0, rules({}, { mapEnd: 10 }))), 'keep');
});
