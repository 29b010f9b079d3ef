// kafkajs under test. Its codecs other than gzip come from the application, as its documentation asks.
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

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } =
  requireClient('kafkajs');
const { compressFrameSync, decompressFrameSync } = requireClient('lz4-napi');
const zstd = requireClient('@bokuweb/zstd-wasm');
await zstd.init();

CompressionCodecs[CompressionTypes.Snappy] = requireClient('kafkajs-snappy');
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder) => compressFrameSync(encoder.buffer),
  decompress: async (buffer) => decompressFrameSync(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
});
const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

const kafka = new Kafka({
  clientId: 'interop-kafkajs',
  brokers: [bootstrap],
  logLevel: logLevel.WARN,
  logCreator: () => (entry) => process.stderr.write(`${JSON.stringify(entry.log)}\n`),
});
const open = new Set();

async function connected(instance) {
  await instance.connect();
  open.add(instance);
  return instance;
}
async function disconnected(instance) {
  open.delete(instance);
  await instance.disconnect();
}
let admin;
const useAdmin = async () => {
  admin ??= await connected(kafka.admin());
  return admin;
};

/** kafkajs gives several headers of one name as an array; the order between different names is its own. */
const headersOf = (headers = {}) =>
  Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one) => [name, encode(one)]) : [[name, encode(value)]],
  );
function headersFor(headers = []) {
  const result = {};
  for (const [name, text] of headers) {
    const value = decode(text);
    if (result[name] === undefined) result[name] = value;
    else result[name] = [result[name], value].flat();
  }
  return result;
}
const recordOf = (partition, message) => ({
  partition,
  offset: Number(message.offset),
  timestamp: Number(message.timestamp),
  key: encode(message.key),
  value: encode(message.value),
  headers: headersOf(message.headers),
});

/** Runs a consumer of a group of its own over one partition, from `offset`. */
async function consume({
  topic,
  partition = 0,
  from = 'earliest',
  fromTime,
  count,
  timeoutMs = 20_000,
}) {
  const collector = new Collector(count, timeoutMs);
  const consumer = await connected(kafka.consumer({ groupId: `consume-${randomUUID()}` }));
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    let offset = from;
    if (fromTime !== undefined) {
      const offsets = await (await useAdmin()).fetchTopicOffsetsByTimestamp(topic, fromTime);
      offset = Number(offsets.find((entry) => entry.partition === partition).offset);
    }
    await consumer.run({
      autoCommit: false,
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
}

let member;
serve({
  async produce({ topic, codec = 'none', records }) {
    const producer = await connected(kafka.producer({ allowAutoTopicCreation: false }));
    try {
      const answer = await producer.send({
        topic,
        acks: -1,
        compression: codecs[codec],
        messages: records.map((record) => ({
          key: decode(record.key),
          value: decode(record.value),
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
  consume,
  async groupTake({ group, topic, count, timeoutMs = 20_000 }) {
    const collector = new Collector(count, timeoutMs);
    const consumer = await connected(kafka.consumer({ groupId: group }));
    try {
      await consumer.subscribe({ topic, fromBeginning: true });
      const next = new Map();
      await consumer.run({
        autoCommit: false,
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
  async groupStart({ group, topic, sessionTimeoutMs }) {
    member = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
      rebalanceTimeout: 10_000,
      maxWaitTimeInMs: 200,
    });
    member.on(member.events.GROUP_JOIN, ({ payload }) =>
      emit({
        event: 'assigned',
        partitions: Object.entries(payload.memberAssignment).flatMap(([name, list]) =>
          list.map((p) => `${name}-${p}`),
        ),
      }),
    );
    await connected(member);
    await member.subscribe({ topic, fromBeginning: true });
    await member.run({
      autoCommitThreshold: 1,
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
          configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    // kafkajs answers false, and throws nothing, for a topic that is there already.
    if (!created) throw new Error(`topic ${topic} exists`);
  },
  async describeTopic({ topic }) {
    const { topics } = await (await useAdmin()).fetchTopicMetadata({ topics: [topic] });
    return { partitions: topics[0].partitions.length };
  },
  async describeConfigs({ topic }) {
    const { resources } = await (await useAdmin()).describeConfigs({
      includeSynonyms: true,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    });
    return {
      configs: Object.fromEntries(
        resources[0].configEntries.map((e) => [e.configName, e.configValue]),
      ),
    };
  },
  async alterConfigs({ topic, configs }) {
    await (await useAdmin()).alterConfigs({
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  },
  async addPartitions({ topic, total }) {
    await (await useAdmin()).createPartitions({ topicPartitions: [{ topic, count: total }] });
  },
  async deleteRecords({ topic, partition, before }) {
    const client = await useAdmin();
    // kafkajs looks for the leader among the topics it knows, and learns of one by any other request about it.
    await client.fetchTopicOffsets(topic);
    await client.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
  },
  async deleteTopic({ topic }) {
    await (await useAdmin()).deleteTopics({ topics: [topic] });
  },
  close: () => Promise.all([...open].map(disconnected)),
});
