// If this breaks, a test sees records of transactions that were aborted, or waits for a consumer to commit
// a marker that no consumer reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Partition } from '../../broker/replica/partition.ts';
import { buildBatch } from '../../protocol/records/batch-builder.ts';
import { buildEndTxnMarker } from '../../protocol/records/control-batch.ts';
import { hasRecordsFrom, storedRecords } from './stored-records.ts';

const [ALICE, BOB] = [7, 8];

function data(baseOffset: number, producerId: number, values: string[], transactional = true) {
  const options = { baseOffset, producerId, producerEpoch: 0, baseSequence: 0, transactional };
  return buildBatch(
    values.map((value) => ({ value })),
    options,
  );
}

function end(baseOffset: number, producerId: number, type: 'COMMIT' | 'ABORT') {
  const base = { baseOffset, producerId, producerEpoch: 0, timestamp: 5 };
  return buildEndTxnMarker({ ...base, type, coordinatorEpoch: 0 });
}

/** A partition that holds these batches; a read gives one of them. */
function partitionOf(
  batches: readonly Buffer[],
  aborted: readonly { producerId: number; firstOffset: number; lastOffset: number }[],
): Partition {
  const starts = batches.map((batch) => Number(batch.readBigInt64BE(0)));
  const ends = batches.map((batch, index) => starts[index]! + batch.readInt32BE(23) + 1);
  const partition: unknown = {
    topic: 'orders',
    index: 0,
    log: {
      logStartOffset: 0,
      abortedTransactions: ({ fromOffset }: { fromOffset: number }) =>
        aborted.filter(({ lastOffset }) => lastOffset >= fromOffset),
    },
    visibleEnd: () => ends.at(-1) ?? 0,
    read({ offset }: { offset: number }) {
      const found = ends.findIndex((each) => each > offset);
      const buffers = found < 0 ? [] : [batches[found]!];
      return { kind: 'read', buffers, nextOffset: ends[found], release() {} };
    },
  };
  // What records are read through, and nothing else of a partition.
  return partition as Partition;
}

async function valuesOf(partition: Partition): Promise<string[]> {
  const parts: unknown = {
    metadata: { snapshot: { topics: new Map([['orders', { partitions: [0] }]]) } },
    partitions: { get: () => partition },
  };
  const records = await storedRecords(parts as Parameters<typeof storedRecords>[0], 'orders');
  return records.map(({ offset, value }) => `${offset} ${value}`);
}

test('records of aborted transactions and markers are left out, all others are there', async () => {
  const partition = partitionOf(
    [
      data(0, ALICE, ['aborted', 'aborted']),
      data(2, BOB, ['kept']),
      data(3, ALICE, ['beside'], false),
      end(4, ALICE, 'ABORT'),
      data(5, ALICE, ['again']),
      end(6, BOB, 'COMMIT'),
      end(7, ALICE, 'COMMIT'),
      data(8, BOB, ['aborted too']),
      end(9, BOB, 'ABORT'),
    ],
    [
      { producerId: ALICE, firstOffset: 0, lastOffset: 4 },
      { producerId: BOB, firstOffset: 8, lastOffset: 9 },
    ],
  );
  assert.deepEqual(await valuesOf(partition), ['2 kept', '3 beside', '5 again']);
  assert.equal(await hasRecordsFrom(partition, 5), true);
  assert.equal(await hasRecordsFrom(partition, 6), false);
  assert.equal(await hasRecordsFrom(partition, -1), true);
});

test('without transactions every record is there', async () => {
  const partition = partitionOf([data(0, -1, ['a', 'b'], false)], []);
  assert.deepEqual(await valuesOf(partition), ['0 a', '1 b']);
});
