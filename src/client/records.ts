import type { Int64 } from '../base/int64.ts';
import type { BatchRecord, RecordHeader } from '../protocol/records/record.ts';
import type { TopicPartition } from '../protocol/topic-partition.ts';

/** What a producer takes. Text is UTF-8. */
export interface ProducerRecord {
  readonly topic: string;
  /** Absent: by the key, or else whichever is being filled. */
  readonly partition?: number;
  readonly key?: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  /** Milliseconds; absent: now. */
  readonly timestamp?: number;
  readonly headers?: readonly {
    readonly key: string;
    readonly value: Uint8Array | string | null;
  }[];
}

/** Where a record went. */
export interface RecordMetadata extends TopicPartition {
  /** -1 with acks=0. */
  readonly offset: number;
  /** Milliseconds; the broker's with LogAppendTime. */
  readonly timestamp: number;
}

export interface ConsumerRecord extends TopicPartition {
  readonly offset: number;
  readonly timestamp: Int64;
  readonly timestampType: BatchRecord['timestampType'];
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
  readonly leaderEpoch: number;
}

export function topicPartitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
