// If this breaks, a client that ends its side of a connection (`nc`, a proxy, a shutdown) loses answers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeResponseFrame } from '../../src/protocol/codec/index.ts';
import { errorName } from '../../src/protocol/errors.ts';
import * as messages from '../../src/protocol/messages/index.ts';
import { decodeAllRecords } from '../../src/protocol/records/record.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../../src/protocol/schema/index.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

let broker: TestBroker;
let other: RawClient;
before(async () => {
  broker = await startTestBroker({
    config: { 'group.initial.rebalance.delay.ms': '0', 'log.retention.ms': '-1' },
  });
  other = await RawClient.connect(broker);
  await createTopic(other, 'half');
});
after(async () => {
  other.close();
  await broker.stop();
});

interface Asked<S extends Fields> {
  /** The answer, after which the connection has ended. */
  answer(): Promise<ValueOf<S>>;
}

/** One request on a connection of its own, and then no more. */
async function askAndEnd<Q extends Fields, S extends Fields>(
  request: MessageSchema<Q>,
  response: MessageSchema<S>,
  version: number,
  body: InputOf<Q>,
): Promise<Asked<S>> {
  const client = await RawClient.connect(broker);
  client.send(request, version, body);
  client.endWriting();
  return {
    async answer() {
      const frame = await client.nextFrame();
      await client.closed;
      return decodeResponseFrame(response, version, frame).body;
    },
  };
}

test('a fetch that waits is answered with what comes, though its client sends no more', async () => {
  const fetching = await askAndEnd(messages.FetchRequest, messages.FetchResponse, 11, {
    maxWaitMs: 60_000,
    minBytes: 1,
    maxBytes: 1000,
    topics: [{ topic: 'half', partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
  });
  await produce(other, 'half', batchOf(['later']));
  const { responses } = await fetching.answer();
  const records = decodeAllRecords(responses[0]!.partitions[0]!.records!);
  assert.deepEqual(
    records.map(({ value }) => String(value)),
    ['later'],
  );
});

test('a join and a sync that wait for other members are answered', async () => {
  const { JoinGroupRequest, JoinGroupResponse, SyncGroupRequest, SyncGroupResponse } = messages;
  const joining = (memberId: string) => ({
    groupId: 'half',
    memberId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('m') }],
  });
  await other.call(messages.FindCoordinatorRequest, messages.FindCoordinatorResponse, 1, {
    key: 'half',
  });
  const first = await other.call(JoinGroupRequest, JoinGroupResponse, 2, joining(''));
  const second = await askAndEnd(JoinGroupRequest, JoinGroupResponse, 2, joining(''));
  const heartbeat = async () => {
    const { HeartbeatRequest, HeartbeatResponse } = messages;
    const me = { groupId: 'half', generationId: 1, memberId: first.memberId };
    return errorName((await other.call(HeartbeatRequest, HeartbeatResponse, 2, me)).errorCode);
  };
  const assignments = [{ memberId: first.memberId, assignment: Buffer.from('all') }];
  const me = { groupId: 'half', generationId: 1, memberId: first.memberId };
  await other.call(SyncGroupRequest, SyncGroupResponse, 2, { ...me, assignments });
  for (let seen = await heartbeat(); seen !== 'REBALANCE_IN_PROGRESS'; seen = await heartbeat()) {
    assert.equal(seen, 'NONE');
  }
  const again = await other.call(JoinGroupRequest, JoinGroupResponse, 2, joining(first.memberId));
  const joined = await second.answer();
  assert.deepEqual([joined.errorCode, joined.generationId], [0, again.generationId]);
  const { generationId } = joined;
  const syncing = await askAndEnd(SyncGroupRequest, SyncGroupResponse, 2, {
    groupId: 'half',
    generationId,
    memberId: joined.memberId,
  });
  await other.call(SyncGroupRequest, SyncGroupResponse, 2, {
    groupId: 'half',
    generationId,
    memberId: first.memberId,
    assignments: [{ memberId: joined.memberId, assignment: Buffer.from('yours') }],
  });
  assert.equal(String((await syncing.answer()).assignment), 'yours');
});

test('what takes the broker a while is answered: topics, offsets, ids, records', async () => {
  const made = await askAndEnd(messages.CreateTopicsRequest, messages.CreateTopicsResponse, 5, {
    topics: [{ name: 'made', numPartitions: 3, replicationFactor: 1 }],
    timeoutMs: 10_000,
  });
  assert.equal((await made.answer()).topics[0]?.errorCode, 0);
  const stored = await askAndEnd(messages.ProduceRequest, messages.ProduceResponse, 8, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: 'made', partitionData: [{ index: 0, records: batchOf(['a']) }] }],
  });
  assert.equal((await stored.answer()).responses[0]?.partitionResponses[0]?.errorCode, 0);
  const found = await askAndEnd(messages.ListOffsetsRequest, messages.ListOffsetsResponse, 5, {
    topics: [{ name: 'made', partitions: [{ partitionIndex: 0, timestamp: 5 }] }],
  });
  assert.equal((await found.answer()).topics[0]?.partitions[0]?.offset, 0);
  const committed = await askAndEnd(
    messages.OffsetCommitRequest,
    messages.OffsetCommitResponse,
    5,
    {
      groupId: 'alone',
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 'made', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
    },
  );
  assert.equal((await committed.answer()).topics[0]?.partitions[0]?.errorCode, 0);
  const id = await askAndEnd(messages.InitProducerIdRequest, messages.InitProducerIdResponse, 1, {
    transactionalId: null,
    transactionTimeoutMs: 1000,
  });
  assert.equal((await id.answer()).errorCode, 0);
  const gone = await askAndEnd(messages.DeleteTopicsRequest, messages.DeleteTopicsResponse, 3, {
    topicNames: ['made'],
    timeoutMs: 10_000,
  });
  assert.equal((await gone.answer()).responses[0]?.errorCode, 0);
});
