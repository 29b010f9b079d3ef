import type { Int64 } from '../base/int64.ts';
import type { RecordInput } from '../protocol/records/batch-builder.ts';
import type { RecordMetadata } from './records.ts';

// A record's way through the producer: it waits in a batch, the batch in the queue of its partition.

/** A record that is neither stored nor failed yet. */
export interface Pending {
  readonly record: RecordInput;
  readonly timestamp: number;
  /** What it takes of the producer's memory. */
  readonly memoryBytes: number;
  readonly resolve: (metadata: RecordMetadata) => void;
  readonly reject: (error: Error) => void;
}

export interface OpenBatch {
  readonly records: Pending[];
  bytes: number;
  /** Its linger is over. */
  readonly readyMs: number;
  /** Whatever has become of it by then, its records fail. */
  deadlineMs: number;
  /** From its first sending on; a repeated batch has the same bytes. */
  built: Buffer | undefined;
  /** A request with it has left, and its answer has not come. */
  isSent: boolean;
  /** Its records know what became of them: a later answer is of no interest. */
  isSettled: boolean;
  /** Why it was put off last. */
  lastError: Error | undefined;
}

/** One partition's batches, in order; only the first is ever on the way. */
export interface Queue {
  readonly topic: string;
  readonly partition: number;
  readonly batches: OpenBatch[];
  inFlight: boolean;
  /** The first batch may not be sent again before. */
  notBeforeMs: number;
  /** How often in a row the first batch was put off. */
  attempts: number;
  /** Whose numbers `nextSequence` counts. */
  producerId: Int64;
  nextSequence: number;
}

/** A batch of a request, with the queue that it is the first of. */
export interface Sending {
  readonly queue: Queue;
  readonly batch: OpenBatch;
}

/** Room for a batch's header. */
export const BATCH_OVERHEAD = 61;

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 1000;

export function newQueue(topic: string, partition: number): Queue {
  return {
    topic,
    partition,
    batches: [],
    inFlight: false,
    notBeforeMs: 0,
    attempts: 0,
    producerId: -1,
    nextSequence: 0,
  };
}

export function newBatch(times: { readyMs: number; deadlineMs: number }): OpenBatch {
  return {
    ...times,
    records: [],
    bytes: BATCH_OVERHEAD,
    built: undefined,
    isSent: false,
    isSettled: false,
    lastError: undefined,
  };
}

/** Keeps the first batch for later: the longer, the more often that has happened. */
export function putOff(queue: Queue, batch: OpenBatch, error: Error, nowMs: number): void {
  const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(queue.attempts, 10));
  queue.attempts++;
  queue.notBeforeMs = nowMs + backoffMs;
  batch.isSent = false;
  batch.lastError = error;
}

/** Takes a batch, which need not be the first, out of its queue. */
export function remove(queue: Queue, batch: OpenBatch): void {
  const at = queue.batches.indexOf(batch);
  if (at < 0) return;
  queue.batches.splice(at, 1);
  if (at > 0) return;
  queue.attempts = 0;
  queue.notBeforeMs = 0;
}
