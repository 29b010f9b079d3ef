// If this breaks, consumers miss records, see some too early, wait too long, or starve.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest } from '../../src/protocol/messages/00-produce.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
import {
  ListOffsetsRequest,
  ListOffsetsResponse,
} from '../../src/protocol/messages/02-list-offsets.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../src/protocol/messages/20-delete-topics.ts';
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
} from '../../src/protocol/messages/21-delete-records.ts';
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../src/protocol/messages/23-offset-for-leader-epoch.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

let broker: TestBroker;
let client: RawClient;
before(async () => {
  broker = await startTestBroker();
  client = await RawClient.connect(broker);
});
after(async () => {
  client.close();
  await broker.stop();
});

let topicCount = 0;
async function newTopic(
  configs: Readonly<Record<string, string>> = {},
  partitions = 1,
): Promise<string> {
  const name = `fetch-${topicCount++}`;
  await createTopic(client, name, { configs, partitions });
  return name;
}

interface SessionFetch {
  sessionId: number;
  sessionEpoch: number;
  partitions?: [partition: number, offset: number][];
  forgotten?: number[];
  maxBytes?: number;
}

/** A fetch of one topic within a session. */
async function inSession(topic: string, request: SessionFetch) {
  const { partitions = [], forgotten = [] } = request;
  const answer = await client.call(FetchRequest, FetchResponse, 11, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: request.maxBytes ?? 1_000_000,
    sessionId: request.sessionId,
    sessionEpoch: request.sessionEpoch,
    topics: partitions.length
      ? [
          {
            topic,
            partitions: partitions.map(([partition, fetchOffset]) => ({
              partition,
              fetchOffset,
              partitionMaxBytes: 1_000_000,
            })),
          },
        ]
      : [],
    forgottenTopicsData: forgotten.length ? [{ topic, partitions: forgotten }] : [],
  });
  const rows = answer.responses[0]?.partitions ?? [];
  return {
    error: errorName(answer.errorCode),
    sessionId: answer.sessionId,
    partitions: rows.map(({ partitionIndex }) => partitionIndex),
    withData: rows.filter(({ records }) => records?.length).map((row) => row.partitionIndex),
  };
}

async function offsets(
  topic: string,
  timestamp: number,
  { version = 8, currentLeaderEpoch = -1, partition = 0 } = {},
) {
  const { topics } = await client.call(ListOffsetsRequest, ListOffsetsResponse, version, {
    replicaId: -1,
    topics: [
      {
        name: topic,
        partitions: [
          {
            partitionIndex: partition,
            timestamp,
            ...(version === 0 && { maxNumOffsets: 10 }),
            ...(version >= 4 && { currentLeaderEpoch }),
          },
        ],
      },
    ],
  });
  return topics[0]!.partitions[0]!;
}

async function deleteRecords(topic: string, offset: number) {
  const { topics } = await client.call(DeleteRecordsRequest, DeleteRecordsResponse, 2, {
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }],
    timeoutMs: 1000,
  });
  const { lowWatermark, errorCode } = topics[0]!.partitions[0]!;
  return [errorName(errorCode), lowWatermark];
}

test('nothing to read is zero bytes, never null', async () => {
  const topic = await newTopic();
  for (const version of [0, 1, 2, 3, 4, 11, 12, 16]) {
    for (const partition of version < 13 ? [0, 9] : []) {
      const { records } = await fetch(client, topic, 0, { version, partition });
      assert.deepEqual(records, Buffer.alloc(0), `version ${version}, partition ${partition}`);
    }
  }
});

test('a first batch larger than every limit comes whole, later ones keep to the budget', async () => {
  const topic = await newTopic();
  await produce(client, topic, batchOf(['x'.repeat(5000)]));
  await produce(client, topic, batchOf(['y']));
  const { values } = await fetch(client, topic, 0, { maxBytes: 10 });
  assert.deepEqual(values, ['x'.repeat(5000)]);
  const old = await fetch(client, topic, 0, { version: 2, maxBytes: 100 });
  assert.ok(old.records && old.records.length >= 12, 'before KIP-74 the message is cut short');
  assert.ok(old.records.length <= 100);
});

test('an offset within a batch returns the whole batch', async () => {
  const topic = await newTopic();
  await produce(client, topic, batchOf(['a', 'b', 'c']));
  for (const offset of [0, 1, 2]) {
    assert.deepEqual((await fetch(client, topic, offset)).values, ['a', 'b', 'c']);
  }
  assert.deepEqual((await fetch(client, topic, 3)).values, []);
});

test('a fetch wakes when enough bytes have come, and not before', async () => {
  const topic = await newTopic();
  const batch = batchOf(['x']);
  const reader = await RawClient.connect(broker);
  const answer = fetch(reader, topic, 0, { maxWaitMs: 30_000, minBytes: 2 * batch.length });
  let isAnswered = false;
  void answer.then(() => {
    isAnswered = true;
  });
  await produce(client, topic, batch);
  await fetch(client, topic, 0);
  assert.equal(isAnswered, false);
  await produce(client, topic, batch);
  assert.deepEqual((await answer).values, ['x', 'x']);
  reader.close();
});

test('a fetch that nobody feeds is answered at max wait, an error at once', async () => {
  const topic = await newTopic();
  const started = performance.now();
  assert.deepEqual((await fetch(client, topic, 0, { maxWaitMs: 50 })).values, []);
  assert.ok(performance.now() - started >= 49);
  const failed = await fetch(client, topic, 0, { maxWaitMs: 60_000, partition: 5 });
  assert.equal(errorName(failed.errorCode), 'UNKNOWN_TOPIC_OR_PARTITION');
});

test('within a session a hot partition does not starve the cold ones', async () => {
  const topic = await newTopic({}, 4);
  const hot = batchOf(['h'.repeat(1000)]);
  for (let count = 0; count < 10; count++) await produce(client, topic, hot);
  for (const partition of [1, 2, 3]) {
    await produce(client, topic, batchOf(['cold']), { partition });
  }
  const first = await inSession(topic, {
    sessionId: 0,
    sessionEpoch: 0,
    partitions: [0, 1, 2, 3].map((partition) => [partition, 0]),
    maxBytes: 1100,
  });
  assert.deepEqual(first.withData, [0]);
  const second = await inSession(topic, {
    sessionId: first.sessionId,
    sessionEpoch: 1,
    partitions: [[0, 1]],
    maxBytes: 1100,
  });
  assert.deepEqual(second.withData, [1, 2, 3]);
});

test('fetch sessions', async () => {
  const topic = await newTopic({}, 3);
  const all: [number, number][] = [0, 1, 2].map((partition) => [partition, 0]);
  const { sessionId, partitions } = await inSession(topic, {
    sessionId: 0,
    sessionEpoch: 0,
    partitions: all,
  });
  assert.notEqual(sessionId, 0);
  assert.deepEqual(partitions, [0, 1, 2]);
  await produce(client, topic, batchOf(['x']), { partition: 1 });
  const next = await inSession(topic, { sessionId, sessionEpoch: 1 });
  assert.deepEqual([next.sessionId, next.partitions], [sessionId, [1]]);
  const forgotten = await inSession(topic, { sessionId, sessionEpoch: 2, forgotten: [1] });
  assert.deepEqual(forgotten.partitions, []);
  assert.equal(
    (await inSession(topic, { sessionId, sessionEpoch: 9 })).error,
    'INVALID_FETCH_SESSION_EPOCH',
  );
  assert.equal(
    (await inSession(topic, { sessionId: 12345, sessionEpoch: 1 })).error,
    'FETCH_SESSION_ID_NOT_FOUND',
  );
  const without = await inSession(topic, { sessionId, sessionEpoch: -1, partitions: all });
  assert.deepEqual([without.sessionId, without.partitions], [0, [0, 1, 2]]);
  assert.equal(
    (await inSession(topic, { sessionId, sessionEpoch: 3 })).error,
    'FETCH_SESSION_ID_NOT_FOUND',
  );
});

test('offsets outside the log are an error, the end is a place to wait', async () => {
  const topic = await newTopic();
  await produce(client, topic, batchOf(['a', 'b']));
  await produce(client, topic, batchOf(['c']));
  const error = async (offset: number) => errorName((await fetch(client, topic, offset)).errorCode);
  assert.equal(await error(3), 'NONE');
  assert.equal(await error(4), 'OFFSET_OUT_OF_RANGE');
  assert.deepEqual(await deleteRecords(topic, 2), ['NONE', 2]);
  assert.equal(await error(1), 'OFFSET_OUT_OF_RANGE');
  assert.deepEqual((await fetch(client, topic, 2)).values, ['c']);
  assert.equal((await fetch(client, topic, 2)).logStartOffset, 2);
});

test('offsets by position and by time', async () => {
  const topic = await newTopic();
  await produce(
    client,
    topic,
    batchOf([
      { timestamp: 1000, value: 'a' },
      { timestamp: 3000, value: 'b' },
      { timestamp: 2000, value: 'c' },
    ]),
  );
  await produce(client, topic, batchOf([{ timestamp: 5000, value: 'd' }], { codec: 'gzip' }));
  const at = async (timestamp: number, version = 8) => {
    const found = await offsets(topic, timestamp, { version });
    return [found.offset, found.timestamp];
  };
  assert.deepEqual(await at(-1), [4, -1]);
  assert.deepEqual(await at(-2), [0, -1]);
  assert.deepEqual(await at(-3), [3, 5000]);
  assert.deepEqual(await at(-4), [0, -1]);
  assert.deepEqual(await at(0), [0, 1000]);
  assert.deepEqual(await at(1500), [1, 3000], 'the first in the log, not the nearest in time');
  assert.deepEqual(await at(4000), [3, 5000]);
  assert.deepEqual(await at(5001), [-1, -1]);
  for (let version = 1; version <= 8; version++) assert.deepEqual(await at(-1, version), [4, -1]);
  assert.deepEqual((await offsets(topic, -1, { version: 0 })).oldStyleOffsets, [4, 0]);
  assert.deepEqual((await offsets(topic, -2, { version: 0 })).oldStyleOffsets, [0]);
});

test('a client with another idea of the leader epoch is told', async () => {
  const topic = await newTopic();
  const { leaderEpoch } = await offsets(topic, -1);
  assert.equal(leaderEpoch, 0);
  const ahead = await offsets(topic, -1, { currentLeaderEpoch: 1 });
  assert.equal(errorName(ahead.errorCode), 'UNKNOWN_LEADER_EPOCH');
});

test('after a restart the epoch is higher, older ones are fenced and found', async () => {
  let other = await startTestBroker();
  let to = await RawClient.connect(other);
  await createTopic(to, 't');
  await produce(to, 't', batchOf(['a', 'b']));
  other = await other.restart();
  to = await RawClient.connect(other);
  await produce(to, 't', batchOf(['c']));
  const ask = async (currentLeaderEpoch: number, leaderEpoch: number) => {
    const { topics } = await to.call(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, 4, {
      topics: [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }],
    });
    const row = topics[0]!.partitions[0]!;
    return [errorName(row.errorCode), row.leaderEpoch, row.endOffset];
  };
  assert.deepEqual(await ask(-1, 0), ['NONE', 0, 2]);
  assert.deepEqual(await ask(-1, 1), ['NONE', 1, 3]);
  assert.deepEqual(await ask(0, 0), ['FENCED_LEADER_EPOCH', -1, -1]);
  assert.deepEqual(await ask(-1, 9), ['NONE', -1, -1]);
  await other.stop();
});

test('DeleteRecords moves the start, knows its bounds and survives a restart', async () => {
  const topic = await newTopic();
  await produce(client, topic, batchOf(['a', 'b', 'c']));
  assert.deepEqual(await deleteRecords(topic, 4), ['OFFSET_OUT_OF_RANGE', -1]);
  assert.deepEqual(await deleteRecords(topic, 1), ['NONE', 1]);
  assert.deepEqual(await deleteRecords(topic, 0), ['NONE', 1], 'it never goes back');
  assert.deepEqual(await deleteRecords(topic, -1), ['NONE', 3]);
  const compacted = await newTopic({ 'cleanup.policy': 'compact' });
  assert.deepEqual(await deleteRecords(compacted, 0), ['POLICY_VIOLATION', -1]);

  let other = await startTestBroker();
  const to = await RawClient.connect(other);
  await createTopic(to, 't');
  await produce(to, 't', batchOf(['a', 'b', 'c']));
  await to.call(DeleteRecordsRequest, DeleteRecordsResponse, 2, {
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 2 }] }],
    timeoutMs: 1000,
  });
  other = await other.restart();
  const { logStartOffset } = await fetch(await RawClient.connect(other), 't', 2);
  assert.equal(logStartOffset, 2);
  await other.stop();
});

test('deleting a topic ends the fetches that wait on it', async () => {
  const topic = await newTopic();
  const reader = await RawClient.connect(broker);
  const answer = fetch(reader, topic, 0, { maxWaitMs: 60_000 });
  await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 1, {
    topicNames: [topic],
    timeoutMs: 5000,
  });
  assert.equal(errorName((await answer).errorCode), 'UNKNOWN_TOPIC_OR_PARTITION');
  reader.close();
});

test('old fetch versions get their message formats, from 0 to 3', async () => {
  const topic = await newTopic();
  await produce(client, topic, batchOf([{ timestamp: 7, key: 'k', value: 'v' }]));
  for (const version of [0, 1, 2, 3]) {
    const { records } = await fetch(client, topic, 0, { version });
    assert.ok(records);
    assert.equal(records[16], version < 2 ? 0 : 1, `magic at version ${version}`);
    assert.ok(records.includes(Buffer.from('k')) && records.includes(Buffer.from('v')));
  }
});

test('an old fetch gets what lies before a batch that cannot be converted, and there the error', async () => {
  const topic = await newTopic();
  await produce(client, topic, batchOf(['readable']));
  await produce(client, topic, batchOf(['too new'], { codec: 'zstd' }));
  for (const version of [0, 1, 2, 3]) {
    const before = await fetch(client, topic, 0, { version });
    assert.equal(errorName(before.errorCode), 'NONE', `version ${version}`);
    assert.ok(before.records?.includes(Buffer.from('readable')), `version ${version}`);
    const there = await fetch(client, topic, 1, { version });
    assert.equal(errorName(there.errorCode), 'UNSUPPORTED_COMPRESSION_TYPE', `version ${version}`);
  }
});

test('every fetch version returns what was produced', async () => {
  const name = `versions-${topicCount++}`;
  const { topicId } = await createTopic(client, name);
  await produce(client, name, batchOf(['x', 'y']));
  for (let version = 4; version <= 17; version++) {
    const { values } = await fetch(client, name, 0, { version, topicId });
    assert.deepEqual(values, ['x', 'y'], `version ${version}`);
  }
});

test('a consumer that follows the end sees each batch as it comes, in order', async () => {
  const topic = await newTopic();
  const reader = await RawClient.connect(broker);
  const seen: (string | null)[] = [];
  const reading = (async () => {
    while (seen.length < 100) {
      seen.push(...(await fetch(reader, topic, seen.length, { maxWaitMs: 30_000 })).values);
    }
  })();
  for (let index = 0; index < 100; index++) {
    client.send(ProduceRequest, 9, {
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: batchOf([`${index}`]) }] }],
    });
  }
  for (let index = 0; index < 100; index++) await client.nextFrame();
  await reading;
  assert.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, index) => `${index}`),
  );
  reader.close();
});
