// If this breaks, one old consumer that fetches well-compressed records holds up all others, or takes all memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopWork } from '../../base/loop-work.ts';
import { ZERO_UUID } from '../../base/random.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import type { WorkThread } from '../../base/work-thread.ts';
import { LoopAllowance } from '../../compression/index.ts';
import { buildBatch } from '../../protocol/records/batch-builder.ts';
import { batchOf } from '../../storage/testing/test-storage.ts';
import { Converter, convertFetched } from './fetch-conversion.ts';
import { type FetchedPartition, failedFetch } from './fetch-reader.ts';
import { RECORD_TASKS } from './record-work.ts';

const MIB = 1024 * 1024;

/** What was read of a partition, and whether it was given back. */
function fetchedOf(batch: Buffer) {
  const asked = { topic: 'a', topicId: ZERO_UUID, partition: 0, fetchOffset: 0, maxBytes: MIB };
  const request = { ...asked, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  const seen = { released: 0 };
  const fetched: FetchedPartition = {
    ...failedFetch(request, 'NONE'),
    buffers: [batch],
    sizeInBytes: batch.length,
    release: () => {
      seen.released++;
    },
  };
  return { fetched, seen };
}

function converting() {
  const clock = new SimClock();
  const inTurns = new LoopWork(clock, RECORD_TASKS);
  const jobs: string[] = [];
  const work: WorkThread = {
    figures: inTurns.figures,
    stop: () => inTurns.stop(),
    run(job) {
      jobs.push(job.task);
      return inTurns.run(job);
    },
  };
  const converter = new Converter(work, new LoopAllowance(clock), () => true);
  const rules = { compressionType: 'producer', messageDownconversionEnable: true };
  const convert = async (batch: Buffer) => {
    const { fetched, seen } = fetchedOf(batch);
    const converted = convertFetched(fetched, 2, rules, converter);
    const isAtOnce = !(converted instanceof Promise);
    await clock.settle();
    const { error, sizeInBytes } = await converted;
    return { error, hasData: sizeInBytes > 0, isAtOnce, ...seen };
  };
  return { jobs, convert };
}

function gzipOf(bytes: number): Buffer {
  return buildBatch([{ value: Buffer.alloc(bytes) }], { codec: 'gzip' });
}

test('little without compression is converted at once, all else elsewhere', async () => {
  const { jobs, convert } = converting();
  const one = { error: 'NONE', hasData: true, released: 1 };
  assert.deepEqual(await convert(batchOf(['a'])), { ...one, isAtOnce: true });
  assert.deepEqual(jobs, []);
  assert.deepEqual(await convert(gzipOf(10)), { ...one, isAtOnce: false });
  assert.deepEqual(await convert(batchOf(['x'.repeat(100_000)])), { ...one, isAtOnce: false });
  assert.deepEqual(jobs, ['convert', 'convert']);
});

test('one request has so many bytes of records made, and the partitions behind are answered without any', async () => {
  const { jobs, convert } = converting();
  const batch = gzipOf(24 * MIB);
  assert.ok(batch.length < 30_000);
  const hasData: boolean[] = [];
  for (let n = 0; n < 10; n++) {
    const { error, released, ...answer } = await convert(batch);
    assert.deepEqual([error, released], ['NONE', 1]);
    hasData.push(answer.hasData);
  }
  assert.deepEqual(hasData, [true, true, true, ...new Array<boolean>(7).fill(false)]);
  assert.equal(jobs.length, 3);
});

test('a batch that holds more than a broker reads is an error, and counts', async () => {
  const { jobs, convert } = converting();
  const batch = gzipOf(65 * MIB);
  const errors: string[] = [];
  for (let n = 0; n < 6; n++) errors.push((await convert(batch)).error);
  const refused = new Array<string>(4).fill('CORRUPT_MESSAGE');
  assert.deepEqual(errors, [...refused, 'NONE', 'NONE']);
  assert.equal(jobs.length, 4);
});
