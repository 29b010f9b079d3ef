// If these break, a program passes against Sluice in a test and fails on the Kafka that it is meant for; or
// a client that asks a friendly broker for a missing topic is sent away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompatibilityName } from '../../src/config/index.ts';
import { startTestBroker } from '../../src/embed/testing/index.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { crc32c } from '../../src/protocol/records/crc32c.ts';
import { crc, HEADER_SIZE } from '../../src/protocol/records/record-batch.ts';
import { Asker } from '../interop/probes/probe.ts';
import { batchOf } from '../support/topics.ts';

const PROFILES: readonly CompatibilityName[] = [
  'friendly',
  'kafka-4',
  'kafka-3.9',
  'kafka-3.9-zookeeper',
];

/** Answers as text: the names of the rows' errors, or what else tells the profiles apart. */
interface Behaviour {
  readonly behaviour: string;
  ask(asker: Asker): Promise<readonly string[]>;
  /** In the order of PROFILES; those of Kafka were asked of 4.3.0 and 3.9.2. */
  readonly answers: readonly [
    readonly string[],
    readonly string[],
    readonly string[],
    readonly string[],
  ];
}

async function metadata(asker: Asker, name: string): Promise<string> {
  const { topics } = await asker.raw('Metadata', 12, { topics: [{ name }] });
  const [topic] = topics;
  if (topic?.errorCode !== 0) return errorName(topic?.errorCode ?? -1);
  return topic.partitions.every(({ leaderId }) => leaderId >= 0) ? 'NONE' : 'no leader';
}

async function coordinator(asker: Asker): Promise<string> {
  const answer = await asker.raw('FindCoordinator', 3, { key: 'group', keyType: 0 });
  return errorName(answer.errorCode);
}

async function create(
  asker: Asker,
  names: readonly string[],
  { timeoutMs = 10_000, validateOnly = false } = {},
): Promise<string[]> {
  const { topics } = await asker.raw('CreateTopics', 7, {
    topics: names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 })),
    timeoutMs,
    validateOnly,
  });
  return topics.map(({ errorCode }) => errorName(errorCode));
}

async function remove(
  asker: Asker,
  names: readonly string[],
  { timeoutMs = 10_000 } = {},
): Promise<string[]> {
  const topics = names.map((name) => ({ name }));
  const { responses } = await asker.raw('DeleteTopics', 6, { topics, timeoutMs });
  return responses.map(({ errorCode }) => errorName(errorCode));
}

async function produce(asker: Asker, topic: string, batches: readonly Buffer[]): Promise<string[]> {
  const { responses } = await asker.raw('Produce', 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: batches.map((records) => ({ index: 0, records })) }],
  });
  const rows = responses.flatMap(({ partitionResponses }) => partitionResponses);
  return rows.map(({ errorCode, baseOffset }) => `${errorName(errorCode)} ${baseOffset}`);
}

/** A right checksum over a record whose key is longer than the record. */
function unreadable(): Buffer {
  const batch = batchOf([{ timestamp: 1, key: 'k', value: 'v' }]);
  // Size, attributes, two deltas; then the size of the key.
  batch[HEADER_SIZE + 4] = 60;
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  assert.equal(crc(batch), crc32c(batch.subarray(21)));
  return batch;
}

const same = (answer: string[]) => [answer, answer, answer, answer] as const;

const BEHAVIOURS: readonly Behaviour[] = [
  {
    behaviour: 'Metadata, twice, for a topic that is missing',
    async ask(asker) {
      return [await metadata(asker, 'missing'), await metadata(asker, 'missing')];
    },
    answers: [
      ['NONE', 'NONE'],
      ['UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
      ['UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
      ['LEADER_NOT_AVAILABLE', 'NONE'],
    ],
  },
  {
    behaviour: 'Metadata for a missing topic whose name collides with another',
    async ask(asker) {
      await create(asker, ['a.b']);
      return [await metadata(asker, 'a_b')];
    },
    answers: [
      ['INVALID_TOPIC_EXCEPTION'],
      ['UNKNOWN_TOPIC_OR_PARTITION'],
      ['UNKNOWN_TOPIC_OR_PARTITION'],
      ['INVALID_TOPIC_EXCEPTION'],
    ],
  },
  {
    behaviour: 'FindCoordinator, twice, before there is __consumer_offsets',
    async ask(asker) {
      return [await coordinator(asker), await coordinator(asker)];
    },
    answers: [
      ['NONE', 'NONE'],
      ['COORDINATOR_NOT_AVAILABLE', 'NONE'],
      ['COORDINATOR_NOT_AVAILABLE', 'NONE'],
      ['COORDINATOR_NOT_AVAILABLE', 'NONE'],
    ],
  },
  {
    behaviour: 'CreateTopics, then Metadata at once',
    async ask(asker) {
      return [...(await create(asker, ['new'])), await metadata(asker, 'new')];
    },
    answers: same(['NONE', 'NONE']),
  },
  {
    behaviour: 'DeleteTopics, then the same again, then CreateTopics at once',
    async ask(asker) {
      await create(asker, ['gone']);
      return [
        ...(await remove(asker, ['gone'])),
        ...(await remove(asker, ['gone'])),
        ...(await create(asker, ['gone'])),
      ];
    },
    answers: [
      ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
      ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
      ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
      ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_ALREADY_EXISTS'],
    ],
  },
  {
    behaviour: 'DeleteTopics, then Metadata that may create it',
    async ask(asker) {
      await create(asker, ['gone']);
      await remove(asker, ['gone']);
      return [await metadata(asker, 'gone')];
    },
    answers: [
      ['NONE'],
      ['UNKNOWN_TOPIC_OR_PARTITION'],
      ['UNKNOWN_TOPIC_OR_PARTITION'],
      ['LEADER_NOT_AVAILABLE'],
    ],
  },
  {
    behaviour: 'CreateTopics without time: a good name, a bad one',
    ask: (asker) => create(asker, ['quick', 'b a d'], { timeoutMs: 0 }),
    answers: [
      ['NONE', 'INVALID_TOPIC_EXCEPTION'],
      ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
      ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
      ['REQUEST_TIMED_OUT', 'INVALID_TOPIC_EXCEPTION'],
    ],
  },
  {
    behaviour: 'CreateTopics without time that only checks',
    ask: (asker) => create(asker, ['quick'], { timeoutMs: -1, validateOnly: true }),
    answers: [['NONE'], ['REQUEST_TIMED_OUT'], ['REQUEST_TIMED_OUT'], ['NONE']],
  },
  {
    behaviour: 'DeleteTopics without time: a topic, a missing one',
    async ask(asker) {
      await create(asker, ['quick']);
      return remove(asker, ['quick', 'missing'], { timeoutMs: 0 });
    },
    answers: [
      ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
      ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
      ['REQUEST_TIMED_OUT', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ],
  },
  {
    behaviour: 'CreateTopics that names a topic twice',
    ask: (asker) => create(asker, ['twice', 'twice']),
    answers: [
      ['INVALID_REQUEST', 'INVALID_REQUEST'],
      ['INVALID_REQUEST'],
      ['INVALID_REQUEST'],
      ['INVALID_REQUEST', 'INVALID_REQUEST'],
    ],
  },
  {
    behaviour: 'CreatePartitions that names a topic twice',
    async ask(asker) {
      await create(asker, ['twice']);
      const topics = [2, 3].map((count) => ({ name: 'twice', count, assignments: null }));
      const { results } = await asker.raw('CreatePartitions', 3, { topics, timeoutMs: 10_000 });
      return results.map(({ errorCode }) => errorName(errorCode));
    },
    answers: [
      ['INVALID_REQUEST', 'INVALID_REQUEST'],
      ['INVALID_REQUEST'],
      ['INVALID_REQUEST'],
      ['INVALID_REQUEST'],
    ],
  },
  {
    behaviour: 'DeleteTopics that names a topic twice, and whether it is still there',
    async ask(asker) {
      await create(asker, ['twice']);
      const rows = await remove(asker, ['twice', 'twice']);
      const { topics } = await asker.raw('Metadata', 12, { topics: null });
      return [...rows, `${topics.length} topics`];
    },
    answers: [
      ['NONE', 'NONE', '0 topics'],
      ['INVALID_REQUEST', '1 topics'],
      ['INVALID_REQUEST', '1 topics'],
      ['NONE', 'NONE', '0 topics'],
    ],
  },
  {
    behaviour: 'DeleteTopics that names a topic by its name and by its id',
    async ask(asker) {
      await create(asker, ['twice']);
      const { topics } = await asker.raw('Metadata', 12, { topics: [{ name: 'twice' }] });
      const { responses } = await asker.raw('DeleteTopics', 6, {
        topics: [{ name: 'twice' }, { name: null, topicId: topics[0]?.topicId ?? '' }],
        timeoutMs: 10_000,
      });
      return responses.map(({ errorCode }) => errorName(errorCode));
    },
    answers: [['NONE', 'NONE'], ['INVALID_REQUEST'], ['INVALID_REQUEST'], ['NONE', 'NONE']],
  },
  {
    behaviour: 'Produce that names a partition twice: only the last batch is written',
    async ask(asker) {
      await create(asker, ['twice']);
      return produce(asker, 'twice', [batchOf(['a', 'b']), batchOf(['c'])]);
    },
    answers: [['NONE 0', 'NONE 2'], ['NONE 0'], ['NONE 0'], ['NONE 0']],
  },
  {
    behaviour: 'Fetch that names a partition twice',
    async ask(asker) {
      await create(asker, ['twice']);
      const partitions = [0, 7].map((fetchOffset) => ({
        partition: 0,
        fetchOffset,
        partitionMaxBytes: 1000,
      }));
      const { responses } = await asker.raw('Fetch', 4, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1000,
        topics: [{ topic: 'twice', partitions }],
      });
      const rows = responses.flatMap((topic) => topic.partitions);
      return rows.map(({ errorCode }) => errorName(errorCode));
    },
    answers: [
      ['NONE', 'OFFSET_OUT_OF_RANGE'],
      ['OFFSET_OUT_OF_RANGE'],
      ['OFFSET_OUT_OF_RANGE'],
      ['OFFSET_OUT_OF_RANGE'],
    ],
  },
  {
    behaviour: 'OffsetCommit that names a partition twice: rows, and the offset kept',
    async ask(asker) {
      await create(asker, ['twice']);
      await coordinator(asker);
      const partitions = [5, 9].map((committedOffset) => ({ partitionIndex: 0, committedOffset }));
      const { topics } = await asker.raw('OffsetCommit', 5, {
        groupId: 'group',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: 'twice', partitions }],
      });
      const kept = await asker.raw('OffsetFetch', 5, {
        groupId: 'group',
        topics: [{ name: 'twice', partitionIndexes: [0] }],
      });
      const rows = topics.flatMap((topic) => topic.partitions);
      const offset = kept.topics?.[0]?.partitions[0]?.committedOffset;
      return [...rows.map(({ errorCode }) => errorName(errorCode)), `offset ${offset}`];
    },
    answers: [
      ['NONE', 'NONE', 'offset 9'],
      ['NONE', 'NONE', 'offset 9'],
      ['NONE', 'offset 9'],
      ['NONE', 'offset 9'],
    ],
  },
  {
    behaviour: 'DeleteRecords that names a partition twice',
    async ask(asker) {
      await create(asker, ['twice']);
      const partitions = [5, 0].map((offset) => ({ partitionIndex: 0, offset }));
      const { topics } = await asker.raw('DeleteRecords', 2, {
        topics: [{ name: 'twice', partitions }],
        timeoutMs: 1000,
      });
      const rows = topics.flatMap((topic) => topic.partitions);
      return rows.map(({ errorCode }) => errorName(errorCode));
    },
    answers: [['OFFSET_OUT_OF_RANGE', 'NONE'], ['NONE'], ['NONE'], ['NONE']],
  },
  {
    behaviour: 'Produce of records that no consumer can read',
    async ask(asker) {
      await create(asker, ['unread']);
      return produce(asker, 'unread', [unreadable()]);
    },
    answers: [['NONE 0'], ['INVALID_RECORD -1'], ['INVALID_RECORD -1'], ['INVALID_RECORD -1']],
  },
  {
    behaviour: 'Produce of a record whose time is in two hours',
    async ask(asker) {
      await create(asker, ['future']);
      const timestamp = Date.now() + 7_200_000;
      return produce(asker, 'future', [batchOf([{ timestamp, value: 'v' }])]);
    },
    answers: [['NONE 0'], ['INVALID_TIMESTAMP -1'], ['NONE 0'], ['NONE 0']],
  },
  {
    behaviour: 'topics with configs that Kafka 4 has not, or not so small',
    async ask(asker) {
      const configs = {
        'message.downconversion.enable': 'false',
        'message.format.version': '3.0',
        'message.timestamp.difference.max.ms': '1000',
        'segment.bytes': '100000',
      };
      const { topics } = await asker.raw('CreateTopics', 7, {
        topics: Object.entries(configs).map(([name, value]) => ({
          name,
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name, value }],
        })),
        timeoutMs: 10_000,
      });
      return topics.map(({ errorCode }) => errorName(errorCode));
    },
    answers: [
      ['NONE', 'NONE', 'NONE', 'NONE'],
      ['INVALID_CONFIG', 'INVALID_CONFIG', 'INVALID_CONFIG', 'INVALID_CONFIG'],
      ['NONE', 'NONE', 'NONE', 'NONE'],
      ['NONE', 'NONE', 'NONE', 'NONE'],
    ],
  },
  {
    behaviour: 'versions of Produce, Fetch, CreateTopics and DescribeTopicPartitions',
    async ask(asker) {
      const { apiKeys } = await asker.raw('ApiVersions', 0, {});
      const range = (key: number) => {
        const found = apiKeys.find(({ apiKey }) => apiKey === key);
        return found ? `${found.minVersion}-${found.maxVersion}` : 'none';
      };
      return [0, 1, 19, 75].map(range);
    },
    answers: [
      ['0-11', '0-18', '0-7', '0-0'],
      ['0-11', '4-18', '2-7', '0-0'],
      ['0-11', '0-17', '0-7', '0-0'],
      ['0-11', '0-17', '0-7', 'none'],
    ],
  },
  {
    behaviour: 'a Produce request of v2, from before Kafka 0.11',
    async ask(asker) {
      await create(asker, ['old']);
      const answer = await asker.ask('Produce', 2, { acks: -1, timeoutMs: 1000, topicData: [] });
      return [answer === 'closed' ? 'closed' : 'answered'];
    },
    answers: [['answered'], ['closed'], ['answered'], ['answered']],
  },
];

for (const [index, profile] of PROFILES.entries()) {
  test(`compatibility=${profile} answers as documented, whatever is asked`, async () => {
    for (const { behaviour, ask, answers } of BEHAVIOURS) {
      const broker = await startTestBroker({ config: { compatibility: profile } });
      const asker = new Asker(broker, 'compatibility');
      try {
        assert.deepEqual(await ask(asker), answers[index], `${profile}: ${behaviour}`);
      } finally {
        asker.close();
        await broker.stop();
      }
    }
  });
}

test('a topic deleted as with ZooKeeper has its name back after a while, and its files are gone', async () => {
  const broker = await startTestBroker({ config: { compatibility: 'kafka-3.9-zookeeper' } });
  const asker = new Asker(broker, 'compatibility');
  broker.clock.stop();
  await create(asker, ['gone']);
  await remove(asker, ['gone']);
  assert.deepEqual(await create(asker, ['gone']), ['TOPIC_ALREADY_EXISTS']);
  await broker.clock.advance(100);
  assert.deepEqual(await create(asker, ['gone']), ['NONE']);
  asker.close();
  await broker.stop();
});

test('a broker for tests is a Kafka 4 unless told otherwise', async () => {
  for (const [config, expected] of [
    [{}, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [{ compatibility: 'friendly' }, 'NONE'],
  ] as const) {
    const broker = await startTestBroker({ config });
    const asker = new Asker(broker, 'compatibility');
    assert.equal(await metadata(asker, 'missing'), expected);
    asker.close();
    await broker.stop();
  }
});
