import type { Clock } from '../../base/clock.ts';
import type { Compatibility } from '../../config/index.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import { checkInTurns, isLargeChecksum } from '../../storage/append/large-checksums.ts';
import { logName } from '../../storage/log-types.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { Caller } from './caller.ts';
import { type Partition, type ProduceDone, type ProduceResult, refused } from './partition.ts';
import type { Partitions } from './partitions.ts';
import type { TopicTraffic } from './topic-traffic.ts';

/** What of the broker takes part when records are produced. */
export interface ProduceParts {
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  readonly traffic: TopicTraffic;
  readonly compatibility: Compatibility;
}

export interface ProduceCaller extends Caller {
  /** Nobody waits for an answer any more. */
  readonly abandoned: boolean;
  /** Until the returned function is called, once, nothing that the client sends later is handled. */
  hold(): () => void;
}

export interface ProduceOptions {
  readonly caller: ProduceCaller;
  /** 0: whoever produces hears of nothing. 1: when it is written. -1: when it is committed. */
  readonly acks: number;
  /** With `acks` -1, how long it may take until what is written is committed. */
  readonly timeoutMs: number;
  /** Of Kafka's Produce: which formats and codecs the batches may have. Protocols of their own say the newest. */
  readonly version: number;
}

/**
 * Records for one partition, and who hears what becomes of them: first `taken`, or `dropped` and nothing else; then,
 * unless they were refused, `done`, not before the turn ends. If others must follow, `waits` comes between.
 */
export interface ProducedBatch extends TopicPartition, ProduceDone {
  /** They belong to the broker until the last call. */
  readonly records: Buffer | null;
  /** Whether they have a place in the log. `logStartOffset` is the partition's, -1 where it was not asked. */
  taken(result: ProduceResult, logStartOffset: number): void;
  /** The client went away before their turn had come. */
  dropped(): void;
  waits(giveUp: () => void): void;
}

/**
 * Produces batches in their order, on behalf of whoever calls. At once, unless there are large ones among them:
 * their checksums are computed over several turns first, while the caller is held.
 */
export function produceRecords(
  parts: ProduceParts,
  options: ProduceOptions,
  batches: readonly ProducedBatch[],
): void {
  const { caller } = options;
  const large = largeRecords(parts, caller, batches);
  if (large.length === 0) {
    takeAll(parts, options, batches);
    return;
  }
  const resume = caller.hold();
  checkInTurns(large, parts.clock, (crcIsValid) => {
    // Where nobody waits the broker may be stopping: its logs may be closed by now.
    if (caller.abandoned) for (const batch of batches) batch.dropped();
    else takeAll(parts, options, batches, crcIsValid);
    resume();
  });
}

/** Those whose checksum takes long and will be asked for. */
function largeRecords(
  { partitions }: ProduceParts,
  caller: Caller,
  batches: readonly ProducedBatch[],
): Buffer[] {
  const large: Buffer[] = [];
  for (const { topic, partition, records } of batches) {
    if (!records || !isLargeChecksum(records.length)) continue;
    const maxBytes = partitions.get(topic, partition)?.log.config.maxMessageBytes;
    if (maxBytes === undefined || records.length > maxBytes) continue;
    if (caller.authorize('WRITE', 'TOPIC', topic)) large.push(records);
  }
  return large;
}

function takeAll(
  parts: ProduceParts,
  options: ProduceOptions,
  batches: readonly ProducedBatch[],
  crcIsValid?: ReadonlyMap<Buffer, boolean>,
): void {
  const { partitions } = parts;
  let topic: string | undefined;
  let mayWrite = false;
  for (const batch of batches) {
    if (batch.topic !== topic) {
      topic = batch.topic;
      mayWrite = options.caller.authorize('WRITE', 'TOPIC', topic);
    }
    if (!mayWrite) {
      batch.taken(refused('TOPIC_AUTHORIZATION_FAILED', `no right to write to ${topic}`), -1);
      continue;
    }
    const partition = partitions.get(topic, batch.partition);
    if (partition) takeOne(parts, options, partition, batch, crcIsValid);
    else {
      const absence = partitions.absence(topic, batch.partition);
      batch.taken(refused(absence, `no ${logName(topic, batch.partition)} here`), -1);
    }
  }
}

function takeOne(
  { metadata, traffic, compatibility }: ProduceParts,
  { caller, acks, timeoutMs, version }: ProduceOptions,
  partition: Partition,
  batch: ProducedBatch,
  crcIsValid: ReadonlyMap<Buffer, boolean> | undefined,
): void {
  const { topic, records } = batch;
  if (metadata.snapshot.topics.get(topic)?.internal) {
    batch.taken(refused('INVALID_TOPIC_EXCEPTION', `${topic} is an internal topic`), -1);
    return;
  }
  if (!records) {
    batch.taken(refused('INVALID_RECORD', 'the request carries no record batch'), -1);
    return;
  }
  const { logStartOffset } = partition.log;
  let result: ProduceResult;
  // What goes wrong with one partition is no reason to leave the others without an answer.
  try {
    const how = {
      version,
      acks,
      timeoutMs,
      crcIsValid: crcIsValid?.get(records),
      readRecords: compatibility.producedRecords === 'read',
    };
    result = partition.produce(records, how, batch);
    const counts = traffic.of(topic);
    if (result.kind === 'refused') counts.refusedProduces++;
    else if (result.kind === 'appended') {
      counts.recordsIn += result.recordCount;
      counts.bytesIn += result.sizeInBytes;
    }
  } catch (error) {
    const name = caller.rowError(error, logName(topic, batch.partition));
    result = refused(name, 'the broker could not append this batch');
  }
  batch.taken(result, logStartOffset);
}
