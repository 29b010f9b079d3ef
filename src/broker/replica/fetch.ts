import type { Clock } from '../../base/clock.ts';
import type { LongWork } from '../../base/slices.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { Caller } from './caller.ts';
import { type FetchedPartition, type FetchLimits, readPartitions } from './fetch-reader.ts';
import type { FetchPartition } from './fetch-session.ts';
import { ParkedFetch } from './parked-fetch.ts';
import { type Isolation, Partition } from './partition.ts';
import type { Partitions } from './partitions.ts';

/** What of the broker takes part when records are fetched. */
export interface FetchParts {
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  /** fetch.max.bytes: the most that one answer carries, whatever the client asks for. */
  readonly maxBytes: () => number;
}

export interface FetchCaller extends Caller {
  /** How large the answer may be, `wantedBytes` or less, which counts as held by the client from now on. */
  reserveAnswer(wantedBytes: number): number;
  /** The answer is not being made now. */
  releaseAnswer(): void;
  /** The turn's share for long work, which a fetch of very many partitions is. */
  readonly slices: LongWork;
}

export interface FetchOptions {
  readonly caller: FetchCaller;
  /** In the order in which they are read, until the answer is full. */
  readonly partitions: readonly FetchPartition[];
  /** Whether topics are found by their ids, or else by their names. */
  readonly byTopicId: boolean;
  readonly isolation: Isolation;
  /** Less than that waits for more, at most `maxWaitMs`. */
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  /** Return the first batch whole even when it exceeds every limit (KIP-74). */
  readonly minOneBatch: boolean;
}

/** Hears once what was fetched; nothing where the client goes away while it waits. */
export interface FetchDone {
  /** In the order asked for. Whoever hears it releases each, once its buffers are sent. */
  fetched(partitions: readonly FetchedPartition[]): void;
  failed(error: unknown): void;
}

/**
 * Reads partitions on behalf of whoever calls, waits where there is too little, and reads again. `done` hears of it
 * before this returns where the data is recent and enough.
 */
export function fetchRecords(parts: FetchParts, options: FetchOptions, done: FetchDone): void {
  new Fetch(parts, options, done).start();
}

/** One fetch under way. */
class Fetch {
  readonly #parts: FetchParts;
  readonly #options: FetchOptions;
  readonly #done: FetchDone;
  readonly #limits: FetchLimits;
  readonly #minBytes: number;

  constructor(parts: FetchParts, options: FetchOptions, done: FetchDone) {
    const { caller, isolation, minOneBatch } = options;
    this.#parts = parts;
    this.#options = options;
    this.#done = done;
    this.#limits = {
      maxBytes: Math.min(options.maxBytes, parts.maxBytes()),
      isolation,
      minOneBatch,
      errorOf: (error, { topic, topicId, partition }) =>
        caller.rowError(error, `${topic ?? topicId}-${partition}`),
    };
    this.#minBytes = Math.min(options.minBytes, this.#limits.maxBytes);
  }

  start(): void {
    this.#read((fetched) => this.#tellOrPark(fetched));
  }

  /** Where many clients don't take their answers this one becomes smaller, and the next goes on there. */
  #read(then: (fetched: readonly FetchedPartition[]) => void): void {
    const { caller, partitions } = this.#options;
    let wantedBytes = 0;
    for (const { maxBytes } of partitions) wantedBytes += Math.max(0, maxBytes);
    const maxBytes = caller.reserveAnswer(Math.min(wantedBytes, this.#limits.maxBytes));
    const { slices } = caller;
    const find = (request: FetchPartition) => this.#find(request);
    const fetched = readPartitions(partitions, find, slices, { ...this.#limits, maxBytes });
    if (fetched instanceof Promise) fetched.then(then, (error) => this.#done.failed(error));
    else then(fetched);
  }

  #tellOrPark(fetched: readonly FetchedPartition[]): void {
    const { caller, maxWaitMs } = this.#options;
    const { maxBytes } = this.#limits;
    let sizeInBytes = 0;
    let urgent = maxWaitMs <= 0 || fetched.length === 0;
    for (const each of fetched) {
      // Where a limit ended the read, that much is there: waiting would bring no more of it.
      const atHand = each.isCut ? Math.min(each.request.maxBytes, maxBytes) : 0;
      sizeInBytes += Math.max(atHand, each.sizeInBytes + each.oversizedFirstBatchBytes);
      urgent ||= each.error !== 'NONE' || each.divergingEpoch !== undefined;
    }
    if (urgent || sizeInBytes >= this.#minBytes) {
      this.#done.fetched(fetched);
      return;
    }
    for (const each of fetched) each.release();
    caller.releaseAnswer();
    const waitFor = new Set<Partition>();
    for (const request of this.#options.partitions) {
      const partition = this.#find(request);
      if (partition instanceof Partition) waitFor.add(partition);
    }
    const parked = new ParkedFetch(
      this.#parts.clock,
      [...waitFor],
      { missingBytes: this.#minBytes - sizeInBytes, maxWaitMs },
      () => this.#read((late) => this.#done.fetched(late)),
    );
    caller.onClose(() => parked.cancel());
  }

  #find(request: FetchPartition): Partition | ErrorName {
    const { metadata, partitions } = this.#parts;
    const { caller, byTopicId } = this.#options;
    let { topic } = request;
    if (byTopicId) {
      // By id each time: the topic may have been deleted and made anew since the session began.
      topic = metadata.snapshot.topicsById.get(request.topicId)?.name;
      if (topic === undefined) return 'UNKNOWN_TOPIC_ID';
    }
    const name = topic ?? '';
    if (!caller.authorize('READ', 'TOPIC', name)) return 'TOPIC_AUTHORIZATION_FAILED';
    return partitions.get(name, request.partition) ?? partitions.absence(name, request.partition);
  }
}
