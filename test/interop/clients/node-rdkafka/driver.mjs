// librdkafka under test through node-rdkafka, its oldest Node binding, which compiles the library it carries.
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

const rdkafka = requireClient('node-rdkafka');
const base = { 'client.id': 'interop-node-rdkafka', 'metadata.broker.list': bootstrap };
const open = new Set();

const connected = (client) =>
  new Promise((resolve, reject) => {
    client.connect({ timeout: 10_000 }, (error) => {
      if (error) {
        reject(error);
        return;
      }
      open.add(client);
      resolve(client);
    });
  });
const disconnected = (client) =>
  new Promise((resolve) => {
    if (!open.delete(client)) resolve();
    else client.disconnect(() => resolve());
  });
/** Calls a method that takes (...args, callback). */
const call = (target, method, ...args) =>
  new Promise((resolve, reject) =>
    target[method](...args, (error, value) => (error ? reject(error) : resolve(value))),
  );

/** As `decode`, but an empty Buffer of its own is a null pointer to librdkafka; an empty part of another is not. */
const present = (text) => (text === '' ? Buffer.from('empty').subarray(0, 0) : decode(text));

const recordOf = (message) => ({
  partition: message.partition,
  offset: message.offset,
  timestamp: message.timestamp,
  key: encode(message.key),
  value: encode(message.value),
  headers: (message.headers ?? []).flatMap((one) =>
    Object.entries(one).map(([name, value]) => [name, encode(value)]),
  ),
});

/** Polls the consumer until the collector is full. */
async function collect(consumer, collector) {
  const poll = async () => {
    while (!collector.full && open.has(consumer)) {
      const messages = await call(consumer, 'consume', collector.count - collector.records.length);
      for (const message of messages) collector.add(recordOf(message));
    }
  };
  poll().catch((error) => console.error(error));
  return collector.done;
}

let admin;
const useAdmin = () => {
  admin ??= rdkafka.AdminClient.create(base);
  return admin;
};

let member;
serve({
  async produce({ topic, codec = 'none', records }) {
    const producer = new rdkafka.Producer({
      ...base,
      'compression.codec': codec,
      'enable.idempotence': true,
      'linger.ms': 5,
      dr_cb: true,
    });
    await connected(producer);
    try {
      const batches = [];
      await new Promise((resolve, reject) => {
        let left = records.length;
        producer.setPollInterval(10);
        producer.on('delivery-report', (error, report) => {
          if (error) reject(error);
          batches.push({ partition: report.partition, offset: report.offset });
          if (--left === 0) resolve();
        });
        for (const record of records) {
          producer.produce(
            topic,
            record.partition ?? null,
            present(record.value),
            present(record.key),
            record.timestamp ?? null,
            null,
            (record.headers ?? []).map(([name, value]) => ({ [name]: decode(value) })),
          );
        }
      });
      return { batches };
    } finally {
      await disconnected(producer);
    }
  },
  async consume({ topic, partition = 0, from = 'earliest', fromTime, count, timeoutMs = 20_000 }) {
    const collector = new Collector(count, timeoutMs);
    const consumer = new rdkafka.KafkaConsumer(
      { ...base, 'group.id': `consume-${randomUUID()}`, 'enable.auto.commit': false },
      {},
    );
    await connected(consumer);
    try {
      let offset = from === 'earliest' ? 0 : from;
      if (fromTime !== undefined) {
        [{ offset }] = await call(
          consumer,
          'offsetsForTimes',
          [{ topic, partition, offset: fromTime }],
          10_000,
        );
      } else if (from === 'earliest') {
        offset = (await call(consumer, 'queryWatermarkOffsets', topic, partition, 10_000))
          .lowOffset;
      }
      consumer.assign([{ topic, partition, offset }]);
      consumer.setDefaultConsumeTimeout(100);
      return { records: await collect(consumer, collector) };
    } finally {
      await disconnected(consumer);
    }
  },
  async groupTake({ group, topic, count, timeoutMs = 20_000 }) {
    const collector = new Collector(count, timeoutMs);
    const consumer = new rdkafka.KafkaConsumer(
      { ...base, 'group.id': group, 'enable.auto.commit': false },
      { 'auto.offset.reset': 'earliest' },
    );
    await connected(consumer);
    try {
      consumer.setDefaultConsumeTimeout(100);
      consumer.subscribe([topic]);
      const records = await collect(consumer, collector);
      const next = new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
      consumer.commitSync([...next].map(([partition, offset]) => ({ topic, partition, offset })));
      return { records };
    } finally {
      await disconnected(consumer);
    }
  },
  async groupStart({ group, topic, sessionTimeoutMs, assignor = 'range' }) {
    const cooperative = assignor === 'cooperative-sticky';
    const owned = new Set();
    member = new rdkafka.KafkaConsumer(
      {
        ...base,
        'group.id': group,
        'session.timeout.ms': sessionTimeoutMs,
        'heartbeat.interval.ms': Math.floor(sessionTimeoutMs / 6),
        'max.poll.interval.ms': 10_000,
        'auto.commit.interval.ms': 100,
        'partition.assignment.strategy': assignor,
        'fetch.wait.max.ms': 200,
        rebalance_cb(error, changed) {
          const assigning = error.code === rdkafka.CODES.ERRORS.ERR__ASSIGN_PARTITIONS;
          if (!this.isConnected()) return;
          if (cooperative) {
            if (assigning) this.incrementalAssign(changed);
            else this.incrementalUnassign(changed);
          } else if (assigning) this.assign(changed);
          else this.unassign();
          for (const { topic: name, partition } of changed) {
            if (assigning) owned.add(`${name}-${partition}`);
            else owned.delete(`${name}-${partition}`);
          }
          emit({ event: 'assigned', partitions: [...owned] });
        },
      },
      { 'auto.offset.reset': 'earliest' },
    );
    await connected(member);
    member.on('data', (message) => emit({ event: 'records', records: [recordOf(message)] }));
    member.subscribe([topic]);
    member.consume();
    return { pid: process.pid };
  },
  groupStop: () => disconnected(member),
  async createTopic({ topic, partitions, configs }) {
    await call(
      useAdmin(),
      'createTopic',
      { topic, num_partitions: partitions, replication_factor: 1, config: configs },
      10_000,
    );
  },
  async addPartitions({ topic, total }) {
    await call(useAdmin(), 'createPartitions', topic, total, 10_000);
  },
  async deleteTopic({ topic }) {
    await call(useAdmin(), 'deleteTopic', topic, 10_000);
  },
  async describeTopic({ topic }) {
    const producer = await connected(new rdkafka.Producer(base));
    try {
      const metadata = await call(producer, 'getMetadata', { topic, timeout: 10_000 });
      return { partitions: metadata.topics.find((one) => one.name === topic).partitions.length };
    } finally {
      await disconnected(producer);
    }
  },
  async close() {
    await Promise.all([...open].map(disconnected));
    admin?.disconnect();
  },
});
