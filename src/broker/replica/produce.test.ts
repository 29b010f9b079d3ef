// If this breaks, records are written that nobody had the right to, or a producer never hears of its records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../storage/testing/test-storage.ts';
import type { ProduceResult } from './partition.ts';
import { type ProducedBatch, type ProduceOptions, produceRecords } from './produce.ts';
import { type Hosting, hosting, OTHER, SELF, TestCaller } from './testing/hosting.ts';
import type { AppendFailure } from './uncommitted-appends.ts';

/** Notes what it hears. */
class Heard implements ProducedBatch {
  readonly partition = 0;
  readonly heard: string[] = [];
  readonly topic: string;
  readonly records: Buffer | null;
  readonly #caller: TestCaller;

  constructor(topic: string, records: Buffer | null, caller: TestCaller) {
    this.topic = topic;
    this.records = records;
    this.#caller = caller;
  }

  taken(result: ProduceResult, logStartOffset: number): void {
    const what =
      result.kind === 'refused' ? result.error : `${result.kind} at ${result.firstOffset}`;
    this.heard.push(`${what} (${logStartOffset})`);
  }

  done(failure: AppendFailure | undefined): void {
    this.heard.push(failure?.error ?? 'done');
  }

  waits(giveUp: () => void): void {
    this.heard.push('waits');
    this.#caller.onClose(giveUp);
  }

  dropped(): void {
    this.heard.push('dropped');
  }
}

function producing(parts: Hosting, more: Partial<ProduceOptions> = {}) {
  const caller = new TestCaller();
  const options = { caller, acks: -1, timeoutMs: 1000, version: 9, ...more };
  const produce = (...batches: [topic: string, records: Buffer | null][]) => {
    const heard = batches.map(([topic, records]) => new Heard(topic, records, caller));
    produceRecords(parts, options, heard);
    return heard;
  };
  return { caller, produce };
}

test('each batch hears its own fate, and one that is refused keeps no other from its place', async () => {
  const parts = await hosting();
  for (const topic of ['a', 'secret']) parts.host(topic);
  parts.host('__state', { internal: true });
  const { produce } = producing(parts);
  const damaged = batchOf(['bad']);
  damaged[damaged.length - 1] = 0x7f;
  const rows = produce(
    ['a', batchOf(['1'])],
    ['secret', batchOf(['2'])],
    ['none', batchOf(['3'])],
    ['__state', batchOf(['4'])],
    ['a', null],
    ['a', damaged],
    ['a', batchOf(['5', '6'])],
  );
  parts.storage.clock.runTurn();
  assert.deepEqual(
    rows.map(({ heard }) => heard.join(', ')),
    [
      'appended at 0 (0), done',
      'TOPIC_AUTHORIZATION_FAILED (-1)',
      'UNKNOWN_TOPIC_OR_PARTITION (-1)',
      'INVALID_TOPIC_EXCEPTION (-1)',
      'INVALID_RECORD (-1)',
      'CORRUPT_MESSAGE (0)',
      'appended at 1 (0), done',
    ],
  );
  const { recordsIn, refusedProduces } = parts.traffic.of('a');
  assert.deepEqual([recordsIn, refusedProduces], [3, 1]);
  assert.equal(parts.partitions.get('secret', 0)?.log.logEndOffset, 0);
});

test('a client that goes away while others must follow leaves nothing that waits', async () => {
  const parts = await hosting();
  const partition = parts.host('a', { isr: [SELF, OTHER] });
  const { caller, produce } = producing(parts, { timeoutMs: 2 ** 31 - 1 });
  const [row] = produce(['a', batchOf(['1'])]);
  parts.storage.clock.runTurn();
  assert.deepEqual(row?.heard, ['appended at 0 (0)', 'waits']);
  caller.goAway();
  assert.equal(row.heard[2], 'REQUEST_TIMED_OUT');
  partition.replicaFetched(OTHER, 1);
  assert.equal(row.heard.length, 3);
});

test('a large batch holds its client until it has its place, and is dropped with it', async () => {
  for (const stays of [true, false]) {
    const parts = await hosting();
    parts.host('a');
    const { caller, produce } = producing(parts);
    const [row, small] = produce(['a', batchOf(['x'.repeat(3_000_000)])], ['a', batchOf(['1'])]);
    assert.deepEqual([caller.holds, row?.heard.length], [1, 0]);
    if (!stays) caller.goAway();
    for (let turn = 0; turn < 20; turn++) parts.storage.clock.runTurn();
    assert.equal(caller.holds, 0);
    const expected = stays
      ? [
          ['appended at 0 (0)', 'done'],
          ['appended at 1 (0)', 'done'],
        ]
      : [['dropped'], ['dropped']];
    assert.deepEqual([row?.heard, small?.heard], expected);
  }
});
