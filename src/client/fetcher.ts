import type { Int64 } from '../base/int64.ts';
import { errorName, KafkaError } from '../protocol/errors.ts';
import { FetchRequest, FetchResponse } from '../protocol/messages/01-fetch.ts';
import { decodeRecords } from '../protocol/records/record.ts';
import * as RecordBatch from '../protocol/records/record-batch.ts';
import type { TopicPartition } from '../protocol/topic-partition.ts';
import type { Cluster } from './cluster.ts';
import { mayRetry } from './connection.ts';
import { byTopic } from './group-member.ts';
import { groupByLeader, type IsolationLevel, isolationCode } from './offsets.ts';
import { type ConsumerRecord, topicPartitionName } from './records.ts';

export interface FetcherOptions {
  readonly isolationLevel: IsolationLevel;
  readonly minBytes: number;
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

interface Source extends TopicPartition {
  /** Where to fetch next; undefined until `seek`. */
  offset: number | undefined;
  /** Fetched and not handed out yet. */
  records: ConsumerRecord[];
  taken: number;
  inFlight: boolean;
}

const RETRY_BACKOFF_MS = 100;
/** The last version that names topics by their names. */
const MAX_FETCH_VERSION = 12;

/** Keeps one fetch on the way per leader, for the partitions whose records were all handed out. */
export class Fetcher {
  readonly #cluster: Cluster;
  readonly #options: FetcherOptions;
  #sources = new Map<string, Source>();
  readonly #busy = new Set<number>();
  #leaders: Map<string, number> | undefined;
  #locating: Promise<void> | undefined;
  #outOfRange: TopicPartition[] = [];
  #failure: Error | undefined;
  /** What keeps it from fetching at the moment. */
  trouble: Error | undefined;
  readonly #throttledUntilMs = new Map<number, number>();
  #closed = false;
  /** Called once something to take, or a failure, is there. */
  onRecords: (() => void) | undefined;

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  assign(partitions: readonly TopicPartition[]): void {
    // What is on the way belongs to the old sources and falls with them.
    this.#sources = new Map(
      partitions.map(({ topic, partition }) => [
        topicPartitionName({ topic, partition }),
        { topic, partition, offset: undefined, records: [], taken: 0, inFlight: false },
      ]),
    );
    this.#leaders = undefined;
  }

  seek({ topic, partition, offset }: TopicPartition & { readonly offset: number }): void {
    const name = topicPartitionName({ topic, partition });
    if (!this.#sources.has(name)) return;
    this.#sources.set(name, { topic, partition, offset, records: [], taken: 0, inFlight: false });
  }

  /** At most `limit` records, partition by partition; starts fetches for what ran dry. */
  take(limit: number): ConsumerRecord[] {
    if (this.#failure) throw this.#failure;
    const taken: ConsumerRecord[] = [];
    for (const [name, source] of this.#sources) {
      if (taken.length >= limit) break;
      const left = source.records.length - source.taken;
      if (left === 0) continue;
      const count = Math.min(left, limit - taken.length);
      for (let index = 0; index < count; index++) taken.push(source.records[source.taken + index]!);
      source.taken += count;
      if (source.taken === source.records.length) {
        source.records = [];
        source.taken = 0;
        // To the back, so that the others have their turn.
        this.#sources.delete(name);
        this.#sources.set(name, source);
      }
    }
    this.#fetchMore();
    return taken;
  }

  /** Partitions whose offset was outside their log since the last call; they wait for a `seek`. */
  takeOutOfRange(): TopicPartition[] {
    return this.#outOfRange.splice(0);
  }

  close(): void {
    this.#closed = true;
    this.#sources.clear();
  }

  #fetchMore(): void {
    if (this.#closed || this.#locating) return;
    const hungry = [...this.#sources.values()].filter(
      (source) => source.offset !== undefined && source.records.length === 0 && !source.inFlight,
    );
    if (hungry.length === 0) return;
    if (!this.#leaders) {
      this.#locating = this.#locate().finally(() => {
        this.#locating = undefined;
        if (this.#leaders) this.#fetchMore();
      });
      return;
    }
    const byLeader = new Map<number, Source[]>();
    for (const source of hungry) {
      const leader = this.#leaders.get(topicPartitionName(source));
      if (leader === undefined || this.#busy.has(leader)) continue;
      // The next poll asks again.
      if ((this.#throttledUntilMs.get(leader) ?? 0) > this.#cluster.ports.clock.monotonicMs())
        continue;
      const of = byLeader.get(leader);
      if (of) of.push(source);
      else byLeader.set(leader, [source]);
    }
    for (const [leader, sources] of byLeader) void this.#fetch(leader, sources);
  }

  async #locate(): Promise<void> {
    try {
      const byLeader = await groupByLeader(this.#cluster, [...this.#sources.values()]);
      this.#leaders = new Map(
        [...byLeader].flatMap(([leader, sources]) =>
          sources.map((source) => [topicPartitionName(source), leader] as const),
        ),
      );
    } catch (error) {
      await this.#onError(error);
    }
  }

  async #fetch(leader: number, sources: readonly Source[]): Promise<void> {
    this.#busy.add(leader);
    for (const source of sources) source.inFlight = true;
    try {
      const connection = await this.#cluster.broker(leader, 'fetch');
      const offsets = new Map(sources.map((source) => [topicPartitionName(source), source]));
      const answer = await connection.call(
        FetchRequest,
        FetchResponse,
        {
          replicaId: -1,
          maxWaitMs: this.#options.maxWaitMs,
          minBytes: this.#options.minBytes,
          maxBytes: this.#options.maxBytes,
          isolationLevel: isolationCode(this.#options.isolationLevel),
          topics: byTopic(sources).map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map((partition) => ({
              partition,
              fetchOffset: offsets.get(topicPartitionName({ topic, partition }))?.offset ?? 0,
              partitionMaxBytes: this.#options.maxPartitionBytes,
            })),
          })),
        },
        { maxVersion: MAX_FETCH_VERSION, timeoutMs: this.#options.maxWaitMs + 30_000 },
      );
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
      let failed: KafkaError | undefined;
      for (const { topic, partitions } of answer.responses) {
        for (const partition of partitions) {
          const name = topicPartitionName({ topic, partition: partition.partitionIndex });
          const source = offsets.get(name);
          // A seek or a new assignment meanwhile: this answer is about the past.
          if (!source || this.#sources.get(name) !== source) continue;
          const error = errorName(partition.errorCode);
          if (error === 'OFFSET_OUT_OF_RANGE') {
            source.offset = undefined;
            this.#outOfRange.push({ topic, partition: partition.partitionIndex });
          } else if (error !== 'NONE') failed = new KafkaError(error, `${name}: ${error}`);
          else if (partition.records && partition.records.length > 0) {
            this.#store(source, partition.records, partition.abortedTransactions ?? []);
          }
        }
      }
      if (failed) throw failed;
      this.trouble = undefined;
      if (answer.throttleTimeMs > 0) {
        const { clock } = this.#cluster.ports;
        this.#throttledUntilMs.set(leader, clock.monotonicMs() + answer.throttleTimeMs);
      }
    } catch (error) {
      await this.#onError(error);
    } finally {
      this.#busy.delete(leader);
      for (const source of sources) source.inFlight = false;
      this.onRecords?.();
      this.#fetchMore();
    }
  }

  #store(
    source: Source,
    bytes: Buffer,
    aborted: readonly { producerId: Int64; firstOffset: number }[],
  ): void {
    const from = source.offset ?? 0;
    let next = from;
    const abortedBy = new Map<Int64, number[]>();
    for (const { producerId, firstOffset } of aborted) {
      const of = abortedBy.get(producerId);
      if (of) of.push(firstOffset);
      else abortedBy.set(producerId, [firstOffset]);
    }
    let at = 0;
    while (at + RecordBatch.HEADER_SIZE <= bytes.length) {
      const size = RecordBatch.sizeInBytes(bytes, at);
      if (size < RecordBatch.HEADER_SIZE || at + size > bytes.length) break;
      const base = RecordBatch.baseOffset(bytes, at);
      next = Math.max(next, RecordBatch.lastOffset(bytes, at) + 1);
      const control = RecordBatch.isControl(bytes, at);
      const producerId = RecordBatch.producerId(bytes, at);
      const open = abortedBy.get(producerId);
      if (control) {
        // The marker of an abort ends the aborted transaction; a later one may commit.
        if (open?.[0] !== undefined && open[0] <= base) open.shift();
      } else if (
        !(RecordBatch.isTransactional(bytes, at) && open?.[0] !== undefined && open[0] <= base)
      ) {
        const leaderEpoch = RecordBatch.leaderEpoch(bytes, at);
        for (const record of decodeRecords(bytes, at)) {
          if (record.offset < from) continue;
          const { offset, timestamp, timestampType, key, value, headers } = record;
          source.records.push({
            topic: source.topic,
            partition: source.partition,
            offset,
            timestamp,
            timestampType,
            key,
            value,
            headers,
            leaderEpoch,
          });
        }
      }
      at += size;
    }
    source.offset = next;
  }

  async #onError(error: unknown): Promise<void> {
    if (this.#closed) return;
    this.#leaders = undefined;
    if (!mayRetry(error)) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.onRecords?.();
      return;
    }
    this.trouble = error instanceof Error ? error : new Error(String(error));
    await this.#cluster.sleep(RETRY_BACKOFF_MS);
  }
}
