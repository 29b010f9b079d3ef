import type { File } from '../../base/file-system.ts';
import type { CodecName } from '../../compression/index.ts';
import { BatchBuilder } from '../../protocol/records/batch-builder.ts';
import {
  type LegacyRecord,
  readLegacyMessageSet,
} from '../../protocol/records/legacy-set-records.ts';
import type { LogEntry } from './log-file-walk.ts';

/** Uncompressed messages are gathered into batches of about this size. */
const BATCH_BYTES = 16 * 1024;

/** What a message says cannot be said in a batch; its log is left as it is. */
export class UnconvertibleError extends Error {
  override name = 'UnconvertibleError';
}

/**
 * Turns the entries of a log file, in order, into record batches of format v2: batches go through as
 * they are, a compressed message becomes one batch of its codec, plain messages share batches. Every
 * record keeps its offset, gaps included, its timestamp, key and value.
 */
export class LogFileConverter {
  readonly #target: File;
  #position = 0;
  #plain: LegacyRecord[] = [];
  #plainBytes = 0;
  convertedRecords = 0;

  constructor(target: File) {
    this.#target = target;
  }

  /** Throws UnconvertibleError, and what the disk throws. */
  take({ magic, position, bytes }: LogEntry): void {
    if (magic === 2) {
      this.#flush();
      this.#write(bytes);
      return;
    }
    const set = readLegacyMessageSet(bytes, { maxRecords: Number.POSITIVE_INFINITY });
    if (set.kind === 'rejected') {
      throw new UnconvertibleError(
        `the message at position ${position} cannot be read: ${set.detail}`,
      );
    }
    if (set.codec !== 'none') {
      this.#flush();
      this.#writeRecords(set.records, set.codec);
      return;
    }
    const [record] = set.records;
    const first = this.#plain[0];
    if (first && first.timestampType !== record!.timestampType) this.#flush();
    if (first?.timestampType === 'LogAppendTime' && first.timestamp !== record!.timestamp)
      this.#flush();
    // The buffers are slices of what is about to be read over.
    const { key, value } = record!;
    this.#plain.push({
      ...record!,
      key: key && Buffer.from(key),
      value: value && Buffer.from(value),
    });
    this.#plainBytes += bytes.length;
    if (this.#plainBytes >= BATCH_BYTES) this.#flush();
  }

  /** Writes what is left; the size of the new file. */
  finish(): number {
    this.#flush();
    return this.#position;
  }

  #flush(): void {
    if (this.#plain.length === 0) return;
    const records = this.#plain;
    this.#plain = [];
    this.#plainBytes = 0;
    this.#writeRecords(records, 'none');
  }

  #writeRecords(records: readonly LegacyRecord[], codec: CodecName): void {
    const first = records[0]!;
    const base = first.offset;
    const builder = new BatchBuilder({
      baseOffset: Number(base),
      codec,
      timestampType: first.timestampType,
    });
    for (const { offset, timestamp, key, value } of records) {
      builder.append({
        offsetDelta: Number(offset - base),
        timestamp,
        key,
        value,
      });
    }
    this.#write(builder.build());
    this.convertedRecords += records.length;
  }

  #write(bytes: Buffer): void {
    this.#target.writeSync([bytes], this.#position);
    this.#position += bytes.length;
  }
}
