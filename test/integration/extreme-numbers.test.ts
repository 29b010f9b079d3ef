// If this breaks, a legal number ends a client's connection, or comes back as another one than was stored.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Int64 } from '../../src/base/int64.ts';
import { decodeResponseFrame } from '../../src/protocol/codec/index.ts';
import { layoutOf } from '../../src/protocol/codec/layout.ts';
import { errorName } from '../../src/protocol/errors.ts';
import * as messages from '../../src/protocol/messages/index.ts';
import { decodeAllRecords } from '../../src/protocol/records/record.ts';
import type { Field, Fields, MessageSchema } from '../../src/protocol/schema/index.ts';
import { parseVersions } from '../../src/protocol/schema/versions.ts';
import { EXTREME_INT64, widened } from '../../src/protocol/testing/generate.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);
const INT32_ENDS = [2 ** 31 - 1, -(2 ** 31), -1, 0];

const log = new LogCapture();
let broker: TestBroker;
let client: RawClient;
let topicId: string;
before(async () => {
  broker = await startTestBroker({
    logger: log,
    // Some of its records are of 1970.
    config: { 'group.initial.rebalance.delay.ms': '0', 'log.retention.ms': '-1' },
  });
  client = await RawClient.connect(broker);
  ({ topicId } = await createTopic(client, 'numbers'));
  await produce(client, 'numbers', batchOf(['a', 'b']));
});
after(async () => {
  client.close();
  await broker.stop();
});

/** A request about what is there, in which every other number is at an end of its range. */
class Extreme {
  readonly #version: number;
  readonly #flexible: boolean;
  readonly #long: Int64;
  readonly #int: number;

  constructor(schema: MessageSchema, version: number, long: Int64, int: number) {
    this.#version = version;
    const { lowest, highest } = parseVersions(schema.flexibleVersions);
    this.#flexible = version >= lowest && version <= highest;
    this.#long = long;
    this.#int = int;
  }

  struct(fields: Fields): Record<string, unknown> {
    const present = layoutOf(fields, this.#version, this.#flexible).filter(
      ({ place }) => place !== 'absent',
    );
    return Object.fromEntries(present.map(({ name, field }) => [name, this.#value(name, field)]));
  }

  #value(name: string, field: Field): unknown {
    if (field.kind === 'struct') return this.struct(field.fields ?? {});
    if (field.kind !== 'array') return this.#primitive(name, field.kind);
    const { element = 'int8' } = field;
    return [typeof element === 'object' ? this.struct(element) : this.#primitive(name, element)];
  }

  #primitive(name: string, kind: string): unknown {
    switch (kind) {
      case 'exactInt64':
        return this.#long;
      case 'int32':
        // The others would be refused before any handler looks further.
        return /partition|^brokerId|^replicaId$|generation|^leaderId|replicas/i.test(name)
          ? 0
          : this.#int;
      case 'int16':
        return name === 'acks' ? 1 : 0;
      case 'int8':
        return name === 'resourceType' ? 2 : 0;
      case 'bool':
        return false;
      case 'uuid':
        return topicId;
      case 'records':
        return batchOf(['x']);
      case 'bytes':
        return Buffer.alloc(0);
      case 'float64':
        return 0;
      default:
        return /^(name|topic|topics|topicName|topicNames|resourceName)$/.test(name)
          ? 'numbers'
          : 'x';
    }
  }
}

function errorsIn(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(errorsIn);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'errorCode' && typeof member === 'number' ? [member] : errorsIn(member),
  );
}

test('every API of every version answers numbers of any size', async () => {
  const { ApiVersionsRequest, ApiVersionsResponse } = messages;
  const { apiKeys } = await client.call(ApiVersionsRequest, ApiVersionsResponse, 0, {});
  let asked = 0;
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    // What it makes or takes away would be missing to the others.
    const api = messages.apis.find(({ key }) => key === apiKey)!;
    if (['DeleteTopics', 'CreateTopics', 'DeleteGroups'].includes(api.name)) continue;
    const wide = widened(api.request);
    for (let version = minVersion; version <= maxVersion; version++) {
      // Two of them each time, another two the next time.
      for (const _ of [0, 1]) {
        const long = EXTREME_INT64[asked % EXTREME_INT64.length]!;
        const int = INT32_ENDS[asked++ % INT32_ENDS.length]!;
        const what = `${api.name} v${version} with ${long} and ${int}`;
        client.send(wide, version, new Extreme(wide, version, long, int).struct(wide.fields));
        const frame = await client.nextFrame().catch(() => assert.fail(`${what} has no answer`));
        const { body } = decodeResponseFrame(api.response, version, frame);
        assert.ok(!errorsIn(body).includes(-1), `${what}: UNKNOWN_SERVER_ERROR`);
      }
    }
  }
  assert.ok(asked > 300, `${asked} were asked`);
  // What clients did wrong is said to the operator; nothing of it is the broker's failure.
  const failures = log
    .takeComplaints()
    .filter(({ level, msg }) => level === 'error' || /^closed/.test(msg));
  assert.deepEqual(failures, []);
});

const { ListOffsetsRequest, ListOffsetsResponse } = messages;

async function listOffset(topic: string, timestamp: Int64, version = 7) {
  const { topics } = await client.call(ListOffsetsRequest, ListOffsetsResponse, version, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
  });
  const { errorCode, offset, timestamp: found } = topics[0]!.partitions[0]!;
  return [errorName(errorCode), offset, found];
}

test('a time or an offset beyond all there are is answered as such', async () => {
  for (let version = 1; version <= 8; version++) {
    assert.deepEqual(await listOffset('numbers', MOST, version), ['NONE', -1, -1]);
    assert.deepEqual(await listOffset('numbers', LEAST, version), ['UNSUPPORTED_VERSION', -1, -1]);
  }
  const wide = widened(messages.FetchRequest);
  for (const fetchOffset of [MOST, 2n ** 53n, LEAST]) {
    client.send(wide, 12, {
      maxWaitMs: 1000,
      minBytes: 1,
      topics: [{ topic: 'numbers', partitions: [{ partition: 0, fetchOffset }] }],
    });
    const frame = await client.nextFrame();
    const { body } = decodeResponseFrame(messages.FetchResponse, 12, frame);
    const code = body.responses[0]!.partitions[0]!.errorCode;
    assert.equal(errorName(code), 'OFFSET_OUT_OF_RANGE', String(fetchOffset));
  }
});

test('an offset of 64 bits that was committed comes back exactly, also after a restart', async () => {
  const { OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse } =
    messages;
  const offsets: readonly Int64[] = [...EXTREME_INT64, 7];
  const committed: [group: string, offset: Int64][] = [];
  for (let version = 0; version <= 9; version++) {
    for (const [index, committedOffset] of offsets.entries()) {
      const groupId = `g${version}-${index}`;
      const { topics } = await client.call(OffsetCommitRequest, OffsetCommitResponse, version, {
        groupId,
        generationIdOrMemberEpoch: -1,
        topics: [
          {
            name: 'numbers',
            partitions: [
              {
                partitionIndex: 0,
                committedOffset,
                ...(version === 1 && { commitTimestamp: MOST - BigInt(index) }),
              },
            ],
          },
        ],
        ...(version >= 2 && version <= 4 && { retentionTimeMs: MOST }),
      });
      assert.equal(errorName(topics[0]!.partitions[0]!.errorCode), 'NONE', groupId);
      committed.push([groupId, committedOffset]);
    }
  }
  const { FindCoordinatorRequest, FindCoordinatorResponse } = messages;
  const check = async () => {
    for (const [groupId, offset] of committed) {
      // Answered once the groups are loaded.
      await client.call(FindCoordinatorRequest, FindCoordinatorResponse, 1, { key: groupId });
      for (const version of [1, 8]) {
        const topics = [{ name: 'numbers', partitionIndexes: [0] }];
        const answer = await client.call(OffsetFetchRequest, OffsetFetchResponse, version, {
          ...(version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] }),
        });
        const found = (answer.groups[0] ?? answer).topics[0]!.partitions[0]!.committedOffset;
        assert.equal(found, offset, `${groupId} at v${version}`);
      }
    }
  };
  await check();
  client.close();
  broker = await broker.restart();
  client = await RawClient.connect(broker);
  await check();
});

test('records of any timestamp and producer id are stored, found and read as they came', async () => {
  await createTopic(client, 'stored');
  const times: Int64[] = [1000, 2n ** 60n, MOST, LEAST, 2n ** 61n];
  const producers: Int64[] = [MOST, 2n ** 53n, 2n ** 53n + 1n];
  const { DescribeProducersRequest, DescribeProducersResponse } = messages;
  for (const timestamp of times) {
    const batch = batchOf([{ timestamp, value: String(timestamp) }]);
    assert.equal((await produce(client, 'stored', batch)).errorCode, 0, String(timestamp));
  }
  for (const producerId of producers) {
    const options = { producerId, producerEpoch: 0, baseSequence: 0 };
    const first = await produce(
      client,
      'stored',
      batchOf([{ timestamp: 4_000_000_000_000, value: 'p' }], options),
    );
    assert.equal(errorName(first.errorCode), 'NONE');
    const again = await produce(
      client,
      'stored',
      batchOf([{ timestamp: 4_000_000_000_000, value: 'p' }], options),
    );
    assert.equal(again.baseOffset, first.baseOffset, 'a duplicate, of this producer alone');
  }
  const check = async () => {
    // Each of them has a segment of its own: segments roll by the time of their records.
    for (const [offset, timestamp] of times.entries()) {
      const { records } = await fetch(client, 'stored', offset);
      assert.equal(decodeAllRecords(records!)[0]?.timestamp, timestamp);
    }
    assert.deepEqual(await listOffset('stored', -3), ['NONE', 2, MOST]);
    assert.deepEqual(await listOffset('stored', MOST), ['NONE', 2, MOST]);
    assert.deepEqual(await listOffset('stored', 2n ** 60n + 1n), ['NONE', 2, MOST]);
    assert.deepEqual(await listOffset('stored', 2n ** 60n), ['NONE', 1, 2n ** 60n]);
    const { topics } = await client.call(DescribeProducersRequest, DescribeProducersResponse, 0, {
      topics: [{ name: 'stored', partitionIndexes: [0] }],
    });
    const ids = topics[0]!.partitions[0]!.activeProducers.map(({ producerId }) => producerId);
    assert.deepEqual(new Set(ids), new Set(producers));
  };
  await check();
  client.close();
  broker = await broker.restart();
  client = await RawClient.connect(broker);
  await check();
});

test('a record is deleted up to no offset beyond the end', async () => {
  const wide = widened(messages.DeleteRecordsRequest);
  for (const offset of [MOST, LEAST]) {
    client.send(wide, 2, {
      topics: [{ name: 'numbers', partitions: [{ partitionIndex: 0, offset }] }],
      timeoutMs: 1000,
    });
    const frame = await client.nextFrame();
    const { body } = decodeResponseFrame(messages.DeleteRecordsResponse, 2, frame);
    const code = body.topics[0]!.partitions[0]!.errorCode;
    assert.equal(errorName(code), 'OFFSET_OUT_OF_RANGE', String(offset));
  }
});
