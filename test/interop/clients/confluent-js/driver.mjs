// librdkafka under test through @confluentinc/kafka-javascript, by its promises that resemble kafkajs.
import { randomUUID } from 'node:crypto';
import {
  bootstrap,
  Collector,
  decode,
  emit,
  encode,
  requireClient,
  serve,
} from '../../lib/serve.mjs';

const { KafkaJS, RdKafka } = requireClient('@confluentinc/kafka-javascript');
const { CompressionTypes, Kafka, logLevel, PartitionAssigners } = KafkaJS;
const ASSIGN = RdKafka.CODES.ERRORS.ERR__ASSIGN_PARTITIONS;

const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.SNAPPY,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};
const assigners = {
  range: PartitionAssigners.range,
  'cooperative-sticky': PartitionAssigners.cooperativeSticky,
};

const kafka = new Kafka({
  kafkaJS: { clientId: 'interop-confluent-js', brokers: [bootstrap], logLevel: logLevel.ERROR },
});
const open = new Set();

async function connected(instance) {
  await instance.connect();
  open.add(instance);
  return instance;
}
async function disconnected(instance) {
  if (open.delete(instance)) await instance.disconnect();
}
let admin;
const useAdmin = async () => {
  admin ??= await connected(kafka.admin());
  return admin;
};

const headersOf = (headers = {}) =>
  Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one) => [name, encode(one)]) : [[name, encode(value)]],
  );
function headersFor(headers = []) {
  const result = {};
  for (const [name, text] of headers) {
    const value = decode(text);
    result[name] = result[name] === undefined ? value : [result[name], value].flat();
  }
  return result;
}
/** As `decode`, but an empty Buffer of its own is a null pointer to librdkafka; an empty part of another is not. */
const present = (text) => (text === '' ? Buffer.from('empty').subarray(0, 0) : decode(text));

const recordOf = (partition, message) => ({
  partition,
  offset: Number(message.offset),
  timestamp: Number(message.timestamp),
  key: encode(message.key),
  value: encode(message.value),
  headers: headersOf(message.headers),
});

const consumerOf = (groupId, options = {}, native = {}) =>
  kafka.consumer({
    kafkaJS: { groupId, fromBeginning: true, autoCommit: false, ...options },
    ...native,
  });

let member;
serve({
  async produce({ topic, codec = 'none', records }) {
    const producer = await connected(
      kafka.producer({
        kafkaJS: { acks: -1, compression: codecs[codec], allowAutoTopicCreation: false },
      }),
    );
    try {
      const answer = await producer.send({
        topic,
        messages: records.map((record) => ({
          key: present(record.key),
          value: present(record.value),
          headers: headersFor(record.headers),
          ...(record.partition !== undefined && { partition: record.partition }),
          ...(record.timestamp !== undefined && { timestamp: String(record.timestamp) }),
        })),
      });
      return {
        batches: answer.map(({ partition, baseOffset }) => ({
          partition,
          baseOffset: Number(baseOffset),
        })),
      };
    } finally {
      await disconnected(producer);
    }
  },
  async consume({ topic, partition = 0, from = 'earliest', fromTime, count, timeoutMs = 20_000 }) {
    const collector = new Collector(count, timeoutMs);
    let offset = from;
    if (fromTime !== undefined) {
      const offsets = await (await useAdmin()).fetchTopicOffsetsByTimestamp(topic, fromTime);
      offset = Number(offsets.find((entry) => entry.partition === partition).offset);
    }
    const consumer = await connected(consumerOf(`consume-${randomUUID()}`));
    try {
      await consumer.subscribe({ topic });
      await consumer.run({
        eachMessage: async ({ partition: actual, message }) => {
          const wanted =
            actual === partition && (offset === 'earliest' || Number(message.offset) >= offset);
          if (wanted) collector.add(recordOf(actual, message));
        },
      });
      if (offset !== 'earliest') consumer.seek({ topic, partition, offset: String(offset) });
      return { records: await collector.done };
    } finally {
      await disconnected(consumer);
    }
  },
  async groupTake({ group, topic, count, timeoutMs = 20_000 }) {
    const collector = new Collector(count, timeoutMs);
    const consumer = await connected(consumerOf(group));
    try {
      await consumer.subscribe({ topic });
      const next = new Map();
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          if (collector.full) return;
          next.set(partition, String(Number(message.offset) + 1));
          collector.add(recordOf(partition, message));
        },
      });
      const records = await collector.done;
      await consumer.commitOffsets(
        [...next].map(([partition, offset]) => ({ topic, partition, offset })),
      );
      return { records };
    } finally {
      await disconnected(consumer);
    }
  },
  async groupStart({ group, topic, sessionTimeoutMs, assignor = 'range' }) {
    const cooperative = assignor === 'cooperative-sticky';
    const owned = new Set();
    member = consumerOf(
      group,
      {
        autoCommit: true,
        autoCommitInterval: 100,
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
        rebalanceTimeout: 10_000,
        maxWaitTimeInMs: 200,
        partitionAssigners: [assigners[assignor]],
      },
      {
        // Called before the assignment takes effect, which the library then does itself.
        rebalance_cb(error, changed) {
          const assigning = error.code === ASSIGN;
          if (!cooperative) owned.clear();
          for (const { topic: name, partition } of changed) {
            if (assigning) owned.add(`${name}-${partition}`);
            else owned.delete(`${name}-${partition}`);
          }
          emit({ event: 'assigned', partitions: [...owned] });
        },
      },
    );
    await connected(member);
    await member.subscribe({ topic });
    await member.run({
      eachMessage: async ({ partition, message }) => {
        emit({ event: 'records', records: [recordOf(partition, message)] });
      },
    });
    return { pid: process.pid };
  },
  groupStop: () => disconnected(member),
  async createTopic({ topic, partitions, configs }) {
    const created = await (await useAdmin()).createTopics({
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: 1,
          configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    // As with kafkajs: false, and nothing thrown, for a topic that is there already.
    if (!created) throw new Error(`topic ${topic} exists`);
  },
  async describeTopic({ topic }) {
    const topics = await (await useAdmin()).fetchTopicMetadata({ topics: [topic] });
    return { partitions: (topics.topics ?? topics)[0].partitions.length };
  },
  async addPartitions({ topic, total }) {
    const native = RdKafka.AdminClient.create({ 'bootstrap.servers': bootstrap });
    try {
      await new Promise((resolve, reject) => {
        native.createPartitions(topic, total, 10_000, (error) =>
          error ? reject(error) : resolve(),
        );
      });
    } finally {
      native.disconnect();
    }
  },
  async deleteRecords({ topic, partition, before }) {
    await (await useAdmin()).deleteTopicRecords({
      topic,
      partitions: [{ partition, offset: String(before) }],
    });
  },
  async deleteTopic({ topic }) {
    await (await useAdmin()).deleteTopics({ topics: [topic] });
  },
  close: () => Promise.all([...open].map(disconnected)),
});
