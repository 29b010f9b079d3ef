import type { CodecName } from '../../compression/index.ts';
import type { TimestampType } from '../../protocol/records/record-batch.ts';

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
  compressionLevel?: number | undefined;
  /** Whether control batches may come in: true only for the broker's own appends. Default false. */
  allowControl?: boolean | undefined;
  /** Whether the checksum matches, where that is known already: of a large batch. Undefined: look. */
  crcIsValid?: boolean | undefined;
  /** It is judged on the event loop, since it claims to be little. Default false. */
  isOnLoop?: boolean;
  /** Whether records are read where no other rule asks about them. Default false. */
  readRecords?: boolean;
  /** Broker time, milliseconds. */
  now: number;
}
