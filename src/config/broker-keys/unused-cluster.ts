import {
  boolean,
  type ConfigKey,
  double,
  int,
  LONG_MAX,
  list,
  long,
  password,
  string,
} from '../key.ts';

const NONE = { effect: 'none' } as const;
const LOW = { effect: 'none', importance: 'low' } as const;
const HIGH = { effect: 'none', importance: 'high' } as const;

const ZOOKEEPER: Record<string, ConfigKey> = {
  'zookeeper.clientCnxnSocket': string({
    ...NONE,
    default: null,
    doc: "A Java class of ZooKeeper's client.",
  }),
  'zookeeper.metadata.migration.enable': boolean({
    ...HIGH,
    default: false,
    doc: 'Whether to move from ZooKeeper to KRaft.',
  }),
  'zookeeper.metadata.migration.min.batch.size': int({
    ...NONE,
    hidden: true,
    default: 200,
    atLeast: 1,
    doc: 'The batch size of that move.',
  }),
  'zookeeper.ssl.client.enable': boolean({
    ...NONE,
    default: false,
    doc: 'Whether ZooKeeper is spoken to over TLS.',
  }),
  'zookeeper.ssl.protocol': string({
    ...LOW,
    default: 'TLSv1.2',
    doc: 'The TLS version towards ZooKeeper.',
  }),
  'zookeeper.ssl.enabled.protocols': list({
    ...LOW,
    default: null,
    doc: 'The TLS versions towards ZooKeeper.',
  }),
  'zookeeper.ssl.cipher.suites': list({
    ...LOW,
    default: null,
    doc: 'The cipher suites towards ZooKeeper.',
  }),
  'zookeeper.ssl.crl.enable': boolean({
    ...LOW,
    default: false,
    doc: 'Whether revocation lists are asked.',
  }),
  'zookeeper.ssl.ocsp.enable': boolean({
    ...LOW,
    default: false,
    doc: 'Whether revocation is asked for online.',
  }),
  'zookeeper.ssl.endpoint.identification.algorithm': string({
    ...LOW,
    default: 'HTTPS',
    doc: "How the name in ZooKeeper's certificate is checked.",
  }),
  'zookeeper.ssl.keystore.location': string({
    ...NONE,
    default: null,
    doc: 'The file with the key and the certificate shown to ZooKeeper.',
  }),
  'zookeeper.ssl.keystore.type': string({
    ...NONE,
    default: null,
    doc: 'The format of that file.',
  }),
  'zookeeper.ssl.keystore.password': password({
    ...NONE,
    default: null,
    doc: 'The password of that file.',
  }),
  'zookeeper.ssl.truststore.location': string({
    ...NONE,
    default: null,
    doc: 'The file with the certificates to trust.',
  }),
  'zookeeper.ssl.truststore.type': string({
    ...NONE,
    default: null,
    doc: 'The format of that file.',
  }),
  'zookeeper.ssl.truststore.password': password({
    ...NONE,
    default: null,
    doc: 'The password of that file.',
  }),
};

/** KRaft is not spoken here: consensus is ZooKeeper's, and one node needs none. */
const KRAFT: Record<string, ConfigKey> = {
  'controller.quorum.append.linger.ms': int({
    ...NONE,
    default: 25,
    doc: 'How long a KRaft controller collects writes.',
  }),
  'controller.quorum.election.backoff.max.ms': int({
    ...HIGH,
    default: 1000,
    doc: 'The longest pause between KRaft elections.',
  }),
  'controller.quorum.election.timeout.ms': int({
    ...HIGH,
    default: 1000,
    doc: 'How long a KRaft election may take.',
  }),
  'controller.quorum.fetch.timeout.ms': int({
    ...HIGH,
    default: 2000,
    doc: 'After how long a KRaft leader counts as gone.',
  }),
  'controller.quorum.request.timeout.ms': int({
    ...NONE,
    default: 2000,
    doc: 'How long a KRaft controller may take to answer.',
  }),
  'controller.quorum.retry.backoff.ms': int({
    ...LOW,
    default: 20,
    doc: 'The pause before a KRaft controller is asked again.',
  }),
  'broker.heartbeat.interval.ms': int({
    ...NONE,
    default: 2000,
    doc: 'How often a broker reports to the KRaft controller.',
  }),
  'broker.session.timeout.ms': int({
    ...NONE,
    default: 9000,
    doc: 'After how long the KRaft controller declares a broker dead.',
  }),
  'initial.broker.registration.timeout.ms': int({
    ...NONE,
    default: 60_000,
    doc: 'How long a broker waits for the KRaft controller at its start.',
  }),
  'metadata.log.dir': string({ ...HIGH, default: null, doc: 'Where the KRaft metadata log lies.' }),
  'metadata.log.max.record.bytes.between.snapshots': long({
    ...HIGH,
    default: 20_971_520,
    atLeast: 1,
    doc: 'How much is written between two KRaft snapshots.',
  }),
  'metadata.log.max.snapshot.interval.ms': long({
    ...HIGH,
    default: 3_600_000,
    atLeast: 0,
    doc: 'The time between two KRaft snapshots.',
  }),
  'metadata.log.segment.bytes': int({
    ...HIGH,
    default: 1_073_741_824,
    atLeast: 12,
    doc: 'The segment size of the KRaft metadata log.',
  }),
  'metadata.log.segment.min.bytes': int({
    ...HIGH,
    hidden: true,
    default: 8_388_608,
    atLeast: 12,
    doc: 'The smallest such size.',
  }),
  'metadata.log.segment.ms': long({
    ...HIGH,
    default: 604_800_000,
    doc: 'The segment age of the KRaft metadata log.',
  }),
  'metadata.max.idle.interval.ms': int({
    ...LOW,
    default: 500,
    atLeast: 0,
    doc: 'How often an idle KRaft controller writes a record.',
  }),
  'metadata.max.retention.bytes': long({
    ...HIGH,
    default: 104_857_600,
    doc: 'How large the KRaft metadata log may grow.',
  }),
  'metadata.max.retention.ms': long({
    ...HIGH,
    default: 604_800_000,
    doc: 'How long the KRaft metadata log is kept.',
  }),
};

/** Tiered storage is not there yet. */
const REMOTE_STORAGE: Record<string, ConfigKey> = {
  'remote.log.storage.system.enable': boolean({
    ...NONE,
    default: false,
    doc: 'Whether tiered storage is on.',
  }),
  'remote.log.storage.manager.class.name': string({
    ...NONE,
    default: null,
    doc: 'The Java class that stores segments.',
  }),
  'remote.log.storage.manager.class.path': string({
    ...NONE,
    default: null,
    doc: 'Where that class lies.',
  }),
  'remote.log.storage.manager.impl.prefix': string({
    ...NONE,
    default: 'rsm.config.',
    nonEmpty: true,
    doc: 'The prefix of the settings of that class.',
  }),
  'remote.log.metadata.manager.class.name': string({
    ...NONE,
    default:
      'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    nonEmpty: true,
    doc: 'The Java class that keeps what is stored where.',
  }),
  'remote.log.metadata.manager.class.path': string({
    ...NONE,
    default: null,
    doc: 'Where that class lies.',
  }),
  'remote.log.metadata.manager.impl.prefix': string({
    ...NONE,
    default: 'rlmm.config.',
    nonEmpty: true,
    doc: 'The prefix of the settings of that class.',
  }),
  'remote.log.metadata.manager.listener.name': string({
    ...NONE,
    default: null,
    doc: 'The listener that class connects to.',
  }),
  'remote.log.metadata.custom.metadata.max.bytes': int({
    ...LOW,
    default: 128,
    atLeast: 0,
    doc: 'How much a storage plugin may note per segment.',
  }),
  'remote.log.index.file.cache.total.size.bytes': long({
    ...LOW,
    update: 'cluster-wide',
    default: 1_073_741_824,
    atLeast: 1,
    doc: 'How much room cached indexes may take.',
  }),
  'remote.log.manager.thread.pool.size': int({
    ...NONE,
    default: 10,
    atLeast: 1,
    doc: 'Threads of tiered storage.',
  }),
  'remote.log.manager.copier.thread.pool.size': int({
    ...NONE,
    default: -1,
    atLeast: -1,
    doc: 'Threads that copy segments.',
  }),
  'remote.log.manager.expiration.thread.pool.size': int({
    ...NONE,
    default: -1,
    atLeast: -1,
    doc: 'Threads that delete copied segments.',
  }),
  'remote.log.manager.copy.max.bytes.per.second': long({
    ...NONE,
    update: 'cluster-wide',
    default: LONG_MAX,
    atLeast: 1,
    doc: 'How fast segments are copied.',
  }),
  'remote.log.manager.copy.quota.window.num': int({
    ...NONE,
    default: 11,
    atLeast: 1,
    doc: 'Windows over which that is measured.',
  }),
  'remote.log.manager.copy.quota.window.size.seconds': int({
    ...NONE,
    default: 1,
    atLeast: 1,
    doc: 'The length of such a window.',
  }),
  'remote.log.manager.fetch.max.bytes.per.second': long({
    ...NONE,
    update: 'cluster-wide',
    default: LONG_MAX,
    atLeast: 1,
    doc: 'How fast copied segments are read.',
  }),
  'remote.log.manager.fetch.quota.window.num': int({
    ...NONE,
    default: 11,
    atLeast: 1,
    doc: 'Windows over which that is measured.',
  }),
  'remote.log.manager.fetch.quota.window.size.seconds': int({
    ...NONE,
    default: 1,
    atLeast: 1,
    doc: 'The length of such a window.',
  }),
  'remote.log.manager.task.interval.ms': long({
    ...LOW,
    default: 30_000,
    atLeast: 1,
    doc: 'How often segments to copy are looked for.',
  }),
  'remote.log.manager.task.retry.backoff.ms': long({
    ...LOW,
    hidden: true,
    default: 500,
    atLeast: 1,
    doc: 'The first pause after a failure.',
  }),
  'remote.log.manager.task.retry.backoff.max.ms': long({
    ...LOW,
    hidden: true,
    default: 30_000,
    atLeast: 1,
    doc: 'The longest pause after a failure.',
  }),
  'remote.log.manager.task.retry.jitter': double({
    ...LOW,
    hidden: true,
    default: 0.2,
    atLeast: 0,
    atMost: 0.5,
    doc: 'Randomness of that pause.',
  }),
  'remote.log.reader.max.pending.tasks': int({
    ...NONE,
    default: 100,
    atLeast: 1,
    doc: 'Reads of copied segments that may wait.',
  }),
  'remote.log.reader.threads': int({
    ...NONE,
    default: 10,
    atLeast: 1,
    doc: 'Threads that read copied segments.',
  }),
  'remote.fetch.max.wait.ms': int({
    ...NONE,
    update: 'cluster-wide',
    default: 500,
    atLeast: 1,
    doc: 'How long a fetch waits for remote storage.',
  }),
};

/** Set and taken away by kafka-reassign-partitions. Nothing is moved between brokers yet, so nothing is slowed down. */
const THROTTLES: Record<string, ConfigKey> = Object.fromEntries(
  (
    [
      ['leader.replication.throttled.rate', 'Bytes per second that throttled leaders may send.'],
      [
        'follower.replication.throttled.rate',
        'Bytes per second that throttled followers may take.',
      ],
      [
        'replica.alter.log.dirs.io.max.bytes.per.second',
        'Bytes per second that may be moved between log directories.',
      ],
    ] as const
  ).map(([name, doc]) => [
    name,
    long({ ...NONE, hidden: true, update: 'cluster-wide', default: LONG_MAX, atLeast: 0, doc }),
  ]),
);

/** KRaft, tiered storage and details of ZooKeeper (see unused.ts for what that means). */
export const UNUSED_CLUSTER_KEYS: Record<string, ConfigKey> = {
  ...ZOOKEEPER,
  ...KRAFT,
  ...REMOTE_STORAGE,
  ...THROTTLES,
};
