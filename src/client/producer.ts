import type { Timer } from '../base/clock.ts';
import type { CodecName } from '../compression/index.ts';
import { type ErrorName, errorName, KafkaError } from '../protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../protocol/messages/00-produce.ts';
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../protocol/messages/22-init-producer-id.ts';
import {
  buildBatch,
  estimateRecordSize,
  type RecordInput,
} from '../protocol/records/batch-builder.ts';
import type { Cluster } from './cluster.ts';
import { type Connection, mayRetry } from './connection.ts';
import { ClientError } from './errors.ts';
import { partitionOfKey } from './murmur2.ts';
import type { ProducerRecord, RecordMetadata } from './records.ts';

export interface ProducerOptions {
  /** -1: all replicas in sync; 0: no answer at all. Default -1. */
  readonly acks?: -1 | 0 | 1;
  readonly codec?: CodecName;
  /** Compression level; the codec's own default when absent. */
  readonly level?: number;
  /** How long to wait for more records before a batch is sent. Default 0: until the turn ends. */
  readonly lingerMs?: number;
  /** Default 16384, as in Kafka. */
  readonly batchBytes?: number;
  /** Default 1 MiB, as in Kafka. */
  readonly maxRequestBytes?: number;
  /** Numbers the batches so that a repeated one is stored once. Default false. Needs acks -1. */
  readonly idempotent?: boolean;
  /** After how long a record fails. Default 120 s. */
  readonly deliveryTimeoutMs?: number;
  /** What the broker may take to replicate. Default 30 s. */
  readonly requestTimeoutMs?: number;
}

interface Pending {
  readonly record: RecordInput;
  readonly timestamp: number;
  readonly resolve: (metadata: RecordMetadata) => void;
  readonly reject: (error: Error) => void;
}

interface OpenBatch {
  readonly records: Pending[];
  bytes: number;
  /** Its linger is over. */
  readonly readyMs: number;
  readonly deadlineMs: number;
  /** From its first sending on; a repeated batch has the same bytes. */
  built: Buffer | undefined;
}

/** One partition's batches, in order; only the first is ever on the way. */
interface Queue {
  readonly topic: string;
  readonly partition: number;
  readonly batches: OpenBatch[];
  inFlight: boolean;
  /** The first batch may not be sent again before. */
  notBeforeMs: number;
  nextSequence: number;
}

/** What a producer has done so far; what Kafka's `producer-metrics` are made of. */
export interface ProducerCounts {
  /** Records that are stored, and those that failed for good. */
  readonly records: number;
  readonly failures: number;
  /** Records in batches that were put off to be sent again. */
  readonly retries: number;
  /** Batches with their bytes as they were sent, each counted once. */
  readonly batches: number;
  readonly batchBytes: number;
  readonly largestBatchBytes: number;
  /** Answered requests, and how long their answers took. */
  readonly requests: number;
  readonly requestMs: number;
  readonly longestRequestMs: number;
}

/** Room for a batch's header. */
const BATCH_OVERHEAD = 61;
const RETRY_BACKOFF_MS = 100;
/** The last version that names topics by their names. */
const MAX_PRODUCE_VERSION = 12;

/** Sends records in batches: per partition in order, each acknowledged or failed exactly once. */
export class Producer {
  readonly #cluster: Cluster;
  readonly #options: Required<Omit<ProducerOptions, 'level'>> & { level: number | undefined };
  readonly #queues = new Map<string, Queue>();
  /** Leaders of the partitions of each topic that was sent to. */
  readonly #leaders = new Map<string, readonly number[]>();
  readonly #sticky = new Map<string, number>();
  readonly #busy = new Set<number>();
  readonly #idle: (() => void)[] = [];
  #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];
  #identity: Promise<{ producerId: number; producerEpoch: number }> | undefined;
  readonly #counts = {
    records: 0,
    failures: 0,
    retries: 0,
    batches: 0,
    batchBytes: 0,
    largestBatchBytes: 0,
    requests: 0,
    requestMs: 0,
    longestRequestMs: 0,
  };
  #unacknowledged = 0;
  #bufferedBytes = 0;
  #timer: Timer | undefined;
  #scheduled = false;
  #flushing = false;
  #refreshing: Promise<void> | undefined;

  constructor(cluster: Cluster, options: ProducerOptions = {}) {
    this.#cluster = cluster;
    this.#options = {
      acks: options.acks ?? -1,
      codec: options.codec ?? 'none',
      level: options.level,
      lingerMs: options.lingerMs ?? 0,
      batchBytes: options.batchBytes ?? 16_384,
      maxRequestBytes: options.maxRequestBytes ?? 1_048_576,
      idempotent: options.idempotent ?? false,
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
      requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    };
    if (this.#options.idempotent && this.#options.acks !== -1) {
      throw new ClientError('an idempotent producer needs acks=all');
    }
  }

  /** Bytes of records that are not acknowledged yet; for back-pressure. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** As they are now. */
  get counts(): ProducerCounts {
    return { ...this.#counts };
  }

  /**
   * Queues a record and resolves where it went once it is acknowledged. Records of one partition go
   * in the order of the calls, once `prepare` has resolved for their topic. Throws KafkaError,
   * ConnectionError and ClientError.
   */
  async send(record: ProducerRecord): Promise<RecordMetadata> {
    let leaders = this.#leaders.get(record.topic);
    if (!leaders) {
      await this.prepare(record.topic);
      leaders = this.#leaders.get(record.topic) ?? [];
    }
    return this.#enqueue(record, leaders.length);
  }

  /** Learns where the topic is (creating it, where the broker allows that). Throws KafkaError. */
  async prepare(topic: string, timeoutMs?: number): Promise<void> {
    await this.#cluster.retry(() => this.#refresh(topic), timeoutMs);
  }

  /** Resolves when fewer than `bytes` wait to be acknowledged. */
  whenBelow(bytes: number): Promise<void> {
    if (this.#bufferedBytes < bytes) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ bytes, resolve }));
  }

  /** Resolves when all records sent so far are acknowledged or failed; does not wait for lingers. */
  async flush(): Promise<void> {
    if (this.#unacknowledged === 0) return;
    this.#flushing = true;
    this.#schedule();
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #enqueue(record: ProducerRecord, partitionCount: number): Promise<RecordMetadata> {
    const { topic } = record;
    const now = this.#cluster.ports.clock.monotonicMs();
    const timestamp = record.timestamp ?? this.#cluster.ports.clock.now();
    const key = typeof record.key === 'string' ? Buffer.from(record.key) : (record.key ?? null);
    const input: RecordInput = { timestamp, key, value: record.value };
    if (record.headers) input.headers = record.headers;
    const bytes = estimateRecordSize(input);
    if (bytes + BATCH_OVERHEAD > this.#options.maxRequestBytes) {
      throw new KafkaError(
        'MESSAGE_TOO_LARGE',
        `The message is ${bytes + BATCH_OVERHEAD} bytes when serialized which is larger than ${this.#options.maxRequestBytes}, which is the value of the max.request.size configuration.`,
      );
    }
    const queue = this.#queueOf(topic, this.#partitionOf(record, key, partitionCount));
    let batch = queue.batches.at(-1);
    const full = batch && batch.bytes + bytes > this.#options.batchBytes;
    if (!batch || full || batch.built) {
      if (full && key === null) this.#sticky.delete(topic);
      batch = {
        records: [],
        bytes: BATCH_OVERHEAD,
        readyMs: now + this.#options.lingerMs,
        deadlineMs: now + this.#options.deliveryTimeoutMs,
        built: undefined,
      };
      queue.batches.push(batch);
    }
    batch.bytes += bytes;
    this.#bufferedBytes += bytes;
    this.#unacknowledged++;
    const { records } = batch;
    const sent = new Promise<RecordMetadata>((resolve, reject) => {
      records.push({ record: input, timestamp, resolve, reject });
    });
    if (this.#options.lingerMs === 0 || queue.batches.length > 1) this.#schedule();
    else this.#wakeIn(this.#options.lingerMs);
    return sent;
  }

  #queueOf(topic: string, partition: number): Queue {
    const name = `${topic}-${partition}`;
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = { topic, partition, batches: [], inFlight: false, notBeforeMs: 0, nextSequence: 0 };
      this.#queues.set(name, queue);
    }
    return queue;
  }

  #partitionOf(record: ProducerRecord, key: Uint8Array | null, partitionCount: number): number {
    if (record.partition !== undefined) {
      if (record.partition >= partitionCount) {
        throw new ClientError(
          `topic ${record.topic} has no partition ${record.partition}, only 0 to ${partitionCount - 1}`,
        );
      }
      return record.partition;
    }
    if (key) return partitionOfKey(key, partitionCount);
    let sticky = this.#sticky.get(record.topic);
    if (sticky === undefined || sticky >= partitionCount) {
      sticky = this.#cluster.ports.random.int(partitionCount);
      this.#sticky.set(record.topic, sticky);
    }
    return sticky;
  }

  async #refresh(topic: string): Promise<void> {
    const { topics } = await this.#cluster.metadata([topic], { allowAutoCreate: true });
    const found = topics.find(({ name }) => name === topic);
    if (!found) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
    if (found.error !== 'NONE') throw new KafkaError(found.error);
    const leaders = found.partitions.map(({ leader }) => leader);
    if (!leaders.some((leader) => leader >= 0)) throw new KafkaError('LEADER_NOT_AVAILABLE');
    this.#leaders.set(topic, leaders);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#cluster.ports.clock.endOfTurn(() => {
      this.#scheduled = false;
      this.#sendReady();
    });
  }

  #wakeIn(delayMs: number): void {
    this.#timer ??= this.#cluster.ports.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#sendReady();
    });
  }

  /** Starts one request per idle leader with the first batch of each of its partitions. */
  #sendReady(): void {
    const now = this.#cluster.ports.clock.monotonicMs();
    const byLeader = new Map<number, Queue[]>();
    let nextReadyMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      const batch = queue.batches[0];
      if (!batch || queue.inFlight || queue.notBeforeMs > now) continue;
      if (!this.#flushing && queue.batches.length === 1 && batch.readyMs > now) {
        nextReadyMs = Math.min(nextReadyMs, batch.readyMs);
        continue;
      }
      const leader = this.#leaders.get(queue.topic)?.[queue.partition] ?? -1;
      if (leader >= 0 && this.#busy.has(leader)) continue;
      const queues = byLeader.get(leader);
      if (queues) queues.push(queue);
      else byLeader.set(leader, [queue]);
    }
    if (nextReadyMs < Number.POSITIVE_INFINITY) this.#wakeIn(nextReadyMs - now);
    for (const [leader, queues] of byLeader) {
      if (leader < 0) this.#retryLater(queues, new KafkaError('LEADER_NOT_AVAILABLE'));
      else void this.#sendTo(leader, queues);
    }
  }

  async #sendTo(leader: number, ready: readonly Queue[]): Promise<void> {
    this.#busy.add(leader);
    for (const queue of ready) queue.inFlight = true;
    let queues = ready;
    try {
      const identity = this.#options.idempotent ? await this.#identify() : undefined;
      queues = this.#fitting(ready);
      for (const queue of queues) this.#build(queue, identity);
      await this.#exchange(await this.#cluster.broker(leader), queues);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      if (mayRetry(failure)) this.#retryLater(queues, failure);
      else for (const queue of queues) this.#settle(queue, failure);
    } finally {
      this.#busy.delete(leader);
      for (const queue of ready) queue.inFlight = false;
      this.#afterRequest();
    }
  }

  /** As many as one request may hold, at least one. */
  #fitting(ready: readonly Queue[]): readonly Queue[] {
    let bytes = 0;
    const count = ready.findIndex((queue, index) => {
      bytes += queue.batches[0]!.bytes;
      return index > 0 && bytes > this.#options.maxRequestBytes;
    });
    return count < 0 ? ready : ready.slice(0, count);
  }

  #build(queue: Queue, identity: { producerId: number; producerEpoch: number } | undefined): void {
    const batch = queue.batches[0]!;
    if (batch.built) return;
    const baseSequence = queue.nextSequence;
    batch.built = buildBatch(
      batch.records.map(({ record }) => record),
      {
        codec: this.#options.codec,
        ...(this.#options.level === undefined ? {} : { level: this.#options.level }),
        ...(identity ? { ...identity, baseSequence } : {}),
      },
    );
    queue.nextSequence = (baseSequence + batch.records.length) % 2 ** 31;
    const counts = this.#counts;
    counts.batches++;
    counts.batchBytes += batch.built.length;
    counts.largestBatchBytes = Math.max(counts.largestBatchBytes, batch.built.length);
  }

  async #exchange(connection: Connection, queues: readonly Queue[]): Promise<void> {
    const topics = new Map<string, Queue[]>();
    for (const queue of queues) {
      const of = topics.get(queue.topic);
      if (of) of.push(queue);
      else topics.set(queue.topic, [queue]);
    }
    const input = {
      acks: this.#options.acks,
      timeoutMs: this.#options.requestTimeoutMs,
      topicData: [...topics].map(([name, of]) => ({
        name,
        partitionData: of.map((queue) => ({
          index: queue.partition,
          records: queue.batches[0]!.built!,
        })),
      })),
    };
    if (this.#options.acks === 0) {
      connection.send(ProduceRequest, input, MAX_PRODUCE_VERSION);
      for (const queue of queues) this.#settle(queue, { baseOffset: -1, timestamp: -1 });
      return;
    }
    const { clock } = this.#cluster.ports;
    const startMs = clock.monotonicMs();
    const answer = await connection.call(ProduceRequest, ProduceResponse, input, {
      maxVersion: MAX_PRODUCE_VERSION,
      timeoutMs: this.#options.requestTimeoutMs + this.#cluster.requestTimeoutMs,
    });
    const ms = clock.monotonicMs() - startMs;
    this.#counts.requests++;
    this.#counts.requestMs += ms;
    this.#counts.longestRequestMs = Math.max(this.#counts.longestRequestMs, ms);
    const unanswered = new Set(queues);
    for (const topic of answer.responses) {
      for (const partition of topic.partitionResponses) {
        const queue = this.#queues.get(`${topic.name}-${partition.index}`);
        if (!queue || !unanswered.delete(queue)) continue;
        this.#onAnswer(queue, errorName(partition.errorCode), {
          baseOffset: partition.baseOffset,
          timestamp: partition.logAppendTimeMs,
          detail: partition.errorMessage,
        });
      }
    }
    for (const queue of unanswered) {
      this.#settle(
        queue,
        new KafkaError('UNKNOWN_SERVER_ERROR', 'the answer leaves out a partition'),
      );
    }
  }

  #onAnswer(
    queue: Queue,
    error: ErrorName,
    answer: { baseOffset: number; timestamp: number; detail: string | null },
  ): void {
    // A repeated batch that was stored the first time: the broker says where only sometimes.
    if (error === 'NONE' || error === 'DUPLICATE_SEQUENCE_NUMBER') this.#settle(queue, answer);
    else {
      const failure = new KafkaError(error, answer.detail);
      if (failure.retriable) this.#retryLater([queue], failure);
      else this.#settle(queue, failure);
    }
  }

  /** The first batch of a queue is done: stored, or failed for good. */
  #settle(queue: Queue, outcome: Error | { baseOffset: number; timestamp: number }): void {
    const batch = queue.batches.shift();
    if (!batch) return;
    if (outcome instanceof Error) this.#counts.failures += batch.records.length;
    else this.#counts.records += batch.records.length;
    let delta = 0;
    for (const { record, timestamp, resolve, reject } of batch.records) {
      this.#bufferedBytes -= estimateRecordSize(record);
      this.#unacknowledged--;
      if (outcome instanceof Error) reject(outcome);
      else {
        resolve({
          topic: queue.topic,
          partition: queue.partition,
          offset: outcome.baseOffset < 0 ? -1 : outcome.baseOffset + delta,
          timestamp: outcome.timestamp < 0 ? timestamp : outcome.timestamp,
        });
      }
      delta++;
    }
    // A gap in the numbers would make the broker refuse all that follows: begin anew.
    if (outcome instanceof Error && this.#options.idempotent) this.#identity = undefined;
  }

  #retryLater(queues: readonly Queue[], error: Error): void {
    const { clock } = this.#cluster.ports;
    const now = clock.monotonicMs();
    for (const queue of queues) {
      if ((queue.batches[0]?.deadlineMs ?? 0) <= now + RETRY_BACKOFF_MS) this.#settle(queue, error);
      else {
        queue.notBeforeMs = now + RETRY_BACKOFF_MS;
        this.#counts.retries += queue.batches[0]?.records.length ?? 0;
      }
    }
    const topics = new Set(queues.map(({ topic }) => topic));
    clock.after(RETRY_BACKOFF_MS, () => {
      this.#refreshing ??= this.#refreshAll(topics).finally(() => {
        this.#refreshing = undefined;
        this.#schedule();
      });
    });
  }

  async #refreshAll(topics: ReadonlySet<string>): Promise<void> {
    for (const topic of topics) {
      // What goes wrong here shows again when the batch is sent, and counts against its deadline.
      await this.#refresh(topic).catch(() => {});
    }
  }

  #afterRequest(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ bytes }) => this.#bufferedBytes >= bytes);
    for (const { bytes, resolve } of waiting) if (this.#bufferedBytes < bytes) resolve();
    if (this.#unacknowledged > 0) {
      this.#schedule();
      return;
    }
    this.#flushing = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** A new identity starts its numbers at 0 in every partition. */
  #identify(): Promise<{ producerId: number; producerEpoch: number }> {
    this.#identity ??= this.#cluster.retry(async () => {
      const connection = await this.#cluster.any();
      const answer = await connection.call(InitProducerIdRequest, InitProducerIdResponse, {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
      });
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
      // Batches that were sent before keep their old numbers: they may be stored already.
      for (const queue of this.#queues.values()) queue.nextSequence = 0;
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    });
    return this.#identity;
  }
}
