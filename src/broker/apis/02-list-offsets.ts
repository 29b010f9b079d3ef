// ListOffsets v0-v8.
//
// Special timestamps: -1 the visible end (last stable offset with read_committed), -2 the log start,
// -3 the record with the largest timestamp (v7, KIP-734), -4 the local log start (v8, KIP-405), which
// without tiered storage is the log start. Any other timestamp finds the first record at or after it.
// v0 answers with the base offsets of segments, newest first.

import type { Clock } from '../../base/clock.ts';
import type { Int64 } from '../../base/int64.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  ListOffsetsRequest,
  ListOffsetsResponse,
} from '../../protocol/messages/02-list-offsets.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { laterRowOf } from '../network/rows.ts';
import type { Isolation, Partition } from '../replica/partition.ts';
import type { Partitions } from '../replica/partitions.ts';

export interface ListOffsetsDependencies {
  readonly clock: Clock;
  readonly partitions: Partitions;
}

type Question = ListOffsetsRequest['topics'][number]['partitions'][number];

interface Found {
  readonly errorCode: number;
  readonly timestamp?: Int64;
  readonly offset?: number;
  readonly leaderEpoch?: number;
  readonly oldStyleOffsets?: number[];
}

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;

export function listOffsetsApi({ clock, partitions }: ListOffsetsDependencies): Api {
  return defineApi({
    request: ListOffsetsRequest,
    response: ListOffsetsResponse,
    versions: { min: 0, max: 8 },
    rights: { asks: [{ operation: 'DESCRIBE', resource: 'TOPIC' }] },
    async handle(context, request) {
      const version = context.apiVersion;
      const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted';
      const duplicates = await askedTwice(context, request);
      const topics = [];
      for (const topic of request.topics) {
        const rows = [];
        const isDenied = !context.authorize('DESCRIBE', 'TOPIC', topic.name);
        const isTwice = duplicates.get(topic.name);
        for (const question of topic.partitions) {
          const partition = partitions.get(topic.name, question.partitionIndex);
          const twice = isTwice?.has(question.partitionIndex) ? 'INVALID_REQUEST' : undefined;
          const problem = isDenied ? 'TOPIC_AUTHORIZATION_FAILED' : twice;
          const found =
            !partition || problem
              ? failed(problem ?? partitions.absence(topic.name, question.partitionIndex))
              : await laterRowOf(
                  context,
                  () => `${topic.name}-${question.partitionIndex}`,
                  () => answer(partition, question, { version, isolation, now: clock.now() }),
                  failed,
                );
          rows.push({ partitionIndex: question.partitionIndex, ...found });
          if (context.slices.isOver()) await context.slices.nextTurn();
        }
        topics.push({ name: topic.name, partitions: rows });
        if (context.slices.isOver()) await context.slices.nextTurn();
      }
      return { topics };
    },
    errorResponse: (_context, request, error) => ({
      topics: lazily(request.topics, ({ name, partitions }) => ({
        name,
        partitions: lazily(partitions, ({ partitionIndex }) => ({
          partitionIndex,
          ...failed(error.error),
        })),
      })),
    }),
  });
}

/** Partitions that the request names more than once: Kafka refuses them all. */
async function askedTwice(
  { slices }: RequestContext,
  request: ListOffsetsRequest,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const seen = new Map<string, Set<number>>();
  const duplicates = new Map<string, Set<number>>();
  for (const { name, partitions } of request.topics) {
    const before = seen.get(name) ?? new Set<number>();
    const twice = new Set<number>();
    seen.set(name, before);
    for (const { partitionIndex } of partitions) {
      if (before.has(partitionIndex)) twice.add(partitionIndex);
      before.add(partitionIndex);
      if (slices.isOver()) await slices.nextTurn();
    }
    for (const index of duplicates.get(name) ?? []) twice.add(index);
    if (twice.size > 0) duplicates.set(name, twice);
    if (slices.isOver()) await slices.nextTurn();
  }
  return duplicates;
}

async function answer(
  partition: Partition,
  question: Question,
  { version, isolation, now }: { version: number; isolation: Isolation; now: number },
): Promise<Found> {
  const problem = partition.problem(question.currentLeaderEpoch);
  if (problem) return failed(problem);
  // No such times exist for a version this old, so they are not looked for among the segments.
  if (version === 0 && question.timestamp < EARLIEST) return failed('UNSUPPORTED_VERSION');
  if (version === 0)
    return { errorCode: 0, oldStyleOffsets: segmentOffsets(partition, question, now) };
  const { log } = partition;
  const end = partition.visibleEnd(isolation);
  switch (question.timestamp) {
    case LATEST:
      return position(end, partition.leadership.leaderEpoch, version);
    case EARLIEST_LOCAL:
      if (version < 8) return failed('UNSUPPORTED_VERSION');
      return position(log.logStartOffset, log.earliestOffset().leaderEpoch, version);
    case EARLIEST:
      return position(log.logStartOffset, log.earliestOffset().leaderEpoch, version);
    case MAX_TIMESTAMP: {
      if (version < 7) return failed('UNSUPPORTED_VERSION');
      return visible(await log.offsetOfMaxTimestamp(), end, version);
    }
    default:
      if (question.timestamp < 0) return failed('UNSUPPORTED_VERSION');
      return visible(await log.offsetForTimestamp(question.timestamp), end, version);
  }
}

/** A record that a client may not read yet does not exist for it. */
function visible(
  found: { timestamp: Int64; offset: number; leaderEpoch: number } | undefined,
  end: number,
  version: number,
): Found {
  if (!found || found.offset >= end) return { errorCode: 0, timestamp: -1, offset: -1 };
  const { timestamp, offset, leaderEpoch } = found;
  return { errorCode: 0, timestamp, offset, ...epoch(leaderEpoch, version) };
}

function position(offset: number, leaderEpoch: number, version: number): Found {
  return { errorCode: 0, timestamp: -1, offset, ...epoch(leaderEpoch, version) };
}

/** The field does not exist before v4. */
function epoch(leaderEpoch: number, version: number) {
  return version >= 4 ? { leaderEpoch } : {};
}

/** v0: starts of segments last written by `timestamp`, and the visible end, newest first. */
function segmentOffsets(partition: Partition, question: Question, now: number): number[] {
  const { highWatermark, log } = partition;
  const starts = log.segmentInfos().map((segment, index) => ({
    offset: index === 0 ? Math.max(segment.baseOffset, log.logStartOffset) : segment.baseOffset,
    lastModifiedMs: segment.lastModifiedMs,
  }));
  const places = [...starts, { offset: highWatermark, lastModifiedMs: now }];
  const wanted =
    question.timestamp === LATEST
      ? places
      : question.timestamp === EARLIEST
        ? places.slice(0, 1)
        : places.filter(({ lastModifiedMs }) => lastModifiedMs <= question.timestamp);
  const offsets = wanted.map(({ offset }) => Math.min(offset, highWatermark)).reverse();
  return [...new Set(offsets)].slice(0, Math.max(0, question.maxNumOffsets));
}

function failed(error: ErrorName): Found {
  return { errorCode: errorCode(error) };
}
