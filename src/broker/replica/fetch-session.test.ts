// If this breaks, a consumer's incremental fetches lose partitions, starve some of them, or read
// under a session that is not theirs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../base/random.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import {
  type FetchContext,
  type FetchPartition,
  FetchSessionCache,
  type SessionRequest,
  type SessionResult,
} from './fetch-session.ts';

const limits = { maxSessions: 2, maxPartitions: 40, minEvictionMs: 120_000 };
const newCache = (clock = new SimClock()) => new FetchSessionCache(clock, new SimRandom(1), limits);

const wanted = (partition: number, fetchOffset = 0): FetchPartition => ({
  topic: 't',
  topicId: ZERO_UUID,
  partition,
  fetchOffset,
  maxBytes: 1000,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
});
const request = (sessionId: number, sessionEpoch: number, partitions: FetchPartition[] = []) => ({
  sessionId,
  sessionEpoch,
  usesTopicIds: false,
  partitions,
  forgotten: [] as FetchPartition[],
});
const answer = (sizeInBytes: number, highWatermark = 5) => ({
  hasError: false,
  sizeInBytes,
  highWatermark,
  logStartOffset: 0,
});

/** At once. */
function resolve(cache: FetchSessionCache, of: SessionRequest): SessionResult {
  const { done, value } = cache.resolve(of, { isOver: () => false }).next();
  assert.ok(done);
  return value;
}

function open(cache: FetchSessionCache, partitions: FetchPartition[]): FetchContext {
  const context = resolve(cache, request(0, 0, partitions));
  assert.ok('partitions' in context);
  return context;
}
function next(cache: FetchSessionCache, id: number, epoch: number, more: FetchPartition[] = []) {
  const context = resolve(cache, request(id, epoch, more));
  assert.ok('partitions' in context, JSON.stringify(context));
  return context;
}

test('a full request opens a session and answers every partition', () => {
  const context = open(newCache(), [wanted(0), wanted(1)]);
  assert.notEqual(context.sessionId, 0);
  assert.equal(context.include(wanted(0), answer(0)), true);
  assert.equal(context.include(wanted(1), answer(0)), true);
});

test('an incremental answer leaves out what did not change', () => {
  const cache = newCache();
  const first = open(cache, [wanted(0), wanted(1), wanted(2)]);
  for (const partition of first.partitions) first.include(partition, answer(0));
  const second = next(cache, first.sessionId, 1);
  assert.deepEqual(
    second.partitions.map((p) => p.partition),
    [0, 1, 2],
  );
  assert.equal(second.include(wanted(0), answer(0)), false);
  assert.equal(second.include(wanted(1), answer(0, 6)), true, 'a moved high watermark is news');
  assert.equal(second.include(wanted(2), answer(10)), true);
});

test('an error is repeated, and the first good answer after it is news', () => {
  const cache = newCache();
  const first = open(cache, [wanted(0)]);
  first.include(wanted(0), answer(0));
  const failed = { ...answer(0), hasError: true };
  assert.equal(next(cache, first.sessionId, 1).include(wanted(0), failed), true);
  assert.equal(next(cache, first.sessionId, 2).include(wanted(0), failed), true);
  assert.equal(next(cache, first.sessionId, 3).include(wanted(0), answer(0)), true);
  assert.equal(next(cache, first.sessionId, 4).include(wanted(0), answer(0)), false);
});

test('a hot partition moves behind the cold ones', () => {
  const cache = newCache();
  const first = open(cache, [wanted(0), wanted(1), wanted(2)]);
  first.include(wanted(0), answer(10));
  assert.deepEqual(
    next(cache, first.sessionId, 1).partitions.map((p) => p.partition),
    [1, 2, 0],
  );
});

test('an incremental request adds, updates and forgets partitions', () => {
  const cache = newCache();
  const { sessionId } = open(cache, [wanted(0), wanted(1)]);
  const changed = resolve(cache, {
    ...request(sessionId, 1, [wanted(1, 42), wanted(3)]),
    forgotten: [wanted(0)],
  });
  assert.ok('partitions' in changed);
  assert.deepEqual(
    changed.partitions.map((p) => [p.partition, p.fetchOffset]),
    [
      [1, 42],
      [3, 0],
    ],
  );
});

test('forgetting everything ends the session', () => {
  const cache = newCache();
  const { sessionId } = open(cache, [wanted(0)]);
  const result = resolve(cache, { ...request(sessionId, 1), forgotten: [wanted(0)] });
  assert.ok('partitions' in result);
  assert.equal(result.sessionId, 0);
  assert.equal(cache.size, 0);
});

test('a wrong epoch, an unknown id and a switch to topic ids are refused by name', () => {
  const cache = newCache();
  const { sessionId } = open(cache, [wanted(0)]);
  assert.deepEqual(resolve(cache, request(sessionId, 2)), { error: 'INVALID_FETCH_SESSION_EPOCH' });
  assert.deepEqual(resolve(cache, request(sessionId + 1, 1)), {
    error: 'FETCH_SESSION_ID_NOT_FOUND',
  });
  assert.deepEqual(resolve(cache, { ...request(sessionId, 1), usesTopicIds: true }), {
    error: 'FETCH_SESSION_TOPIC_ID_ERROR',
  });
});

test('the epoch wraps to 1', () => {
  const cache = newCache();
  const { sessionId } = open(cache, [wanted(0)]);
  const session = (cache as unknown as { sessions: Map<number, { epoch: number }> }).sessions.get(
    sessionId,
  );
  assert.ok(session);
  session.epoch = 0x7fffffff;
  next(cache, sessionId, 0x7fffffff);
  next(cache, sessionId, 1);
});

test('epoch -1 closes the session and reads without one', () => {
  const cache = newCache();
  const { sessionId } = open(cache, [wanted(0)]);
  const last = resolve(cache, request(sessionId, -1, [wanted(0)]));
  assert.ok('partitions' in last);
  assert.equal(last.sessionId, 0);
  assert.equal(cache.size, 0);
});

test('a full cache serves without a session until the oldest one has been idle long enough', () => {
  const clock = new SimClock();
  const cache = newCache(clock);
  open(cache, [wanted(0)]);
  open(cache, [wanted(0)]);
  assert.equal(open(cache, [wanted(0)]).sessionId, 0);
  clock.advance(limits.minEvictionMs);
  assert.notEqual(open(cache, [wanted(0)]).sessionId, 0);
  assert.equal(cache.size, 2);
});

const many = (count: number) => Array.from({ length: count }, (_, partition) => wanted(partition));

test('partitions of sessions are bounded: who finds no place for them fetches without a session', async () => {
  const clock = new SimClock();
  const cache = new FetchSessionCache(clock, new SimRandom(1), { ...limits, maxSessions: 100 });
  assert.equal(open(cache, many(11)).sessionId, 0, 'a quarter of all is the most of one');
  const sessions = Array.from({ length: 4 }, () => open(cache, many(10)));
  assert.ok(sessions.every(({ sessionId }) => sessionId !== 0));
  assert.deepEqual(cache.partitions, { used: 40, limit: 40 });
  const late = open(cache, many(1));
  assert.equal(late.sessionId, 0);
  assert.equal(late.partitions.length, 1, 'it is answered all the same');
  await clock.advanceAndSettle(120_000);
  assert.notEqual(open(cache, many(1)).sessionId, 0, 'the one that nobody used has gone');
  assert.deepEqual(cache.partitions, { used: 31, limit: 40 });
});

test('a session that would grow beyond the bound ends, and its partitions are free again', () => {
  const cache = newCache();
  const { sessionId } = open(cache, many(10));
  const more = resolve(cache, request(sessionId, 1, [wanted(10)]));
  assert.deepEqual(more, { error: 'FETCH_SESSION_ID_NOT_FOUND' });
  assert.deepEqual(cache.partitions, { used: 0, limit: 40 });
});

test('partitions that are forgotten or named twice do not count, nor those of a session that is ended', () => {
  const cache = newCache();
  const { sessionId } = open(cache, [...many(5), ...many(5)]);
  assert.equal(cache.partitions.used, 5);
  resolve(cache, { ...request(sessionId, 1), forgotten: [wanted(0), wanted(1), wanted(30)] });
  assert.equal(cache.partitions.used, 3);
  resolve(cache, request(sessionId, -1));
  assert.equal(cache.partitions.used, 0);
});

test('a name that no topic can have is not kept', () => {
  const cache = newCache();
  const long = { ...wanted(0), topic: 'x'.repeat(250) };
  assert.equal(open(cache, [long]).sessionId, 0);
  const { sessionId } = open(cache, [wanted(0)]);
  const grown = resolve(cache, request(sessionId, 1, [long]));
  assert.deepEqual(grown, { error: 'FETCH_SESSION_ID_NOT_FOUND' });
  assert.equal(cache.partitions.used, 0);
});
