import type { CodecName } from '../../compression/index.ts';
import type { TimestampType } from './record-batch.ts';

/** A record to be written. Text is UTF-8. */
export interface RecordInput {
  /** Milliseconds; -1 or absent for none. */
  timestamp?: number;
  key?: Uint8Array | string | null;
  value?: Uint8Array | string | null;
  headers?: readonly { key: string; value: Uint8Array | string | null }[];
  /** Offset minus the base offset; absent means one more than the record before. */
  offsetDelta?: number;
}

export interface BatchOptions {
  /** Default 0. */
  baseOffset?: number;
  /** Default -1. */
  leaderEpoch?: number;
  /** Default 'none'. */
  codec?: CodecName;
  /** Compression level; the codec's own default when absent. */
  level?: number;
  /** Default 'CreateTime'. */
  timestampType?: TimestampType;
  /** The one timestamp of all records with LogAppendTime. */
  logAppendTime?: number;
  /** Defaults -1. */
  producerId?: number;
  producerEpoch?: number;
  baseSequence?: number;
  transactional?: boolean;
  control?: boolean;
  /** Replaces the base timestamp and sets its bit (KIP-534); record deltas then count from it. */
  deleteHorizonMs?: number;
  /** Larger than the last record's where compaction took records off the end. */
  lastOffsetDelta?: number;
}

/** Gathers records into one magic-2 batch. */
export class BatchBuilder {
  readonly options: BatchOptions;

  constructor(options: BatchOptions = {}) {
    this.options = options;
  }

  /** Records so far. */
  get recordCount(): number {
    throw new Error('not yet');
  }

  /** Bytes of the batch as it stands, before compression. */
  get sizeInBytes(): number {
    throw new Error('not yet');
  }

  append(_record: RecordInput): void {
    throw new Error('not yet');
  }

  /** The finished batch, with its CRC. */
  build(): Buffer {
    throw new Error('not yet');
  }
}

/** One magic-2 batch of `records`. */
export function buildBatch(records: readonly RecordInput[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(options);
  for (const record of records) builder.append(record);
  return builder.build();
}

/** Bytes `record` takes in a batch when its deltas are small; for accumulators. */
export function estimateRecordSize(_record: RecordInput): number {
  throw new Error('not yet');
}
