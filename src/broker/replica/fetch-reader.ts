import type { LongWork } from '../../base/slices.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { AbortedTransaction, ReadOutcome } from '../../storage/log-types.ts';
import type { FetchPartition } from './fetch-session.ts';
import type { Isolation, Partition } from './partition.ts';

/** What one partition answers to a fetch. */
export interface FetchedPartition {
  readonly request: FetchPartition;
  readonly error: ErrorName;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Where the fetcher's log parts from ours (KIP-595); undefined while it does not. */
  readonly divergingEpoch: { epoch: number; endOffset: number } | undefined;
  /** Only with read_committed. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly buffers: readonly Buffer[];
  readonly sizeInBytes: number;
  /** Size of a first batch that did not fit and was left out; 0 else. */
  readonly oversizedFirstBatchBytes: number;
  /** Whether a limit, not the end of the log, ended the read. */
  readonly isCut: boolean;
  /** Gives the buffers back. */
  release(): void;
}

export interface FetchLimits {
  readonly maxBytes: number;
  readonly isolation: Isolation;
  /** Return the first batch of the whole response even when it exceeds every limit (KIP-74). */
  readonly minOneBatch: boolean;
  /** The error of a partition whose read failed with `error`. */
  readonly errorOf: (error: unknown, request: FetchPartition) => ErrorName;
}

/** The partition to read, or the error that stands in its place. */
type Find = (request: FetchPartition) => Partition | ErrorName;

const NO_BUFFERS: readonly Buffer[] = [];
const nothingToRelease = () => {};

/**
 * Reads the partitions in order until the response is full. At once where all data is recent, which
 * spares the hot path every promise; older data comes from the thread pool, one partition at a time.
 */
export function readPartitions(
  requests: readonly FetchPartition[],
  find: Find,
  slices: LongWork,
  limits: FetchLimits,
): FetchedPartition[] | Promise<FetchedPartition[]> {
  return readFrom(0, { requests, find, slices }, limits, limits.maxBytes, []);
}

interface Reading {
  readonly requests: readonly FetchPartition[];
  readonly find: Find;
  readonly slices: LongWork;
}

function readFrom(
  start: number,
  reading: Reading,
  limits: FetchLimits,
  budget: number,
  fetched: FetchedPartition[],
): FetchedPartition[] | Promise<FetchedPartition[]> {
  let remaining = budget;
  let hasData = fetched.some(({ sizeInBytes }) => sizeInBytes > 0);
  const { requests, find, slices } = reading;
  for (let index = start; index < requests.length; index++) {
    if (slices.isOver()) {
      const at = index;
      const left = remaining;
      return slices.nextTurn().then(() => readFrom(at, reading, limits, left, fetched));
    }
    const request = requests[index]!;
    const partition = find(request);
    const problem =
      typeof partition === 'string' ? partition : partition.problem(request.currentLeaderEpoch);
    if (problem || typeof partition === 'string') {
      fetched.push(failedFetch(request, problem ?? 'UNKNOWN_SERVER_ERROR'));
      continue;
    }
    const diverging = divergence(partition, request);
    if (diverging === 'unknown epoch') {
      // Kafka's answer: the fetcher starts over from an offset that both know.
      fetched.push(failedFetch(request, 'OFFSET_OUT_OF_RANGE'));
      continue;
    }
    if (diverging) {
      fetched.push({ ...empty(request, partition), divergingEpoch: diverging });
      continue;
    }
    const failed = (error: unknown) => failedFetch(request, limits.errorOf(error, request));
    let result: FetchedPartition;
    try {
      const outcome = partition.read(
        {
          offset: request.fetchOffset,
          maxBytes: Math.max(0, Math.min(request.maxBytes, remaining)),
          minOneBatch: limits.minOneBatch && !hasData,
        },
        limits.isolation,
      );
      if (outcome instanceof Promise) {
        const left = remaining;
        return outcome
          .then((late) => answer(request, partition, late, limits.isolation))
          .catch(failed)
          .then((late) => {
            fetched.push(late);
            return readFrom(index + 1, reading, limits, left - late.sizeInBytes, fetched);
          });
      }
      result = answer(request, partition, outcome, limits.isolation);
    } catch (error) {
      result = failed(error);
    }
    fetched.push(result);
    remaining -= result.sizeInBytes;
    hasData ||= result.sizeInBytes > 0;
  }
  return fetched;
}

function answer(
  request: FetchPartition,
  partition: Partition,
  outcome: ReadOutcome,
  isolation: Isolation,
): FetchedPartition {
  // Kafka tells no log start offset here either: a consumer asks for it by ListOffsets.
  if (outcome.kind === 'out-of-range') return failedFetch(request, 'OFFSET_OUT_OF_RANGE');
  if (outcome.kind === 'offline') {
    return failedFetch(request, partition.problem(-1) ?? 'KAFKA_STORAGE_ERROR');
  }
  if (outcome.kind === 'damaged') return failedFetch(request, 'CORRUPT_MESSAGE');
  return {
    request,
    error: 'NONE',
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.log.logStartOffset,
    divergingEpoch: undefined,
    abortedTransactions:
      isolation === 'read_committed'
        ? partition.log.abortedTransactions({
            fromOffset: request.fetchOffset,
            upToOffset: outcome.nextOffset,
          })
        : null,
    buffers: outcome.buffers,
    sizeInBytes: outcome.sizeInBytes,
    oversizedFirstBatchBytes: outcome.oversizedFirstBatchBytes,
    isCut: outcome.nextOffset < partition.visibleEnd(isolation),
    release: () => outcome.release(),
  };
}

function empty(request: FetchPartition, partition: Partition): FetchedPartition {
  return {
    ...failedFetch(request, 'NONE'),
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.log.logStartOffset,
  };
}

/** An error in place of what a partition holds. */
export function failedFetch(request: FetchPartition, error: ErrorName): FetchedPartition {
  return {
    request,
    error,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: undefined,
    abortedTransactions: null,
    buffers: NO_BUFFERS,
    sizeInBytes: 0,
    oversizedFirstBatchBytes: 0,
    isCut: false,
    release: nothingToRelease,
  };
}

/** A fetcher that names the epoch of its last record learns whether that record is still ours. */
function divergence(
  partition: Partition,
  request: FetchPartition,
): { epoch: number; endOffset: number } | 'unknown epoch' | undefined {
  if (request.lastFetchedEpoch < 0) return undefined;
  const end = partition.log.endOffsetForEpoch(request.lastFetchedEpoch);
  if (end.endOffset < 0) return 'unknown epoch';
  if (end.leaderEpoch < request.lastFetchedEpoch || end.endOffset < request.fetchOffset) {
    return { epoch: end.leaderEpoch, endOffset: end.endOffset };
  }
  return undefined;
}
