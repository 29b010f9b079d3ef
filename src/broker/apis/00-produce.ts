// Produce v0-v11 (v12, v13 come with transactions).
//
// Each partition's records are validated, get their offsets at once, and are written with everything
// else of the same event-loop turn; the response leaves when all of them are written, with acks=all when
// they are committed, or REQUEST_TIMED_OUT where that takes longer than the request's timeout. acks=0 gets no bytes back: on
// an error its connection is closed, which is how such a producer learns of it (as Kafka does).
// v0-v2 carry messages of the old formats, which are converted. The checksums of large batches are
// computed over several turns first, and what the client sends after them waits for that.
//
// Gaps: transactional batches are refused with INVALID_TXN_STATE until there are transactions.
import type { Clock } from '../../base/clock.ts';
import type { Compatibility } from '../../config/index.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../protocol/messages/00-produce.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { MessageInput } from '../../protocol/schema/index.ts';
import { checkInTurns, isLargeChecksum } from '../../storage/append/large-checksums.ts';
import type { RecordError } from '../../storage/validate/batch-validator.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import { NO_RESPONSE, Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import type { ProduceDone, ProduceResult } from '../replica/partition.ts';
import type { Partitions } from '../replica/partitions.ts';
import type { TopicCounts, TopicTraffic } from '../replica/topic-traffic.ts';
import type { AppendFailure } from '../replica/uncommitted-appends.ts';
import { lastMentions } from './last-mentions.ts';

/** Refusals that say something about the client's bytes, rather than about the state of the cluster. */
const BAD_BATCH: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

type Response = MessageInput<typeof ProduceResponse>;

export interface ProduceDependencies {
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  readonly traffic: TopicTraffic;
  readonly compatibility: Compatibility;
}

export function produceApi(dependencies: ProduceDependencies): Api {
  const isLastOnly = dependencies.compatibility.lastMentionOnly.has('Produce');
  return defineApi({
    request: ProduceRequest,
    response: ProduceResponse,
    versions: { min: 0, max: 11 },
    rights: {
      needs: [
        {
          operation: 'WRITE',
          resource: 'TRANSACTIONAL_ID',
          name: transactionOf,
        },
      ],
      asks: [{ operation: 'WRITE', resource: 'TOPIC' }],
    },
    quota: 'produce',
    handle(context, request) {
      const produce = new Produce(dependencies, context, request);
      return produce.start(isLastOnly ? lastOnly(request) : request);
    },
    errorResponse: (context, request, error) =>
      request.acks === 0
        ? abandon(context, error)
        : everyPartition(request, errorCode(error.error), error.detail),
  });
}

/** The producer's transactional id where a batch belongs to a transaction; else null. */
function transactionOf({ transactionalId, topicData }: ProduceRequest): string | null {
  const isOfTransaction = topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && isTransactional(records)),
  );
  return isOfTransaction ? transactionalId : null;
}

function isTransactional(records: Buffer): boolean {
  if (records.length < RecordBatch.HEADER_SIZE) return false;
  return (
    RecordBatch.magic(records) === RecordBatch.MAGIC_V2 && RecordBatch.isTransactional(records)
  );
}

/** One request under way: counts the writes it still waits for. */
class Produce {
  readonly #dependencies: ProduceDependencies;
  readonly #context: RequestContext;
  readonly #acks: number;
  readonly #timeoutMs: number;
  readonly #pending = new Pending<Response>();
  #open = 0;
  /** What was refused first, and what of it is the client's fault: for the one log line. */
  #failure: { error: ErrorName; detail: string } | undefined;
  #badBatch: { what: string; detail: string } | undefined;
  #badBatches = 0;
  #crcIsValid: ReadonlyMap<Buffer, boolean> | undefined;
  #response: { responses: { name: string; partitionResponses: PartitionRow[] }[] } | undefined;

  constructor(
    dependencies: ProduceDependencies,
    context: RequestContext,
    request: { acks: number; timeoutMs: number },
  ) {
    this.#dependencies = dependencies;
    this.#context = context;
    this.#acks = request.acks;
    this.#timeoutMs = request.timeoutMs;
  }

  start(request: ProduceRequest): Response | Pending<Response> | typeof NO_RESPONSE {
    if (this.#acks < -1 || this.#acks > 1) {
      return everyPartition(
        request,
        errorCode('INVALID_REQUIRED_ACKS'),
        `acks is ${this.#acks}; it must be -1, 0 or 1`,
      );
    }
    const large = this.#largeBatches(request);
    if (large.length === 0) return this.#appendAll(request) ?? this.#pending;
    const resume = this.#context.hold();
    checkInTurns(large, this.#dependencies.clock, (crcIsValid) => {
      this.#crcIsValid = crcIsValid;
      this.#appendLater(request);
      resume();
    });
    return this.#pending;
  }

  /** Those whose checksum takes long and will be asked for. */
  #largeBatches(request: ProduceRequest): Buffer[] {
    if (!isLargeChecksum(this.#context.requestSize)) return [];
    const large: Buffer[] = [];
    for (const { name, partitionData } of request.topicData) {
      if (!this.#mayWrite(name)) continue;
      for (const { index, records } of partitionData) {
        if (!records || !isLargeChecksum(records.length)) continue;
        const maxBytes = this.#dependencies.partitions.get(name, index)?.log.config.maxMessageBytes;
        if (maxBytes !== undefined && records.length <= maxBytes) large.push(records);
      }
    }
    return large;
  }

  #appendLater(request: ProduceRequest): void {
    if (this.#context.abandoned) {
      // Nobody waits, and the broker may be stopping: its logs may be closed by now.
      this.#pending.complete(NO_RESPONSE);
      return;
    }
    try {
      const answer = this.#appendAll(request);
      if (answer !== undefined) this.#pending.complete(answer);
    } catch (error) {
      this.#pending.fail(error);
    }
  }

  /** The answer, or nothing where it waits for what was appended to be written. */
  #appendAll(request: ProduceRequest): Response | typeof NO_RESPONSE | undefined {
    const response: { name: string; partitionResponses: PartitionRow[] }[] = [];
    for (const topic of request.topicData) {
      const rows: PartitionRow[] = [];
      const mayWrite = this.#mayWrite(topic.name);
      for (const { index, records } of topic.partitionData) {
        const row = new PartitionRow(this, index);
        rows.push(row);
        if (!mayWrite) {
          this.#refuse(row, 'TOPIC_AUTHORIZATION_FAILED', `no right to write to ${topic.name}`);
          continue;
        }
        // What goes wrong with one partition is no reason to leave the others without an answer.
        try {
          this.#append(topic.name, row, records);
        } catch (error) {
          const refused = this.#context.rowError(error, `${topic.name}-${index}`);
          this.#refuse(row, refused, 'the broker could not append this batch');
        }
      }
      response.push({ name: topic.name, partitionResponses: rows });
    }
    this.#response = { responses: response };
    return this.#open > 0 ? undefined : this.#answer();
  }

  #mayWrite(topic: string): boolean {
    return this.#context.authorize('WRITE', 'TOPIC', topic);
  }

  #append(topic: string, row: PartitionRow, records: Buffer | null): void {
    const { partitions, metadata, traffic } = this.#dependencies;
    const partition = partitions.get(topic, row.index);
    if (!partition) {
      this.#refuse(row, partitions.absence(topic, row.index), `no ${topic}-${row.index} here`);
    } else if (metadata.snapshot.topics.get(topic)?.internal) {
      this.#refuse(row, 'INVALID_TOPIC_EXCEPTION', `${topic} is an internal topic`);
    } else if (!records) {
      this.#refuse(row, 'INVALID_RECORD', 'the request carries no record batch');
    } else {
      row.logStartOffset = partition.log.logStartOffset;
      const how = {
        version: this.#context.apiVersion,
        acks: this.#acks,
        timeoutMs: this.#timeoutMs,
        crcIsValid: this.#crcIsValid?.get(records),
        readRecords: this.#dependencies.compatibility.producedRecords === 'read',
      };
      const result = partition.produce(records, how, row);
      this.#note(topic, row, result, traffic.of(topic));
    }
  }

  #note(topic: string, row: PartitionRow, result: ProduceResult, counts: TopicCounts): void {
    if (result.kind === 'refused') {
      counts.refusedProduces++;
      row.recordErrors = result.recordErrors.map(toRow);
      this.#refuse(row, result.error, result.detail);
      if (!BAD_BATCH.has(result.error)) return;
      this.#badBatches++;
      const what = `${result.error} for ${topic}-${row.index}`;
      this.#badBatch ??= { what, detail: result.detail };
      return;
    }
    row.baseOffset = result.firstOffset;
    row.logAppendTimeMs = result.logAppendTime;
    this.#open++;
    if (result.kind === 'appended') {
      counts.recordsIn += result.recordCount;
      counts.bytesIn += result.sizeInBytes;
    }
  }

  #refuse(row: PartitionRow, error: ErrorName, detail: string): void {
    row.refuse(errorCode(error), detail);
    this.#failure ??= { error, detail };
  }

  /** A row's records may be acknowledged, or not. */
  rowDone(row: PartitionRow, failure: AppendFailure | undefined): void {
    if (failure) this.#refuse(row, failure.error, failure.detail);
    if (--this.#open === 0) this.#pending.complete(this.#answer());
  }

  /** A client that goes away meanwhile leaves nothing behind that waits. */
  rowWaits(giveUp: () => void): void {
    this.#context.onClose(giveUp);
  }

  #answer(): Response | typeof NO_RESPONSE {
    if (this.#acks === 0) {
      return this.#failure === undefined ? NO_RESPONSE : abandon(this.#context, this.#failure);
    }
    if (this.#badBatch !== undefined) this.#warnOfBadBatch(this.#badBatch);
    return this.#response!;
  }

  /** One line for a request, however many of its batches are bad. */
  #warnOfBadBatch(first: { what: string; detail: string }): void {
    const more = this.#badBatches > 1 ? ` (and ${this.#badBatches - 1} more batches)` : '';
    const { what, detail } = first;
    this.#context.complain({
      kind: 'bad batch',
      of: what,
      sentence: `refused a batch: ${what}: ${detail}${more}`,
    });
  }
}

/** A partition's row of the response, which is also what hears when its records may be acknowledged. */
class PartitionRow implements ProduceDone {
  readonly index: number;
  errorCode = 0;
  baseOffset = -1;
  logAppendTimeMs = -1;
  logStartOffset = -1;
  recordErrors: readonly { batchIndex: number; batchIndexErrorMessage: string }[] = [];
  errorMessage: string | null = null;
  readonly #produce: Produce;

  constructor(produce: Produce, index: number) {
    this.#produce = produce;
    this.index = index;
  }

  refuse(code: number, message: string): void {
    this.errorCode = code;
    this.errorMessage = message;
    this.baseOffset = -1;
    this.logAppendTimeMs = -1;
  }

  done(failure: AppendFailure | undefined): void {
    this.#produce.rowDone(this, failure);
  }

  waits(giveUp: () => void): void {
    this.#produce.rowWaits(giveUp);
  }
}

function lastOnly(request: ProduceRequest): ProduceRequest {
  const topicData = lastMentions(request.topicData, {
    key: ({ name }) => name,
    partitions: ({ partitionData }) => partitionData,
    index: ({ index }) => index,
    withPartitions: (topic, partitionData) => ({ ...topic, partitionData }),
  });
  return { ...request, topicData };
}

/** Without a response the closed connection is the only sign of an error. */
function abandon(
  context: RequestContext,
  { error, detail }: { error: ErrorName; detail: string | null },
): typeof NO_RESPONSE {
  const reason = detail === null ? error : `${error}, ${detail}`;
  context.closeConnection({
    kind: 'unacknowledged produce failed',
    of: error,
    sentence: `a produce request with acks=0 failed: ${reason}`,
  });
  return NO_RESPONSE;
}

function everyPartition(request: ProduceRequest, code: number, message: string | null): Response {
  return {
    responses: request.topicData.map((topic) => ({
      name: topic.name,
      partitionResponses: topic.partitionData.map(({ index }) => ({
        index,
        errorCode: code,
        baseOffset: -1,
        errorMessage: message,
      })),
    })),
  };
}

function toRow({ batchIndex, message }: RecordError) {
  return { batchIndex, batchIndexErrorMessage: message };
}
