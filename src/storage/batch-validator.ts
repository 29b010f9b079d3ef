import type { CodecName } from '../compression/index.ts';
import type { TimestampType } from '../protocol/records/record-batch.ts';

/** What a topic and the request ask of a produced batch. An immutable snapshot per topic config. */
export interface ProduceRules {
  /** Version of the Produce request: below 3 older formats are taken and converted, zstd from 7. */
  requestVersion: number;
  /** max.message.bytes: bytes of the batch as stored. */
  maxMessageBytes: number;
  /** message.timestamp.type */
  timestampType: TimestampType;
  /** message.timestamp.before.max.ms; Infinity for no limit. */
  timestampBeforeMaxMs: number;
  /** message.timestamp.after.max.ms; Infinity for no limit. */
  timestampAfterMaxMs: number;
  /** Whether cleanup.policy holds 'compact'. */
  compacted: boolean;
  /** compression.type */
  compressionType: CodecName | 'producer';
  /** compression.<codec>.level for that codec; its default when absent. */
  compressionLevel?: number;
  /** Whether control batches may come in: true only for the broker's own appends. Default false. */
  allowControl?: boolean;
  /** Broker time, milliseconds. */
  now: number;
}

/** Why one record was refused (KIP-467): its index in the batch and a sentence. */
export interface RecordError {
  batchIndex: number;
  message: string;
}

export type ProduceError =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'INVALID_TIMESTAMP'
  | 'MESSAGE_TOO_LARGE'
  | 'UNSUPPORTED_COMPRESSION_TYPE'
  | 'UNSUPPORTED_FOR_MESSAGE_FORMAT';

export type ProduceValidation =
  | {
      kind: 'valid';
      /**
       * One magic-2 batch: the request's own bytes where nothing had to change (patched in place for
       * LogAppendTime), else a new buffer. Base offset and leader epoch are the caller's to set.
       */
      batch: Buffer;
      recordCount: number;
      /** Largest timestamp in the batch; the broker's time with LogAppendTime. */
      maxTimestamp: number;
      /** For the response's log_append_time: the broker's time, or -1 with CreateTime. */
      logAppendTime: number;
      /** Whether the batch was re-encoded: another format or codec. For metrics. */
      converted: boolean;
    }
  | { kind: 'rejected'; error: ProduceError; detail: string; recordErrors: RecordError[] };

/** Judges the bytes a producer sent for one partition. Pure: the same bytes and rules, the same answer. */
export function validateForProduce(_records: Buffer, _rules: ProduceRules): ProduceValidation {
  throw new Error('not yet');
}
