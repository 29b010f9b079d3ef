import type { Int64 } from '../../base/int64.ts';
import type { ProduceRules } from './batch-validator-rules.ts';

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
  | 'UNKNOWN_SERVER_ERROR'
  | 'UNSUPPORTED_COMPRESSION_TYPE';

export interface ValidBatch {
  kind: 'valid';
  /**
   * One magic-2 batch: the request's own bytes where nothing had to change (patched in place for
   * LogAppendTime), else a new buffer. Base offset and leader epoch are the caller's to set.
   */
  batch: Buffer;
  recordCount: number;
  /** Largest timestamp in the batch; the broker's time with LogAppendTime. */
  maxTimestamp: Int64;
  /** For the response's log_append_time: the broker's time, or -1 with CreateTime. */
  logAppendTime: number;
  /** Whether the batch was re-encoded: another format or codec. For metrics. */
  converted: boolean;
}

export interface RejectedBatch {
  kind: 'rejected';
  error: ProduceError;
  detail: string;
  recordErrors: RecordError[];
}

export type ProduceValidation = ValidBatch | RejectedBatch;

/** A refusal of the batch as a whole. */
export function reject(
  error: ProduceError,
  detail: string,
  recordErrors: RecordError[] = [],
): RejectedBatch {
  return { kind: 'rejected', error, detail, recordErrors };
}

/** A refusal for max.message.bytes. */
export function rejectSize(size: number, rules: ProduceRules): RejectedBatch {
  const detail =
    `a batch of ${size} bytes is larger than max.message.bytes = ${rules.maxMessageBytes}: raise it` +
    ' for the topic, or lower max.request.size (in librdkafka message.max.bytes) of the producer';
  return reject('MESSAGE_TOO_LARGE', detail);
}
