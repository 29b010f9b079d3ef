// @platformatic/kafka under test. It asks for a newer Node than Sluice does; clients.mjs runs it with one from npm.
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

const { Admin, Consumer, ConfigResourceTypes, IncrementalAlterConfigOperationTypes, Producer } =
  requireClient('@platformatic/kafka');

const base = {
  clientId: 'interop-platformatic',
  bootstrapBrokers: [bootstrap],
  retries: 5,
  retryDelay: 200,
};
const open = new Set();
function opened(instance) {
  open.add(instance);
  return instance;
}
async function closed(instance, force) {
  open.delete(instance);
  await instance.close(force);
}
let admin;
const useAdmin = () => {
  admin ??= opened(new Admin(base));
  return admin;
};

const recordOf = (message) => ({
  partition: message.partition,
  offset: Number(message.offset),
  timestamp: Number(message.timestamp),
  key: encode(message.key),
  value: encode(message.value),
  headers: message.headerEntries.map(([name, value]) => [name.toString('utf8'), encode(value)]),
});

/** Reads a stream until the collector is full. */
function collect(stream, collector, wanted = () => true) {
  const messages = [];
  stream.on('error', (error) => collector.records.length < collector.count && console.error(error));
  stream.on('data', (message) => {
    if (collector.full || !wanted(message)) return;
    messages.push(message);
    collector.add(recordOf(message));
  });
  return messages;
}

let member;
let memberStream;
serve({
  async produce({ topic, codec = 'none', records }) {
    const producer = opened(new Producer({ ...base, autocreateTopics: false }));
    try {
      const answer = await producer.send({
        acks: -1,
        compression: codec,
        messages: records.map((record) => ({
          topic,
          ...(record.key !== null && { key: decode(record.key) }),
          ...(record.value !== null && { value: decode(record.value) }),
          headers: new Map(
            (record.headers ?? []).map(([name, value]) => [Buffer.from(name), decode(value)]),
          ),
          ...(record.partition !== undefined && { partition: record.partition }),
          ...(record.timestamp !== undefined && { timestamp: BigInt(record.timestamp) }),
        })),
      });
      return {
        batches: (answer.offsets ?? []).map(({ partition, offset }) => ({
          partition,
          baseOffset: Number(offset),
        })),
      };
    } finally {
      await closed(producer);
    }
  },
  async consume({ topic, partition = 0, from = 'earliest', fromTime, count, timeoutMs = 20_000 }) {
    const collector = new Collector(count, timeoutMs);
    const consumer = opened(
      new Consumer({
        ...base,
        groupId: `consume-${randomUUID()}`,
        autocommit: false,
        maxWaitTime: 200,
      }),
    );
    try {
      let start = from === 'earliest' ? undefined : BigInt(from);
      if (fromTime !== undefined) {
        const offsets = await consumer.listOffsets({
          topics: [topic],
          timestamp: BigInt(fromTime),
        });
        start = offsets.get(topic)[partition];
      }
      const where =
        start === undefined
          ? { mode: 'earliest' }
          : { mode: 'manual', offsets: [{ topic, partition, offset: start }] };
      const stream = await consumer.consume({ topics: [topic], ...where });
      collect(stream, collector, (message) => message.partition === partition);
      const records = await collector.done;
      await stream.close();
      return { records };
    } finally {
      await closed(consumer, true);
    }
  },
  async groupTake({ group, topic, count, timeoutMs = 20_000 }) {
    const collector = new Collector(count, timeoutMs);
    const consumer = opened(
      new Consumer({ ...base, groupId: group, autocommit: false, maxWaitTime: 200 }),
    );
    try {
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
      });
      const messages = collect(stream, collector);
      const records = await collector.done;
      const last = new Map(messages.map((message) => [message.partition, message]));
      for (const message of last.values()) await message.commit();
      await stream.close();
      return { records };
    } finally {
      await closed(consumer, true);
    }
  },
  async groupStart({ group, topic, sessionTimeoutMs }) {
    member = opened(
      new Consumer({
        ...base,
        groupId: group,
        autocommit: 100,
        maxWaitTime: 200,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: 10_000,
        heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
      }),
    );
    member.on('consumer:group:join', ({ assignments }) =>
      emit({
        event: 'assigned',
        partitions: (assignments ?? []).flatMap(({ topic: name, partitions }) =>
          partitions.map((p) => `${name}-${p}`),
        ),
      }),
    );
    memberStream = await member.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
    });
    memberStream.on('error', (error) => console.error(error));
    memberStream.on('data', (message) => emit({ event: 'records', records: [recordOf(message)] }));
    return { pid: process.pid };
  },
  async groupStop() {
    await memberStream.close();
    await closed(member, true);
  },
  async createTopic({ topic, partitions, configs }) {
    await useAdmin().createTopics({
      topics: [topic],
      partitions,
      replicas: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    });
  },
  async describeTopic({ topic }) {
    const metadata = await useAdmin().metadata({
      topics: [topic],
      autocreateTopics: false,
      forceUpdate: true,
    });
    return { partitions: metadata.topics.get(topic).partitions.length };
  },
  async describeConfigs({ topic }) {
    const [resource] = await useAdmin().describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }],
      includeSynonyms: true,
      includeDocumentation: true,
    });
    return {
      configs: Object.fromEntries(resource.configs.map(({ name, value }) => [name, value])),
    };
  },
  async alterConfigs({ topic, configs }) {
    await useAdmin().incrementalAlterConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: topic,
          configs: Object.entries(configs).map(([name, value]) => ({
            name,
            value,
            configOperation: IncrementalAlterConfigOperationTypes.SET,
          })),
        },
      ],
    });
  },
  async addPartitions({ topic, total }) {
    await useAdmin().createPartitions({ topics: [{ name: topic, count: total }] });
  },
  async deleteRecords({ topic, partition, before }) {
    await useAdmin().deleteRecords({
      topics: [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }],
    });
  },
  async deleteTopic({ topic }) {
    await useAdmin().deleteTopics({ topics: [topic] });
  },
  close: () =>
    Promise.all([...open].map((instance) => closed(instance, instance instanceof Consumer))),
});
