// Produce v0-v11 (v12, v13 come with transactions).
//
// Each partition's records are validated, get their offsets at once, and are written with everything
// else of the same event-loop turn (replica/produce); the response leaves when all of them are written, with
// acks=all when they are committed, or REQUEST_TIMED_OUT where that takes longer than the request's timeout. acks=0
// gets no bytes back: on an error its connection is closed, which is how such a producer learns of it (as Kafka does).
// v0-v2 carry messages of the old formats, which are converted. The checksums of large batches are
// computed over several turns first, and what the client sends after them waits for that.
//
// Gaps: transactional batches are refused with INVALID_TXN_STATE until there are transactions.
import type { Pace, Steps } from '../../base/slices.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../protocol/messages/00-produce.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { lazily, type MessageInput } from '../../protocol/schema/index.ts';
import type { RecordError } from '../../storage/validate/batch-validator.ts';
import { type Api, defineApi } from '../network/api.ts';
import { NO_RESPONSE, Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import { eachOf, inSlices } from '../network/rows.ts';
import type { ProduceResult } from '../replica/partition.ts';
import { type ProducedBatch, type ProduceParts, produceRecords } from '../replica/produce.ts';
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

export function produceApi(parts: ProduceParts): Api {
  const isLastOnly = parts.compatibility.lastMentionOnly.has('Produce');
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
      const { acks } = request;
      if (acks < -1 || acks > 1) {
        const detail = `acks is ${acks}; it must be -1, 0 or 1`;
        return everyPartition(request, errorCode('INVALID_REQUIRED_ACKS'), detail);
      }
      if (isLastOnly || isLong(request)) return inSlices(context, longSteps(context, request));
      const answer = new ProduceAnswer(context, acks, rowsOf(request.topicData));
      produceRecords(parts, optionsOf(context, request), answer.rows);
      return answer.pending;
    },
    errorResponse: (context, request, error) =>
      request.acks === 0
        ? abandon(context, error)
        : everyPartition(request, errorCode(error.error), error.detail),
  });

  /** With very many partitions some at a time, in their order. */
  function* longSteps(context: RequestContext, request: ProduceRequest): Steps<Pending<Response>> {
    const { slices } = context;
    const topics: ProducedTopic[] = [];
    const asked = isLastOnly ? yield* lastOnly(slices, request.topicData) : request.topicData;
    for (const { name, partitionData } of asked) {
      const partitionResponses = yield* eachOf(
        slices,
        partitionData,
        ({ index, records }) => new PartitionRow(name, index, records),
      );
      topics.push({ name, partitionResponses });
      if (slices.isOver()) yield;
    }
    const answer = new ProduceAnswer(context, request.acks, topics);
    const options = optionsOf(context, request);
    for (let from = 0; from < answer.rows.length; from += MANY) {
      produceRecords(parts, options, answer.rows.slice(from, from + MANY));
      for (let step = 0; step < MANY; step++) if (slices.isOver()) yield;
    }
    return answer.pending;
  }
}

/** So many partitions are produced in one piece. */
const MANY = 100;

function isLong({ topicData }: ProduceRequest): boolean {
  return (
    topicData.length > MANY || topicData.some(({ partitionData }) => partitionData.length > MANY)
  );
}

function optionsOf(context: RequestContext, { acks, timeoutMs }: ProduceRequest) {
  return { caller: context, acks, timeoutMs, version: context.apiVersion };
}

interface ProducedTopic {
  readonly name: string;
  readonly partitionResponses: PartitionRow[];
}

function rowsOf(topicData: ProduceRequest['topicData']): ProducedTopic[] {
  return topicData.map(({ name, partitionData }) => ({
    name,
    partitionResponses: partitionData.map(
      ({ index, records }) => new PartitionRow(name, index, records),
    ),
  }));
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

/** The answer of one request, which leaves when each of its rows has heard what became of it. */
class ProduceAnswer {
  readonly pending = new Pending<Response>();
  readonly rows: readonly PartitionRow[];
  readonly #context: RequestContext;
  readonly #acks: number;
  readonly #response: { responses: ProducedTopic[] };
  #open: number;
  /** The first refusal, and the first that is the client's fault: for the one log line. */
  #failure: { error: ErrorName; detail: string } | undefined;
  #badBatch: { what: string; detail: string } | undefined;
  #badBatches = 0;
  #isDropped = false;

  constructor(context: RequestContext, acks: number, responses: ProducedTopic[]) {
    this.#context = context;
    this.#acks = acks;
    this.#response = { responses };
    this.rows =
      responses.length === 1
        ? responses[0]!.partitionResponses
        : responses.flatMap(({ partitionResponses }) => partitionResponses);
    for (const row of this.rows) row.answer = this;
    this.#open = this.rows.length;
    if (this.#open === 0) this.pending.complete(this.#answer());
  }

  rowRefused(row: PartitionRow, { error, detail }: { error: ErrorName; detail: string }): void {
    this.#failure ??= { error, detail };
    if (row.records && BAD_BATCH.has(error)) {
      this.#badBatches++;
      this.#badBatch ??= { what: `${error} for ${row.topic}-${row.index}`, detail };
    }
    this.#settle();
  }

  /** Its records may be acknowledged, or not. */
  rowDone(row: PartitionRow, failure: AppendFailure | undefined): void {
    if (failure) {
      row.fail(failure);
      this.#failure ??= failure;
    }
    this.#settle();
  }

  /** A client that goes away meanwhile leaves nothing behind that waits. */
  rowWaits(giveUp: () => void): void {
    this.#context.onClose(giveUp);
  }

  rowDropped(): void {
    this.#isDropped = true;
    this.#settle();
  }

  #settle(): void {
    if (--this.#open === 0) this.pending.complete(this.#answer());
  }

  #answer(): Response | typeof NO_RESPONSE {
    if (this.#isDropped) return NO_RESPONSE;
    if (this.#acks === 0) {
      return this.#failure === undefined ? NO_RESPONSE : abandon(this.#context, this.#failure);
    }
    if (this.#badBatch !== undefined) this.#warnOfBadBatch(this.#badBatch);
    return this.#response;
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

/** A partition's row of the response, which is also the batch that is produced. */
class PartitionRow implements ProducedBatch {
  readonly topic: string;
  readonly index: number;
  readonly records: Buffer | null;
  errorCode = 0;
  baseOffset = -1;
  logAppendTimeMs = -1;
  logStartOffset = -1;
  recordErrors: readonly { batchIndex: number; batchIndexErrorMessage: string }[] = [];
  errorMessage: string | null = null;
  /** Set by the answer whose row it is. */
  answer!: ProduceAnswer;

  constructor(topic: string, index: number, records: Buffer | null) {
    this.topic = topic;
    this.index = index;
    this.records = records;
  }

  get partition(): number {
    return this.index;
  }

  taken(result: ProduceResult, logStartOffset: number): void {
    this.logStartOffset = logStartOffset;
    if (result.kind === 'refused') {
      this.recordErrors = result.recordErrors.map(toRow);
      this.fail(result);
      this.answer.rowRefused(this, result);
    } else {
      this.baseOffset = result.firstOffset;
      this.logAppendTimeMs = result.logAppendTime;
    }
  }

  done(failure: AppendFailure | undefined): void {
    this.answer.rowDone(this, failure);
  }

  waits(giveUp: () => void): void {
    this.answer.rowWaits(giveUp);
  }

  dropped(): void {
    this.answer.rowDropped();
  }

  fail({ error, detail }: AppendFailure): void {
    this.errorCode = errorCode(error);
    this.errorMessage = detail;
    this.baseOffset = -1;
    this.logAppendTimeMs = -1;
  }
}

function lastOnly(
  pace: Pace,
  topics: ProduceRequest['topicData'],
): Steps<ProduceRequest['topicData']> {
  return lastMentions(pace, topics, {
    key: ({ name }) => name,
    partitions: ({ partitionData }) => partitionData,
    index: ({ index }) => index,
    withPartitions: (topic, partitionData) => ({ ...topic, partitionData }),
  });
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
    responses: lazily(request.topicData, (topic) => ({
      name: topic.name,
      partitionResponses: lazily(topic.partitionData, ({ index }) => ({
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
