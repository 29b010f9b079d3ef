// If this breaks, records are written that nobody had the right to, or a producer never hears of its records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkThread } from '../../base/work-thread.ts';
import { BatchBuilder } from '../../protocol/records/batch-builder.ts';
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
    await parts.storage.clock.settle();
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

/** What stands for a thread and counts what it is given, each job in a turn of its own. */
function counting(parts: Awaited<ReturnType<typeof hosting>>) {
  const jobs: string[] = [];
  const inner = parts.work;
  const work: WorkThread = {
    figures: inner.figures,
    stop: () => inner.stop(),
    run(job) {
      jobs.push(job.task);
      return inner.run(job);
    },
  };
  return { jobs, parts: { ...parts, work } };
}

/** A batch whose few bytes hold `bytes`; a topic that is compacted asks for its records. */
function compressed(bytes: number): Buffer {
  const builder = new BatchBuilder({ codec: 'gzip' });
  builder.append({ timestamp: 0, key: Buffer.from('k'), value: Buffer.alloc(bytes), headers: [] });
  return builder.build();
}

test('what takes long to read is read elsewhere, while its client waits and others do not', async () => {
  const { jobs, parts } = counting(await hosting());
  parts.host('a');
  parts.host('b');
  const { caller, produce } = producing(parts);
  const bomb = compressed(3_000_000);
  assert.ok(bomb.length < 10_000);
  const [first, second] = produce(['a', bomb], ['a', batchOf(['1'])]);
  assert.deepEqual([jobs, caller.holds, first?.heard], [['validate'], 1, []]);
  const other = producing(parts);
  const [small] = other.produce(['b', batchOf(['2'])]);
  assert.deepEqual([small?.heard.length, other.caller.holds], [1, 0]);
  await parts.storage.clock.settle();
  assert.equal(caller.holds, 0);
  assert.deepEqual(
    [first?.heard, second?.heard],
    [
      ['appended at 0 (0)', 'done'],
      ['appended at 1 (0)', 'done'],
    ],
    'in their order',
  );
});

test('little is read at once, but not without end in one turn', async () => {
  const { jobs, parts } = counting(await hosting());
  parts.host('a');
  const { produce } = producing(parts);
  const little = () => compressed(200_000);
  const rows = produce(...Array.from({ length: 20 }, (): [string, Buffer] => ['a', little()]));
  await parts.storage.clock.settle();
  assert.ok(jobs.length > 0 && jobs.length < 20, `${jobs.length} of 20 elsewhere`);
  assert.deepEqual(
    rows.map(({ heard }) => heard[0]),
    rows.map((_, index) => `appended at ${index} (0)`),
  );
});

test('a partition that is gone when its batch is judged, or a broker that stops, answers an error', async () => {
  const { parts } = counting(await hosting());
  parts.host('a');
  const { produce } = producing(parts);
  const [gone] = produce(['a', compressed(3_000_000)]);
  void parts.partitions.stop('a', 0, { deleteFiles: true });
  await parts.storage.clock.settle();
  assert.deepEqual(gone?.heard, ['UNKNOWN_TOPIC_OR_PARTITION (-1)']);
  parts.host('c');
  await parts.work.stop();
  const [refused] = produce(['c', compressed(3_000_000)]);
  await parts.storage.clock.settle();
  assert.deepEqual(refused?.heard, ['REQUEST_TIMED_OUT (-1)'], 'which producers try again after');
});
