import type { Timer } from '../base/clock.ts';
import type { Int64 } from '../base/int64.ts';
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
import { ClientError, DeliveryError } from './errors.ts';
import { partitionOfKey } from './murmur2.ts';
import {
  BATCH_OVERHEAD,
  newBatch,
  newQueue,
  type OpenBatch,
  putOff,
  type Queue,
  remove,
  type Sending,
} from './produce-queue.ts';
import type { ProducerRecord, RecordMetadata } from './records.ts';
import { within } from './within.ts';

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

/**
 * What a record costs beside its bytes until it is settled: its objects and its promises. Without it a buffer of
 * 32 MiB would hold a gigabyte of short lines.
 */
const RECORD_MEMORY_BYTES = 512;
/** The last version that names topics by their names. */
const MAX_PRODUCE_VERSION = 12;

/** Who numbers the batches of an idempotent producer. */
interface Identity {
  readonly producerId: Int64;
  readonly producerEpoch: number;
}

/**
 * Sends records in batches: per partition in order, each acknowledged or failed exactly once, and that before
 * `deliveryTimeoutMs` is over, whatever the brokers do.
 */
export class Producer {
  readonly #cluster: Cluster;
  readonly #options: Required<Omit<ProducerOptions, 'level'>> & { level: number | undefined };
  readonly #queues = new Map<string, Queue>();
  /** Leaders of the partitions of each topic that was sent to. */
  readonly #leaders = new Map<string, readonly number[]>();
  readonly #sticky = new Map<string, number>();
  /** Leaders with a request on the way. */
  readonly #busy = new Set<number>();
  /** Leaders that asked for a pause, and until when. */
  readonly #throttledUntilMs = new Map<number, number>();
  /** One look for a topic serves all records that wait for it. */
  readonly #preparing = new Map<string, Promise<void>>();
  /** Fails the records whose topic is not known yet. */
  readonly #unplaced = new Set<(error: Error) => void>();
  readonly #idle: (() => void)[] = [];
  #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];
  #identity: Promise<Identity> | undefined;
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
  /** Why nothing is taken any more. */
  #abandonedFor: string | undefined;
  #unacknowledged = 0;
  #bufferedBytes = 0;
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  /** No batch is overdue before. */
  #nextDeadlineMs = Number.POSITIVE_INFINITY;
  #scheduled = false;
  #flushing = false;
  readonly #staleTopics = new Set<string>();
  #isRefreshing = false;

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

  /** Memory of the records that are not acknowledged yet; for back-pressure. */
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
    if (this.#abandonedFor !== undefined) throw new DeliveryError(this.#abandonedFor);
    const deadlineMs = this.#nowMs() + this.#options.deliveryTimeoutMs;
    const leaders = this.#leaders.get(record.topic);
    if (leaders) return this.#enqueue(record, leaders.length, deadlineMs);
    return this.#sendWhenKnown(record, deadlineMs);
  }

  /** Learns where the topic is (creating it, where the broker allows that). Throws KafkaError. */
  prepare(topic: string, timeoutMs = this.#cluster.retryTimeoutMs): Promise<void> {
    const { clock } = this.#cluster.ports;
    const preparing = this.#cluster.retry(() => this.#refresh(topic), timeoutMs);
    // A broker that does not answer at all would make one attempt last longer.
    const limitMs = Math.max(timeoutMs, this.#cluster.requestTimeoutMs);
    return within(clock, limitMs, preparing, () => {
      return new ClientError(`no broker told within ${limitMs} ms where topic ${topic} is`);
    });
  }

  /** Resolves when fewer than `bytes` wait to be acknowledged. */
  whenBelow(bytes: number): Promise<void> {
    if (this.#bufferedBytes < bytes) return Promise.resolve();
    this.#schedule();
    return new Promise((resolve) => this.#waiting.push({ bytes, resolve }));
  }

  /** Resolves when all records sent so far are acknowledged or failed; does not wait for lingers. */
  async flush(): Promise<void> {
    if (this.#unacknowledged === 0) return;
    this.#flushing = true;
    this.#schedule();
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Fails every record that is not acknowledged yet, at once, and all that come later. */
  abandon(reason: string): void {
    this.#abandonedFor = reason;
    for (const queue of this.#queues.values()) {
      for (const batch of [...queue.batches]) {
        this.#settle({ queue, batch }, deliveryError(batch, reason));
      }
    }
    for (const fail of [...this.#unplaced]) fail(new DeliveryError(reason));
    this.#afterSettling();
  }

  #nowMs(): number {
    return this.#cluster.ports.clock.monotonicMs();
  }

  async #sendWhenKnown(record: ProducerRecord, deadlineMs: number): Promise<RecordMetadata> {
    const { topic } = record;
    const { clock } = this.#cluster.ports;
    const memoryBytes = RECORD_MEMORY_BYTES + (record.value?.length ?? 0);
    this.#bufferedBytes += memoryBytes;
    this.#unacknowledged++;
    let fail: ((error: Error) => void) | undefined;
    let timer: Timer | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        fail = reject;
        this.#unplaced.add(reject);
        timer = clock.after(this.#options.deliveryTimeoutMs, () => {
          reject(new DeliveryError(this.#lateText(`nobody told where topic ${topic} is`)));
        });
        this.#lookedUp(topic).then(resolve, reject);
      });
      return this.#enqueue(record, this.#leaders.get(topic)?.length ?? 0, deadlineMs);
    } finally {
      timer?.cancel();
      if (fail) this.#unplaced.delete(fail);
      this.#bufferedBytes -= memoryBytes;
      this.#unacknowledged--;
      this.#afterSettling();
    }
  }

  #lookedUp(topic: string): Promise<void> {
    let looking = this.#preparing.get(topic);
    if (!looking) {
      looking = this.prepare(topic).finally(() => this.#preparing.delete(topic));
      this.#preparing.set(topic, looking);
    }
    return looking;
  }

  #enqueue(
    record: ProducerRecord,
    partitionCount: number,
    deadlineMs: number,
  ): Promise<RecordMetadata> {
    const { topic } = record;
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
      batch = newBatch({ readyMs: this.#nowMs() + this.#options.lingerMs, deadlineMs });
      queue.batches.push(batch);
    }
    const memoryBytes = bytes + RECORD_MEMORY_BYTES;
    batch.bytes += bytes;
    batch.deadlineMs = Math.min(batch.deadlineMs, deadlineMs);
    this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, deadlineMs);
    this.#bufferedBytes += memoryBytes;
    this.#unacknowledged++;
    const { records } = batch;
    const sent = new Promise<RecordMetadata>((resolve, reject) => {
      records.push({ record: input, timestamp, memoryBytes, resolve, reject });
    });
    if (this.#options.lingerMs === 0 || queue.batches.length > 1) this.#schedule();
    else this.#wakeAt(Math.min(batch.readyMs, batch.deadlineMs));
    return sent;
  }

  #queueOf(topic: string, partition: number): Queue {
    const name = `${topic}-${partition}`;
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = newQueue(topic, partition);
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
      this.#tick();
    });
  }

  /** One timer for all that time brings about: a linger, a back-off, a pause or a deadline that is over. */
  #wakeAt(atMs: number): void {
    if (this.#timer && this.#timerMs <= atMs) return;
    this.#timer?.cancel();
    this.#timerMs = atMs;
    this.#timer = this.#cluster.ports.clock.after(Math.max(0, atMs - this.#nowMs()), () => {
      this.#timer = undefined;
      this.#tick();
    });
  }

  #tick(): void {
    const now = this.#nowMs();
    if (now >= this.#nextDeadlineMs) this.#failOverdue(now);
    this.#sendReady(now);
  }

  /** Sent or not: what is overdue fails. */
  #failOverdue(now: number): void {
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      for (const batch of [...queue.batches]) {
        if (batch.deadlineMs <= now) {
          this.#settle({ queue, batch }, deliveryError(batch, this.#lateText()));
        } else this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, batch.deadlineMs);
      }
    }
    this.#afterSettling();
  }

  #lateText(reason?: string): string {
    const text = `not stored within the ${this.#options.deliveryTimeoutMs} ms of delivery.timeout.ms`;
    return reason === undefined ? text : `${text}: ${reason}`;
  }

  /** Starts one request per idle leader with the first batch of each of its partitions. */
  #sendReady(now: number): void {
    const byLeader = new Map<number, Queue[]>();
    // Who waits for room does not wait for company.
    const lingers = !this.#flushing && this.#waiting.length === 0;
    let wakeMs = this.#nextDeadlineMs;
    for (const queue of this.#queues.values()) {
      const batch = queue.batches[0];
      if (!batch || queue.inFlight) continue;
      const leader = this.#leaders.get(queue.topic)?.[queue.partition] ?? -1;
      let dueMs = Math.max(queue.notBeforeMs, this.#throttledUntilMs.get(leader) ?? 0);
      if (lingers && queue.batches.length === 1 && !batch.built) {
        dueMs = Math.max(dueMs, batch.readyMs);
      }
      if (dueMs > now) {
        wakeMs = Math.min(wakeMs, dueMs);
        continue;
      }
      if (leader >= 0 && this.#busy.has(leader)) continue;
      const queues = byLeader.get(leader);
      if (queues) queues.push(queue);
      else byLeader.set(leader, [queue]);
    }
    if (wakeMs < Number.POSITIVE_INFINITY) this.#wakeAt(wakeMs);
    for (const [leader, queues] of byLeader) {
      if (leader < 0) this.#retryLater(firstOf(queues), new KafkaError('LEADER_NOT_AVAILABLE'));
      else void this.#sendTo(leader, queues);
    }
  }

  async #sendTo(leader: number, ready: readonly Queue[]): Promise<void> {
    this.#busy.add(leader);
    for (const queue of ready) queue.inFlight = true;
    let sending: readonly Sending[] | undefined;
    try {
      const identity = this.#options.idempotent ? await this.#identify() : undefined;
      sending = this.#fitting(firstOf(ready));
      for (const { queue, batch } of sending) this.#build(queue, batch, identity);
      const connection = await this.#cluster.broker(leader);
      // Time has passed: what failed meanwhile is not sent any more.
      sending = sending.filter(({ batch }) => !batch.isSettled);
      if (sending.length > 0) await this.#exchange(connection, sending, leader);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      const concerned = sending ?? firstOf(ready);
      if (mayRetry(failure)) this.#retryLater(concerned, failure);
      else for (const one of concerned) this.#settle(one, failure);
    } finally {
      this.#busy.delete(leader);
      for (const queue of ready) queue.inFlight = false;
      this.#afterSettling();
    }
  }

  /** As many as one request may hold, at least one. */
  #fitting(ready: readonly Sending[]): readonly Sending[] {
    let bytes = 0;
    const count = ready.findIndex(({ batch }, index) => {
      bytes += batch.bytes;
      return index > 0 && bytes > this.#options.maxRequestBytes;
    });
    return count < 0 ? ready : ready.slice(0, count);
  }

  #build(queue: Queue, batch: OpenBatch, identity: Identity | undefined): void {
    if (batch.built) return;
    // A new identity starts its numbers at 0 in every partition. Batches that were sent before keep
    // their old ones: they may be stored already.
    if (identity && queue.producerId !== identity.producerId) {
      queue.producerId = identity.producerId;
      queue.nextSequence = 0;
    }
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

  async #exchange(
    connection: Connection,
    sending: readonly Sending[],
    leader: number,
  ): Promise<void> {
    const topics = new Map<string, Sending[]>();
    for (const one of sending) {
      const of = topics.get(one.queue.topic);
      if (of) of.push(one);
      else topics.set(one.queue.topic, [one]);
      one.batch.isSent = true;
    }
    const { requestTimeoutMs } = this.#options;
    const input = {
      acks: this.#options.acks,
      timeoutMs: requestTimeoutMs,
      topicData: [...topics].map(([name, of]) => ({
        name,
        partitionData: of.map(({ queue, batch }) => ({
          index: queue.partition,
          records: batch.built!,
        })),
      })),
    };
    if (this.#options.acks === 0) {
      await connection.send(ProduceRequest, input, {
        maxVersion: MAX_PRODUCE_VERSION,
        timeoutMs: requestTimeoutMs,
      });
      for (const one of sending) this.#settle(one, { baseOffset: -1, timestamp: -1 });
      return;
    }
    const startMs = this.#nowMs();
    const answer = await connection.call(ProduceRequest, ProduceResponse, input, {
      maxVersion: MAX_PRODUCE_VERSION,
      timeoutMs: requestTimeoutMs + this.#cluster.requestTimeoutMs,
    });
    const now = this.#nowMs();
    const ms = now - startMs;
    this.#counts.requests++;
    this.#counts.requestMs += ms;
    this.#counts.longestRequestMs = Math.max(this.#counts.longestRequestMs, ms);
    if (answer.throttleTimeMs > 0) this.#throttledUntilMs.set(leader, now + answer.throttleTimeMs);
    else this.#throttledUntilMs.delete(leader);
    const unanswered = new Map(sending.map((one) => [one.queue, one]));
    for (const topic of answer.responses) {
      for (const partition of topic.partitionResponses) {
        const queue = this.#queues.get(`${topic.name}-${partition.index}`);
        const one = queue && unanswered.get(queue);
        if (!one) continue;
        unanswered.delete(one.queue);
        this.#onAnswer(one, errorName(partition.errorCode), {
          baseOffset: partition.baseOffset,
          timestamp: partition.logAppendTimeMs,
          detail: partition.errorMessage,
        });
      }
    }
    for (const one of unanswered.values()) {
      const text = 'the answer leaves out a partition';
      this.#settle(one, new KafkaError('UNKNOWN_SERVER_ERROR', text));
    }
  }

  #onAnswer(
    sent: Sending,
    error: ErrorName,
    answer: { baseOffset: number; timestamp: number; detail: string | null },
  ): void {
    // A repeated batch that was stored the first time: the broker says where only sometimes.
    if (error === 'NONE' || error === 'DUPLICATE_SEQUENCE_NUMBER') this.#settle(sent, answer);
    else {
      const failure = new KafkaError(error, answer.detail);
      if (failure.retriable) this.#retryLater([sent], failure);
      else this.#settle(sent, failure);
    }
  }

  /** A batch is done: stored, or failed for good. */
  #settle(
    { queue, batch }: Sending,
    outcome: Error | { baseOffset: number; timestamp: number },
  ): void {
    if (batch.isSettled) return;
    batch.isSettled = true;
    remove(queue, batch);
    if (outcome instanceof Error) this.#counts.failures += batch.records.length;
    else this.#counts.records += batch.records.length;
    let delta = 0;
    for (const { timestamp, memoryBytes, resolve, reject } of batch.records) {
      this.#bufferedBytes -= memoryBytes;
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
    if (outcome instanceof Error && this.#options.idempotent && batch.built) {
      this.#identity = undefined;
    }
  }

  #retryLater(sending: readonly Sending[], error: Error): void {
    const now = this.#nowMs();
    for (const { queue, batch } of sending) {
      if (batch.isSettled) continue;
      putOff(queue, batch, error, now);
      this.#counts.retries += batch.records.length;
      this.#staleTopics.add(queue.topic);
      this.#wakeAt(queue.notBeforeMs);
    }
    if (!this.#isRefreshing) void this.#refreshStale();
  }

  /** Looks where the leaders are now. Nobody waits for it: a batch is tried again after its back-off anyway. */
  async #refreshStale(): Promise<void> {
    this.#isRefreshing = true;
    for (const topic of this.#staleTopics) {
      this.#staleTopics.delete(topic);
      // What goes wrong here shows again when the batch is sent, and counts against its deadline.
      await this.#refresh(topic).catch(() => {});
    }
    this.#isRefreshing = false;
  }

  /** Wakes those who wait for room or for the end, and goes on with the rest. */
  #afterSettling(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ bytes }) => this.#bufferedBytes >= bytes);
    for (const { bytes, resolve } of waiting) if (this.#bufferedBytes < bytes) resolve();
    if (this.#unacknowledged > 0) {
      this.#schedule();
      return;
    }
    this.#flushing = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #identify(): Promise<Identity> {
    if (this.#identity) return this.#identity;
    const asking = this.#cluster.retry(async () => {
      const connection = await this.#cluster.any();
      const answer = await connection.call(InitProducerIdRequest, InitProducerIdResponse, {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
      });
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    });
    this.#identity = asking;
    // A failure is not for ever: the next batch asks again.
    asking.catch(() => {
      if (this.#identity === asking) this.#identity = undefined;
    });
    return asking;
  }
}

/** The first batches of queues that have one. */
function firstOf(queues: readonly Queue[]): Sending[] {
  return queues.flatMap((queue) => {
    const batch = queue.batches[0];
    return batch ? [{ queue, batch }] : [];
  });
}

/** Why a batch is given up without a broker's last word. */
function deliveryError({ lastError, isSent }: OpenBatch, reason: string): DeliveryError {
  const why = lastError ? `${reason}; before: ${lastError.message}` : reason;
  return new DeliveryError(isSent ? `${why}; a broker has it and did not answer` : why, {
    mayBeStored: isSent,
    ...(lastError ? { cause: lastError } : {}),
  });
}
