// If this breaks, one bad partition (or a long text about it) takes the answers of all others with it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { BrokerParts } from '../../src/broker/broker-apis.ts';
import { errorName } from '../../src/protocol/errors.ts';
import * as messages from '../../src/protocol/messages/index.ts';
import * as RecordBatch from '../../src/protocol/records/record-batch.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

const TIME = 1_700_000_000_000;

const log = new LogCapture();
let broker: TestBroker;
let client: RawClient;
let parts: BrokerParts;
before(async () => {
  broker = await startTestBroker({
    logger: log,
    config: { 'log.retention.ms': '-1' },
    onParts: (all) => {
      parts = all;
    },
  });
  client = await RawClient.connect(broker);
  for (const name of ['good', 'bad']) await createTopic(client, name);
  assert.equal((await produce(client, 'good', batchOf(['a']))).errorCode, 0);
  assert.equal((await produce(client, 'bad', garbage())).errorCode, 0);
});
after(async () => {
  client.close();
  await broker.stop();
});

/** A batch whose header and checksum are right, and whose records are none. */
function garbage(): Buffer {
  const whole = batchOf(['a'], { codec: 'gzip' });
  const payload = gzipSync(Buffer.alloc(40, 0xfe));
  const batch = Buffer.concat([whole.subarray(0, RecordBatch.HEADER_SIZE), payload]);
  batch.writeInt32BE(batch.length - RecordBatch.LOG_OVERHEAD, 8);
  batch.writeUInt32BE(RecordBatch.computeCrc(batch), 17);
  return batch;
}

const both = <T>(partition: T) => ['good', 'bad', 'good'].map((name) => ({ name, ...partition }));

test('a time is looked up in the good partitions, whatever the records of another hold', async () => {
  const { ListOffsetsRequest, ListOffsetsResponse } = messages;
  for (let version = 1; version <= 8; version++) {
    const { topics } = await client.call(ListOffsetsRequest, ListOffsetsResponse, version, {
      replicaId: -1,
      topics: ['good', 'bad'].map((name) => ({
        name,
        partitions: [{ partitionIndex: 0, timestamp: TIME }],
      })),
    });
    const rows = topics.map(({ partitions: [row] }) => [errorName(row!.errorCode), row!.offset]);
    assert.deepEqual(rows, [
      ['NONE', 0],
      ['CORRUPT_MESSAGE', -1],
    ]);
  }
  const [line] = log.takeComplaints();
  assert.equal(line?.level, 'warn');
  assert.match(
    line?.msg ?? '',
    /^cannot answer ListOffsets for bad-0, whose records cannot be read: /,
  );
});

test('a fetch in an old format gets the good partition, and the error of the bad one', async () => {
  const { FetchRequest, FetchResponse } = messages;
  for (let version = 0; version <= 3; version++) {
    const { responses } = await client.call(FetchRequest, FetchResponse, version, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: ['good', 'bad'].map((topic) => ({
        topic,
        partitions: [{ partition: 0, partitionMaxBytes: 100_000 }],
      })),
    });
    const rows = responses.map(({ partitions: [row] }) => errorName(row!.errorCode));
    assert.deepEqual(rows, ['NONE', 'CORRUPT_MESSAGE'], `v${version}`);
    assert.ok(responses[0]!.partitions[0]!.records!.length > 0);
  }
});

test('what fails unexpectedly in one partition is the error of that one, and an error in the log', async (t) => {
  const bad = parts.partitions.get('bad', 0)!;
  const broken = () => {
    throw new Error('broken by the test');
  };
  t.mock.method(bad, 'read', broken);
  t.mock.method(bad, 'produce', broken);
  t.mock.method(bad, 'deleteRecordsBefore', broken);
  t.mock.method(bad.log, 'endOffsetForEpoch', broken);
  t.mock.method(bad.log, 'offsetForTimestamp', broken);
  t.mock.method(bad.log, 'activeProducers', broken);
  const expected = ['NONE', 'UNKNOWN_SERVER_ERROR', 'NONE'];
  const names = (codes: readonly (number | undefined)[]) => codes.map((code) => errorName(code!));
  const seen: Record<string, string[]> = {};
  const fetched = await client.call(messages.FetchRequest, messages.FetchResponse, 11, {
    maxWaitMs: 0,
    topics: both({ partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }).map(
      ({ name, partitions: rows }) => ({ topic: name, partitions: rows }),
    ),
  });
  seen['fetch'] = names(
    fetched.responses.flatMap((topic) => topic.partitions.map((row) => row.errorCode)),
  );
  const produced = await client.call(messages.ProduceRequest, messages.ProduceResponse, 8, {
    acks: -1,
    timeoutMs: 1000,
    topicData: both({ partitionData: [{ index: 0, records: batchOf(['x']) }] }),
  });
  seen['produce'] = names(
    produced.responses.map((topic) => topic.partitionResponses[0]?.errorCode),
  );
  const deleted = await client.call(
    messages.DeleteRecordsRequest,
    messages.DeleteRecordsResponse,
    1,
    {
      timeoutMs: 1000,
      topics: both({ partitions: [{ partitionIndex: 0, offset: 0 }] }),
    },
  );
  seen['delete'] = names(deleted.topics.map((topic) => topic.partitions[0]?.errorCode));
  const { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } = messages;
  const epochs = await client.call(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, 3, {
    topics: both({ partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }).map(
      ({ name, partitions: rows }) => ({ topic: name, partitions: rows }),
    ),
  });
  seen['epochs'] = names(epochs.topics.map((topic) => topic.partitions[0]?.errorCode));
  const { DescribeProducersRequest, DescribeProducersResponse } = messages;
  const producers = await client.call(DescribeProducersRequest, DescribeProducersResponse, 0, {
    topics: both({ partitionIndexes: [0] }),
  });
  seen['producers'] = names(producers.topics.map((topic) => topic.partitions[0]?.errorCode));
  // A session's fetch names a partition once.
  assert.deepEqual([...new Set(seen['fetch'])].sort(), ['NONE', 'UNKNOWN_SERVER_ERROR']);
  for (const name of ['produce', 'delete', 'epochs', 'producers']) {
    assert.deepEqual(seen[name], expected, name);
  }
  const lines = log.takeComplaints();
  assert.ok(lines.length >= 5);
  for (const line of lines) {
    assert.equal(line.msg, 'a row of a request failed unexpectedly');
    assert.equal(line['about'], 'bad-0');
  }
});

test('an error about something very long is told in a text that has an end', async () => {
  const { CreateTopicsRequest, CreateTopicsResponse } = messages;
  const brokerIds = Array.from({ length: 100_000 }, (_, index) => index);
  for (let version = 1; version <= 7; version++) {
    const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, version, {
      topics: [
        {
          name: 'many',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds }],
        },
        { name: 'n'.repeat(30_000), numPartitions: 1, replicationFactor: 1 },
      ],
      timeoutMs: 1000,
    });
    for (const { errorCode, errorMessage } of topics) {
      assert.notEqual(errorCode, 0);
      assert.ok((errorMessage?.length ?? 0) <= 2000, `${errorMessage?.length} characters`);
    }
  }
});
