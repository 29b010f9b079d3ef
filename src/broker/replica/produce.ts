import type { Clock } from '../../base/clock.ts';
import { WorkRefusedError, type WorkThread } from '../../base/work-thread.ts';
import type { LoopAllowance } from '../../compression/index.ts';
import type { Compatibility } from '../../config/index.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import { checkInTurns, isLargeChecksum } from '../../storage/append/large-checksums.ts';
import type { LogConfig } from '../../storage/log-config.ts';
import { logName } from '../../storage/log-types.ts';
import type { ProduceValidation } from '../../storage/validate/batch-validator.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { Caller } from './caller.ts';
import { type Partition, type ProduceDone, type ProduceResult, refused } from './partition.ts';
import type { Partitions } from './partitions.ts';
import { validateElsewhere } from './record-work.ts';
import type { TopicTraffic } from './topic-traffic.ts';

/** What of the broker takes part when records are produced. */
export interface ProduceParts {
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  readonly traffic: TopicTraffic;
  readonly compatibility: Compatibility;
  /** Where batches are judged that take long to read. */
  readonly work: WorkThread;
  /** How much of it is done here instead. */
  readonly allowance: LoopAllowance;
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
 * Produces batches in their order, on behalf of whoever calls. At once, unless there are large ones among them, whose
 * checksums are computed over several turns first, or such as take long to read, which is done elsewhere: meanwhile the
 * caller is held.
 */
export function produceRecords(
  parts: ProduceParts,
  options: ProduceOptions,
  batches: readonly ProducedBatch[],
): void {
  const { caller } = options;
  const large = largeRecords(parts, caller, batches);
  if (large.length === 0) {
    takeFrom(0, { parts, options, batches });
    return;
  }
  const resume = caller.hold();
  checkInTurns(large, parts.clock, (crcIsValid) => {
    // Where nobody waits the broker may be stopping: its logs may be closed by now.
    if (caller.abandoned) for (const batch of batches) batch.dropped();
    else takeFrom(0, { parts, options, batches, crcIsValid });
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

/** The batches of one call. */
interface Batches {
  readonly parts: ProduceParts;
  readonly options: ProduceOptions;
  readonly batches: readonly ProducedBatch[];
  readonly crcIsValid?: ReadonlyMap<Buffer, boolean>;
}

/** What was found out elsewhere about a batch; it holds for one partition as it was configured. */
interface Judged {
  readonly partition: Partition;
  readonly config: LogConfig;
  readonly validation: ProduceValidation;
}

function takeFrom(start: number, all: Batches, judged?: Judged): void {
  const { parts, options, batches } = all;
  const { partitions } = parts;
  let topic: string | undefined;
  let mayWrite = false;
  for (let at = start; at < batches.length; at++) {
    const batch = batches[at]!;
    if (batch.topic !== topic) {
      topic = batch.topic;
      mayWrite = options.caller.authorize('WRITE', 'TOPIC', topic);
    }
    if (!mayWrite) {
      batch.taken(refused('TOPIC_AUTHORIZATION_FAILED', `no right to write to ${topic}`), -1);
      continue;
    }
    const partition = partitions.get(topic, batch.partition);
    if (!partition) {
      const absence = partitions.absence(topic, batch.partition);
      batch.taken(refused(absence, `no ${logName(topic, batch.partition)} here`), -1);
    } else if (!takeOne(all, partition, batch, at === start ? judged : undefined)) {
      void judgeElsewhere(at, all, partition);
      return;
    }
  }
}

/** Goes on from there when it is known what the batch is worth. */
async function judgeElsewhere(at: number, all: Batches, partition: Partition): Promise<void> {
  const { parts, options, batches } = all;
  const { caller } = options;
  const batch = batches[at]!;
  const resume = caller.hold();
  const { config } = partition.log;
  let judged: Judged | undefined;
  try {
    const rules = partition.rulesToKeep(requestRules(all, batch));
    const isWanted = () => !caller.abandoned;
    const validation = await validateElsewhere(parts.work, batch.records!, rules, isWanted);
    judged = { partition, config, validation };
  } catch (error) {
    if (!caller.abandoned) {
      // A producer tries again then.
      const isRefused = error instanceof WorkRefusedError;
      const name = isRefused
        ? 'REQUEST_TIMED_OUT'
        : caller.rowError(error, logName(batch.topic, batch.partition));
      const reason = isRefused ? `: ${error.message}` : '';
      batch.taken(refused(name, `the broker could not read this batch${reason}`), -1);
    }
  }
  if (caller.abandoned) for (const rest of batches.slice(at)) rest.dropped();
  else takeFrom(judged ? at : at + 1, all, judged);
  resume();
}

/** False where it takes long to say what the batch is worth: nothing was done with it. */
function takeOne(
  all: Batches,
  partition: Partition,
  batch: ProducedBatch,
  judged: Judged | undefined,
): boolean {
  const { metadata, traffic, allowance } = all.parts;
  const { caller, acks, timeoutMs } = all.options;
  const { topic, records } = batch;
  if (metadata.snapshot.topics.get(topic)?.internal) {
    batch.taken(refused('INVALID_TOPIC_EXCEPTION', `${topic} is an internal topic`), -1);
    return true;
  }
  if (!records) {
    batch.taken(refused('INVALID_RECORD', 'the request carries no record batch'), -1);
    return true;
  }
  const { logStartOffset, config } = partition.log;
  let result: ProduceResult;
  // What goes wrong with one partition is no reason to leave the others without an answer.
  try {
    const request = {
      version: all.options.version,
      crcIsValid: all.crcIsValid?.get(records),
      readRecords: all.parts.compatibility.producedRecords === 'read',
      acks,
      timeoutMs,
      validation:
        judged?.partition === partition && judged.config === config ? judged.validation : undefined,
    };
    const isJudged = request.validation !== undefined;
    if (!isJudged && !allowance.take(partition.validationCost(records, request))) return false;
    result = partition.produce(records, request, batch);
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
  return true;
}

function requestRules({ parts, options, crcIsValid }: Batches, { records }: ProducedBatch) {
  return {
    version: options.version,
    crcIsValid: records ? crcIsValid?.get(records) : undefined,
    readRecords: parts.compatibility.producedRecords === 'read',
  };
}
