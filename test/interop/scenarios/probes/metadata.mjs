// Framing, versions, topics and configs, asked byte by byte. Numbers in names are PROTOCOL semantics.
import { batch } from '../../lib/batch.mjs';
import { Writer } from '../../lib/raw.mjs';
import * as kafka from '../../lib/requests.mjs';

/** A flexible request (header v2) of ApiVersions v3 or another, with the client's name and version as given. */
function apiVersions(correlationId, name, version, apiVersion = 3) {
  const compact = (text) => Buffer.concat([Buffer.from([text.length + 1]), Buffer.from(text)]);
  const header = new Writer()
    .int16(18)
    .int16(apiVersion)
    .int32(correlationId)
    .string('probe')
    .done();
  return Buffer.concat([
    header,
    Buffer.from([0]),
    compact(name),
    compact(version),
    Buffer.from([0]),
  ]);
}

/** What became of a connection that was sent these bytes: `answered`, or `closed`. */
const fate = (connection, bytes) =>
  connection.frame(bytes, { timeoutMs: 3_000 }).then(
    () => 'answered',
    (error) => (/closed|ECONNRESET|EPIPE/.test(error.message) ? 'closed' : error.message),
  );

export const metadataProbes = [
  {
    name: '2: ApiVersions of an unknown version is answered in version 0 with error 35 and the range of itself',
    async run({ connection }) {
      const frame = await connection.frame(apiVersions(7, 'probe', '1.0', 127));
      const rows = frame.readInt32BE(6);
      const row = Array.from({ length: rows }, (_, index) =>
        frame.readInt16BE(10 + index * 6),
      ).indexOf(18);
      return {
        correlationId: frame.readInt32BE(0),
        error: frame.readInt16BE(4),
        rows,
        listsItself: row >= 0,
        afterRows: frame.length - 10 - rows * 6,
      };
    },
  },
  {
    name: '1, 3: a client name with odd characters is refused with 42, behind a header of version 0, and the connection lives',
    async run({ connection }) {
      const refused = await connection.frame(apiVersions(11, '-x y', '1'));
      const accepted = await connection.frame(apiVersions(12, 'probe', '1.0'));
      return [refused, accepted].map((frame) => ({
        correlationId: frame.readInt32BE(0),
        error: frame.readInt16BE(4),
      }));
    },
  },
  {
    name: '6: a Fetch that waits does not let the next request overtake it',
    async run({ connection, topic }) {
      const name = await topic('order');
      const order = [];
      const body = kafka.fetchBody(11, [{ topic: name, offset: 0 }], { maxWait: 700 });
      const parked = connection.request(1, 11, body).then(() => order.push('fetch'));
      const other = kafka.metadata(connection, 1, []).then(() => order.push('metadata'));
      await Promise.all([parked, other]);
      return order;
    },
  },
  {
    name: '7: acks=0 is not answered',
    async run({ connection, topic, referee }) {
      const name = await topic('no-acks');
      const body = new Writer().string(null).int16(0).int32(1_000);
      body.array([name], () =>
        body.string(name).array([0], () => body.int32(0).bytes(batch([{ value: 'x' }]))),
      );
      const produce = new Writer().int16(0).int16(7).int32(900).string('probe').done();
      connection.send(Buffer.concat([produce, body.done()]));
      const frame = await connection.frame(
        new Writer().int16(18).int16(0).int32(901).string('probe').done(),
      );
      for (
        let attempt = 0;
        attempt < 40 && (await referee.listOffset(name, 0, -1)) === 0;
        attempt++
      ) {
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      return {
        firstAnswer: frame.readInt32BE(0),
        endOffset: await referee.listOffset(name, 0, -1),
      };
    },
  },
  {
    name: '7: an error with acks=0 closes the connection',
    async run({ connection }) {
      const body = new Writer().string(null).int16(0).int32(1_000);
      body.array(['none-such'], (name) =>
        body.string(name).array([0], () => body.int32(0).bytes(batch([{ value: 'x' }]))),
      );
      const header = new Writer().int16(0).int16(7).int32(900).string('probe').done();
      return fate(connection, Buffer.concat([header, body.done()]));
    },
  },
  {
    name: '8: a request in single bytes is answered',
    async run({ connection }) {
      return (
        await connection.frameInPieces(
          new Writer().int16(18).int16(0).int32(5).string('probe').done(),
        )
      ).readInt32BE(0);
    },
  },
  {
    name: '8: a length below zero, above the limit, or of nothing closes the connection',
    async run({ connect }) {
      const fates = {};
      for (const length of [-1, 0x7fffffff, 0]) {
        const connection = connect();
        fates[length] = await connection.afterLength(length);
      }
      return fates;
    },
  },
  {
    name: 'an unsupported version or an unknown API closes the connection',
    async run({ connect }) {
      const request = (key, version) =>
        new Writer().int16(key).int16(version).int32(1).string('probe').int32(-1).done();
      const fates = {};
      for (const [key, version] of [
        [3, 99],
        [999, 0],
        [0, 99],
      ])
        fates[`${key}/${version}`] = await fate(connect(), request(key, version));
      return fates;
    },
  },
  {
    name: '11: no topics means all in Metadata v0; null means all and empty means none from v1',
    async run({ connection, topic }) {
      const name = await topic('listed');
      const has = async (version, names) =>
        (await kafka.metadata(connection, version, names)).some((one) => one.name === name);
      return {
        v0: await has(0, []),
        v1Null: await has(1, null),
        v1Empty: (await kafka.metadata(connection, 1, [])).length,
      };
    },
  },
  {
    name: '12: Metadata, Produce, Fetch and ListOffsets of an unknown topic answer 3, and none creates it',
    async run({ connection }) {
      const name = 'probe.never-created';
      const answers = {
        metadata: (await kafka.metadata(connection, 1, [name]))[0].error,
        produce: (await kafka.produce(connection, name, batch([{ value: 'x' }]))).error,
        fetch: (await kafka.fetch(connection, [{ topic: name, offset: 0 }])).partitions[0].error,
        listOffsets: (await kafka.listOffsets(connection, name, -1)).error,
      };
      const all = await kafka.metadata(connection, 1, null);
      return { ...answers, created: all.some((one) => one.name === name) };
    },
  },
  {
    name: '11: Metadata of an invalid topic name',
    run: async ({ connection }) =>
      (await kafka.metadata(connection, 1, ['a/b', ''])).map(({ error }) => error),
  },
  {
    name: '15: topic names: the characters, the length, the two dots, the collision',
    async run({ connection }) {
      const errors = {};
      for (const name of ['', '.', '..', 'a/b', 'a b', 'grün', 'x'.repeat(249), 'y'.repeat(250)]) {
        errors[name.length > 100 ? `${name.length} characters` : name] = (
          await kafka.createTopics(connection, [{ name }])
        )[name];
      }
      errors.first = (await kafka.createTopics(connection, [{ name: 'probe.collide.x' }]))[
        'probe.collide.x'
      ];
      errors.collides = (await kafka.createTopics(connection, [{ name: 'probe_collide.x' }]))[
        'probe_collide.x'
      ];
      await kafka.deleteTopics(connection, ['probe.collide.x', 'x'.repeat(249)]);
      return errors;
    },
  },
  {
    name: '16: CreateTopics: validate only, defaults, duplicates, existing, replication factor, configs',
    async run({ connection }) {
      const one = async (topic, options) =>
        (await kafka.createTopics(connection, [topic], options))[topic.name];
      const exists = async (name) => (await kafka.metadata(connection, 1, [name]))[0].error === 0;
      const answers = {
        validateOnly: await one({ name: 'probe.validated' }, { validateOnly: true }),
        validatedExists: await exists('probe.validated'),
        defaults: await one({ name: 'probe.defaults', partitions: -1, replicas: -1 }),
        existing: await one({ name: 'probe.defaults' }),
        existingValidateOnly: await one({ name: 'probe.defaults' }, { validateOnly: true }),
        replicationFactor2: await one({ name: 'probe.rf', replicas: 2 }),
        replicationFactor0: await one({ name: 'probe.rf', replicas: 0 }),
        partitions0: await one({ name: 'probe.p0', partitions: 0 }),
        partitionsBelow: await one({ name: 'probe.p0', partitions: -2 }),
        unknownConfig: await one({ name: 'probe.config', configs: { 'no.such.key': 'x' } }),
        badValue: await one({ name: 'probe.config', configs: { 'retention.ms': 'soon' } }),
        outOfRange: await one({ name: 'probe.config', configs: { 'segment.bytes': '1' } }),
      };
      const duplicates = await kafka.createTopics(connection, [
        { name: 'probe.twice' },
        { name: 'probe.twice' },
      ]);
      const mixed = await kafka.createTopics(connection, [
        { name: 'probe.good' },
        { name: 'probe.bad', replicas: 9 },
      ]);
      await kafka.deleteTopics(connection, ['probe.defaults', 'probe.good']);
      return { ...answers, duplicates, mixed };
    },
  },
  {
    name: '17: CreatePartitions: fewer, equal, more, unknown topic',
    async run({ connection, topic }) {
      const name = await topic('partitions', { partitions: 3 });
      const of = async (target, total) =>
        (await kafka.createPartitions(connection, target, total)).map(({ error }) => error);
      return {
        fewer: await of(name, 2),
        equal: await of(name, 3),
        more: await of(name, 4),
        unknown: await of('none-such', 4),
        zero: await of(name, 0),
      };
    },
  },
  {
    name: 'DeleteTopics: unknown, and the same twice',
    async run({ connection, topic }) {
      const name = await topic('delete-twice');
      const errors = [];
      errors.push((await kafka.deleteTopics(connection, [name]))[name]);
      errors.push((await kafka.deleteTopics(connection, [name]))[name]);
      return errors;
    },
  },
  {
    name: '18: DescribeConfigs lists every topic key of Kafka with the source of its value',
    async run({ connection, topic }) {
      const name = await topic('all-configs', { configs: { 'retention.ms': '1000' } });
      const { error, configs } = await kafka.describeConfigs(connection, name);
      const { error: unknown } = await kafka.describeConfigs(connection, 'none-such');
      // Ours, which Kafka has not.
      delete configs['flush.policy'];
      // Which broker keys this run's server file set is not a topic's affair.
      const sources = Object.fromEntries(
        Object.entries(configs).map(([key, { value, source }]) => [
          key,
          source === 4 ? 'from the broker' : `${value} (${source})`,
        ]),
      );
      return {
        error,
        sources: Object.fromEntries(Object.entries(sources).sort()),
        retention: configs['retention.ms'].synonyms.slice(0, 1),
        unknown,
      };
    },
  },
  {
    name: '19: IncrementalAlterConfigs appends and subtracts, and one bad entry changes nothing',
    async run({ connection, topic }) {
      const name = await topic('incremental');
      const value = async (key) => {
        await new Promise((resolve) => setTimeout(resolve, 150)); // A broker may apply a change after answering it.
        return (await kafka.describeConfigs(connection, name)).configs[key].value;
      };
      const alter = (...changes) => kafka.incrementalAlterConfigs(connection, [[name, changes]]);
      const result = {};
      result.append = [
        ...(await alter(['cleanup.policy', 2, 'compact'])),
        await value('cleanup.policy'),
      ];
      result.subtract = [
        ...(await alter(['cleanup.policy', 3, 'delete'])),
        await value('cleanup.policy'),
      ];
      result.remove = [
        ...(await alter(['cleanup.policy', 1, null])),
        await value('cleanup.policy'),
      ];
      result.badWithGood = [
        ...(await alter(['retention.ms', 0, '5000'], ['segment.bytes', 0, 'many'])),
        await value('retention.ms'),
      ];
      result.unknownKey = await alter(['no.such.key', 0, '1']);
      result.appendToNumber = await alter(['retention.ms', 2, '1']);
      result.twice = await alter(['retention.ms', 0, '1'], ['retention.ms', 0, '2']);
      result.unknownTopic = await kafka.incrementalAlterConfigs(connection, [
        ['none-such', [['retention.ms', 0, '1']]],
      ]);
      result.validateOnly = [
        ...(await kafka.incrementalAlterConfigs(connection, [[name, [['retention.ms', 0, '77']]]], {
          validateOnly: true,
        })),
        await value('retention.ms'),
      ];
      return result;
    },
  },
];
