// If this breaks, an idempotent producer's records are lost, doubled or wrongly refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot-file.ts';
import { type ProducerBatch, ProducerState } from './producer-state.ts';

let nextOffset = 0;
function batch(overrides: Partial<ProducerBatch> & { count?: number }): ProducerBatch {
  const { count = 1, ...rest } = overrides;
  const baseSequence = rest.baseSequence ?? 0;
  const firstOffset = nextOffset;
  nextOffset += count;
  return {
    producerId: 1,
    producerEpoch: 0,
    baseSequence,
    lastSequence: (baseSequence + count - 1) % 2 ** 31,
    firstOffset,
    lastOffset: firstOffset + count - 1,
    maxTimestamp: 1000,
    isTransactional: false,
    ...rest,
  };
}

/** The error, 'duplicate', or undefined after taking the batch in: what a client would see. */
function send(state: ProducerState, sent: ProducerBatch): string | undefined {
  if (state.findDuplicate(sent)) return 'duplicate';
  const refusal = state.checkBatch(sent, 'client');
  if (!refusal) state.addBatch(sent);
  return refusal?.error;
}

test('the last five batches are duplicates with their original offsets, an older one is out of order', () => {
  const state = new ProducerState();
  const sent = Array.from({ length: 7 }, (_, index) =>
    batch({ baseSequence: index * 3, count: 3 }),
  );
  for (const one of sent) assert.equal(send(state, one), undefined);
  for (const one of sent.slice(2)) {
    assert.equal(state.findDuplicate({ ...one, firstOffset: 999 })?.firstOffset, one.firstOffset);
  }
  for (const one of sent.slice(0, 2))
    assert.equal(send(state, one), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
});

test('sequences follow each other, and wrap from 2^31 - 1 to 0', () => {
  const cases: [last: number, next: number, error: string | undefined][] = [
    [4, 5, undefined],
    [4, 6, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    [4, 0, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    [2 ** 31 - 1, 0, undefined],
    [2 ** 31 - 1, 1, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  ];
  for (const [last, next, error] of cases) {
    const state = new ProducerState();
    state.addBatch(batch({ baseSequence: last }));
    assert.equal(send(state, batch({ baseSequence: next })), error, `${last} then ${next}`);
  }
});

test('a batch that wraps in its middle is followed and recognised', () => {
  const state = new ProducerState();
  const wrapping = batch({ baseSequence: 2 ** 31 - 2, count: 5 });
  assert.equal(wrapping.lastSequence, 2);
  assert.equal(send(state, wrapping), undefined);
  assert.equal(send(state, wrapping), 'duplicate');
  assert.equal(send(state, batch({ baseSequence: 3 })), undefined);
});

test('an unknown producer may begin anywhere: its records may have been deleted', () => {
  const state = new ProducerState();
  assert.equal(send(state, batch({ baseSequence: 77 })), undefined);
  assert.equal(send(state, batch({ baseSequence: 79 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
});

test('an older epoch is fenced, a newer one begins at 0', () => {
  const state = new ProducerState();
  send(state, batch({ producerEpoch: 3, baseSequence: 0 }));
  assert.equal(send(state, batch({ producerEpoch: 2, baseSequence: 1 })), 'INVALID_PRODUCER_EPOCH');
  assert.equal(
    send(state, batch({ producerEpoch: 4, baseSequence: 1 })),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  );
  assert.equal(send(state, batch({ producerEpoch: 4, baseSequence: 0 })), undefined);
  assert.equal(send(state, batch({ producerEpoch: 3, baseSequence: 1 })), 'INVALID_PRODUCER_EPOCH');
});

test('what a leader took is not judged again by its follower', () => {
  const state = new ProducerState();
  state.addBatch(batch({ producerEpoch: 3, baseSequence: 0 }));
  const old = batch({ producerEpoch: 1, baseSequence: 9 });
  assert.equal(state.checkBatch(old, 'replication'), undefined);
});

test('the coordinator’s batches have no sequence to check, but an epoch', () => {
  const state = new ProducerState();
  state.addBatch(batch({ producerEpoch: 3, baseSequence: 5 }));
  const ok = batch({ producerEpoch: 3, baseSequence: -1, lastSequence: -1 });
  assert.equal(state.checkBatch(ok, 'coordinator'), undefined);
  assert.equal(
    state.checkBatch({ ...ok, producerEpoch: 2 }, 'coordinator')?.error,
    'INVALID_PRODUCER_EPOCH',
  );
});

test('idle producers expire, those with an open transaction do not', () => {
  const state = new ProducerState();
  send(state, batch({ producerId: 1, maxTimestamp: 1000 }));
  send(state, batch({ producerId: 2, maxTimestamp: 1000, isTransactional: true }));
  send(state, batch({ producerId: 3, maxTimestamp: 5000 }));
  state.expire(5999, 1000);
  assert.deepEqual(
    [...state.entries()].map((entry) => entry.producerId),
    [2, 3],
  );
});

test('the first unstable offset waits for open transactions and for markers to be replicated', () => {
  const state = new ProducerState();
  const marker = (producerId: number, offset: number, isAbort = false) =>
    state.addMarker({
      producerId,
      producerEpoch: 0,
      coordinatorEpoch: 1,
      isAbort,
      offset,
      timestamp: 1,
    });
  const transactional = (producerId: number, firstOffset: number) =>
    state.addBatch(
      batch({ producerId, firstOffset, lastOffset: firstOffset, isTransactional: true }),
    );
  assert.equal(state.firstUnstableOffset(0), undefined);
  transactional(1, 10);
  transactional(2, 20);
  assert.equal(state.firstUnstableOffset(0), 10);
  const completed = marker(1, 30, true);
  assert.deepEqual(completed, {
    producerId: 1,
    firstOffset: 10,
    lastOffset: 30,
    isAbort: true,
    lastStableOffset: 20,
  });
  assert.equal(state.firstUnstableOffset(30), 10, 'the marker itself is not replicated yet');
  assert.equal(state.firstUnstableOffset(31), 20);
  assert.equal(marker(2, 31)?.lastStableOffset, 32);
  assert.equal(marker(3, 32), undefined, 'a marker without records ends nothing');
  assert.equal(state.firstUnstableOffset(40), undefined);
});

test('a zombie coordinator and a write outside the open transaction are refused', () => {
  const state = new ProducerState();
  state.addBatch(batch({ isTransactional: true }));
  assert.equal(send(state, batch({ baseSequence: 1 })), 'INVALID_TXN_STATE');
  const marker = { producerId: 1, producerEpoch: 0, isAbort: false, offset: 9, timestamp: 1 };
  state.addMarker({ ...marker, coordinatorEpoch: 5 });
  const stale = state.checkMarker({ ...marker, coordinatorEpoch: 4 }, 'coordinator');
  assert.equal(stale?.error, 'TRANSACTION_COORDINATOR_FENCED');
});

test('a snapshot holds what Kafka’s holds, and comes back', () => {
  const state = new ProducerState();
  state.addBatch(
    batch({
      producerId: 7,
      producerEpoch: 2,
      baseSequence: 4,
      count: 3,
      firstOffset: 100,
      lastOffset: 102,
      maxTimestamp: 55,
      isTransactional: true,
    }),
  );
  const bytes = encodeProducerSnapshot(state.entries());
  assert.equal(
    bytes.subarray(6).toString('hex'),
    [
      '00000001',
      '0000000000000007',
      '0002',
      '00000006',
      '0000000000000066',
      '00000002',
      '0000000000000037',
      'ffffffff',
      '0000000000000064',
    ].join(''),
  );
  const [entry] = decodeProducerSnapshot(bytes)!;
  assert.deepEqual(entry!.batches, [
    { firstSequence: 4, lastSequence: 6, firstOffset: 100, lastOffset: 102, timestamp: 55 },
  ]);
  assert.equal(entry!.transactionFirstOffset, 100);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    assert.equal(decodeProducerSnapshot(damaged), undefined, `byte ${at}`);
    assert.equal(decodeProducerSnapshot(bytes.subarray(0, at)), undefined, `cut at ${at}`);
  }
});

test('a snapshot of nobody is ten bytes', () => {
  const bytes = encodeProducerSnapshot([]);
  assert.equal(bytes.length, 10);
  assert.deepEqual(decodeProducerSnapshot(bytes), []);
});
