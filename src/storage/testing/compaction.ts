import {
  type BatchOptions,
  buildBatch,
  type RecordInput,
} from '../../protocol/records/batch-builder.ts';
import { decodeAllRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { OwnedLog } from '../log-owner.ts';
import { appendBatch, asRead, type TestStorage } from './test-storage.ts';

/** A record to append: `null` for a tombstone. */
export type Keyed = readonly [key: string, value: string | null];

/** Appends one batch at the clock's time and ends the turn. */
export function appendKeyed(
  storage: TestStorage,
  log: OwnedLog,
  records: readonly Keyed[],
  options: BatchOptions = {},
): void {
  const timestamp = storage.clock.now();
  const inputs: RecordInput[] = records.map(([key, value]) => ({ key, value, timestamp }));
  const { result } = appendBatch(log, buildBatch(inputs, options));
  if (result.kind !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`);
  storage.clock.runTurn();
}

/** Every batch that a reader gets, as bytes. */
export async function batchesOf(log: OwnedLog): Promise<Buffer[]> {
  const batches: Buffer[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const upToOffset = log.logEndOffset;
    const options = { offset, maxBytes: 1_000_000, minOneBatch: true, upToOffset };
    const read = asRead(await log.read(options));
    if (read.sizeInBytes === 0) break;
    const bytes = Buffer.concat(read.buffers);
    for (const at of RecordBatch.batchPositions(bytes)) {
      batches.push(bytes.subarray(at, at + RecordBatch.sizeInBytes(bytes, at)));
    }
    offset = read.nextOffset;
    read.release();
  }
  return batches;
}

/** Every record that a reader gets, as `offset:key=value`, a tombstone as `offset:key`. */
export async function recordsOf(log: OwnedLog): Promise<string[]> {
  const records: string[] = [];
  for (const batch of await batchesOf(log)) {
    if (RecordBatch.isControl(batch)) continue;
    for (const { offset, key, value } of decodeAllRecords(batch)) {
      records.push(value === null ? `${offset}:${key}` : `${offset}:${key}=${value}`);
    }
  }
  return records;
}

/** Compacts what is due now, the clock going on by `stepMs` whenever nothing else happens. */
export async function compact(storage: TestStorage, stepMs = 1): Promise<void> {
  const work = storage.manager.cleaner.runAll();
  let isDone = false;
  void work.finally(() => {
    isDone = true;
  });
  // The pass pauses on the clock, the disk answers between.
  while (!isDone) await storage.clock.advanceAndSettle(stepMs);
  await work;
}
