import {
  boolean,
  type ConfigKey,
  className,
  double,
  int,
  LONG_MAX,
  list,
  long,
  password,
  short,
  string,
} from '../key.ts';

/**
 * Keys of features that do not exist here (yet): accepted, checked and described like every other
 * key, so that a file written for Kafka works, and read by nothing.
 */
const NONE = { effect: 'none' } as const;
const LOW = { effect: 'none', importance: 'low' } as const;
const HIGH = { effect: 'none', importance: 'high' } as const;
const LISTENER = { effect: 'none', update: 'per-broker' } as const;

const SASL: Record<string, ConfigKey> = {
  'sasl.enabled.mechanisms': list({
    ...LISTENER,
    default: 'GSSAPI',
    doc: 'SASL mechanisms on offer.',
  }),
  'sasl.jaas.config': password({
    ...LISTENER,
    default: null,
    doc: 'The login module of a SASL mechanism, with its users.',
  }),
  'sasl.mechanism.inter.broker.protocol': string({
    ...LISTENER,
    default: 'GSSAPI',
    doc: 'The SASL mechanism between brokers.',
  }),
  'sasl.mechanism.controller.protocol': string({
    ...HIGH,
    default: 'GSSAPI',
    doc: 'The SASL mechanism towards KRaft controllers.',
  }),
  'sasl.client.callback.handler.class': className({
    ...NONE,
    default: null,
    doc: 'A Java class that supplies credentials.',
  }),
  'sasl.login.callback.handler.class': className({
    ...NONE,
    default: null,
    doc: 'A Java class that supplies credentials at login.',
  }),
  'sasl.login.class': className({ ...NONE, default: null, doc: 'A Java class that logs in.' }),
  'sasl.server.callback.handler.class': className({
    ...NONE,
    default: null,
    doc: 'A Java class that checks credentials.',
  }),
  'sasl.server.max.receive.size': int({
    ...NONE,
    default: 524_288,
    doc: 'The longest SASL message accepted.',
  }),
  'sasl.kerberos.kinit.cmd': string({
    ...LISTENER,
    default: '/usr/bin/kinit',
    doc: 'Where kinit lies.',
  }),
  'sasl.kerberos.min.time.before.relogin': long({
    ...LISTENER,
    default: 60_000,
    doc: 'The pause between Kerberos logins.',
  }),
  'sasl.kerberos.principal.to.local.rules': list({
    ...LISTENER,
    default: 'DEFAULT',
    doc: 'How Kerberos principals become short names.',
  }),
  'sasl.kerberos.service.name': string({
    ...LISTENER,
    default: null,
    doc: 'The Kerberos name of the brokers.',
  }),
  'sasl.kerberos.ticket.renew.jitter': double({
    ...LISTENER,
    default: 0.05,
    doc: 'Randomness of the renewal time of a ticket.',
  }),
  'sasl.kerberos.ticket.renew.window.factor': double({
    ...LISTENER,
    default: 0.8,
    doc: 'The part of its life after which a ticket is renewed.',
  }),
  'sasl.login.connect.timeout.ms': int({
    ...LOW,
    default: null,
    doc: 'How long connecting to the identity provider may take.',
  }),
  'sasl.login.read.timeout.ms': int({
    ...LOW,
    default: null,
    doc: 'How long the identity provider may take to answer.',
  }),
  'sasl.login.refresh.buffer.seconds': short({
    ...LISTENER,
    default: 300,
    doc: 'How long before its end a token is renewed at the latest.',
  }),
  'sasl.login.refresh.min.period.seconds': short({
    ...LISTENER,
    default: 60,
    doc: 'How long a token is kept before it is renewed.',
  }),
  'sasl.login.refresh.window.factor': double({
    ...LISTENER,
    default: 0.8,
    doc: 'The part of its life after which a token is renewed.',
  }),
  'sasl.login.refresh.window.jitter': double({
    ...LISTENER,
    default: 0.05,
    doc: 'Randomness of the renewal time of a token.',
  }),
  'sasl.login.retry.backoff.max.ms': long({
    ...LOW,
    default: 10_000,
    doc: 'The longest pause between logins that fail.',
  }),
  'sasl.login.retry.backoff.ms': long({
    ...LOW,
    default: 100,
    doc: 'The first pause between logins that fail.',
  }),
  'sasl.oauthbearer.clock.skew.seconds': int({
    ...LOW,
    default: 30,
    doc: 'How far the clock of the identity provider may differ.',
  }),
  'sasl.oauthbearer.expected.audience': list({
    ...LOW,
    default: '',
    doc: 'The audiences of which a token must name one.',
  }),
  'sasl.oauthbearer.expected.issuer': string({
    ...LOW,
    default: null,
    doc: 'Who must have issued a token.',
  }),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': long({
    ...LOW,
    default: 3_600_000,
    doc: 'How often the keys of the identity provider are read.',
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': long({
    ...LOW,
    default: 10_000,
    doc: 'The longest pause between reads that fail.',
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': long({
    ...LOW,
    default: 100,
    doc: 'The first pause between reads that fail.',
  }),
  'sasl.oauthbearer.jwks.endpoint.url': string({
    ...NONE,
    default: null,
    doc: 'Where the keys of the identity provider lie.',
  }),
  'sasl.oauthbearer.scope.claim.name': string({
    ...LOW,
    default: 'scope',
    doc: 'The claim that holds the scope.',
  }),
  'sasl.oauthbearer.sub.claim.name': string({
    ...LOW,
    default: 'sub',
    doc: 'The claim that holds the user.',
  }),
  'sasl.oauthbearer.token.endpoint.url': string({
    ...NONE,
    default: null,
    doc: 'Where tokens are had.',
  }),
};

const TLS: Record<string, ConfigKey> = {
  'ssl.client.auth': string({
    ...LISTENER,
    default: 'none',
    doc: 'Whether clients must show a certificate: required, requested or none.',
  }),
  'ssl.protocol': string({ ...LISTENER, default: 'TLSv1.3', doc: 'The TLS version to prefer.' }),
  'ssl.enabled.protocols': list({
    ...LISTENER,
    default: 'TLSv1.2,TLSv1.3',
    doc: 'The TLS versions on offer.',
  }),
  'ssl.cipher.suites': list({
    ...LISTENER,
    default: '',
    doc: 'The cipher suites on offer; empty: all that are safe.',
  }),
  'ssl.keystore.location': string({
    ...LISTENER,
    default: null,
    doc: 'The file with the key and the certificate.',
  }),
  'ssl.keystore.type': string({ ...LISTENER, default: 'JKS', doc: 'The format of that file.' }),
  'ssl.keystore.password': password({
    ...LISTENER,
    default: null,
    doc: 'The password of that file.',
  }),
  'ssl.keystore.key': password({ ...LISTENER, default: null, doc: 'The key itself, in PEM.' }),
  'ssl.keystore.certificate.chain': password({
    ...LISTENER,
    default: null,
    doc: 'The certificates themselves, in PEM.',
  }),
  'ssl.key.password': password({ ...LISTENER, default: null, doc: 'The password of the key.' }),
  'ssl.truststore.location': string({
    ...LISTENER,
    default: null,
    doc: 'The file with the certificates to trust.',
  }),
  'ssl.truststore.type': string({ ...LISTENER, default: 'JKS', doc: 'The format of that file.' }),
  'ssl.truststore.password': password({
    ...LISTENER,
    default: null,
    doc: 'The password of that file.',
  }),
  'ssl.truststore.certificates': password({
    ...LISTENER,
    default: null,
    doc: 'The certificates to trust themselves, in PEM.',
  }),
  'ssl.endpoint.identification.algorithm': string({
    ...LISTENER,
    importance: 'low',
    default: 'https',
    doc: 'How the name in a certificate is checked.',
  }),
  'ssl.engine.factory.class': className({
    ...LISTENER,
    importance: 'low',
    default: null,
    doc: 'A Java class that does TLS.',
  }),
  'ssl.keymanager.algorithm': string({
    ...LISTENER,
    default: 'SunX509',
    doc: 'A setting of Java.',
  }),
  'ssl.trustmanager.algorithm': string({ ...LISTENER, default: 'PKIX', doc: 'A setting of Java.' }),
  'ssl.secure.random.implementation': string({
    ...LISTENER,
    importance: 'low',
    default: null,
    doc: 'A setting of Java.',
  }),
  'ssl.provider': string({ ...LISTENER, default: null, doc: 'A setting of Java.' }),
  'ssl.principal.mapping.rules': string({
    ...LOW,
    default: 'DEFAULT',
    doc: 'How the name in a certificate becomes a principal.',
  }),
  'ssl.allow.dn.changes': boolean({
    ...LOW,
    default: false,
    doc: 'Whether a new certificate may carry another name.',
  }),
  'ssl.allow.san.changes': boolean({
    ...LOW,
    default: false,
    doc: 'Whether a new certificate may carry other alternative names.',
  }),
};

const SECURITY: Record<string, ConfigKey> = {
  'authorizer.class.name': string({
    ...LOW,
    default: '',
    doc: 'The Java class that decides who may do what.',
  }),
  'principal.builder.class': className({
    ...LISTENER,
    default: 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    doc: 'The Java class that names the user of a connection.',
  }),
  'connections.max.reauth.ms': long({
    ...NONE,
    default: 0,
    doc: 'How long a login is good for. 0: for ever.',
  }),
  'connection.failed.authentication.delay.ms': int({
    ...LOW,
    default: 100,
    atLeast: 0,
    doc: 'How long a connection whose login failed is held before it is closed.',
  }),
  'security.providers': string({
    ...LOW,
    default: null,
    doc: 'Java classes that supply security algorithms.',
  }),
  'delegation.token.master.key': password({
    ...NONE,
    default: null,
    doc: 'The older name of delegation.token.secret.key.',
  }),
  'delegation.token.secret.key': password({
    ...NONE,
    default: null,
    doc: 'The secret that delegation tokens are made with.',
  }),
  'delegation.token.max.lifetime.ms': long({
    ...NONE,
    default: 604_800_000,
    atLeast: 1,
    doc: 'How long a delegation token can be renewed.',
  }),
  'delegation.token.expiry.time.ms': long({
    ...NONE,
    default: 86_400_000,
    atLeast: 1,
    doc: 'How long a delegation token is good for before it is renewed.',
  }),
  'delegation.token.expiry.check.interval.ms': long({
    ...LOW,
    default: 3_600_000,
    atLeast: 1,
    doc: 'How often old delegation tokens are looked for.',
  }),
  'password.encoder.secret': password({
    ...NONE,
    default: null,
    doc: 'The secret that passwords in ZooKeeper are encrypted with.',
  }),
  'password.encoder.old.secret': password({
    ...NONE,
    default: null,
    doc: 'The secret before that one.',
  }),
  'password.encoder.keyfactory.algorithm': string({
    ...LOW,
    default: null,
    doc: 'How a key is made of it.',
  }),
  'password.encoder.cipher.algorithm': string({
    ...LOW,
    default: 'AES/CBC/PKCS5Padding',
    doc: 'The cipher.',
  }),
  'password.encoder.key.length': int({
    ...LOW,
    default: 128,
    atLeast: 8,
    doc: 'The length of the key.',
  }),
  'password.encoder.iterations': int({
    ...LOW,
    default: 4096,
    atLeast: 1024,
    doc: 'The rounds of making the key.',
  }),
};

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
    default: '',
    doc: 'The TLS versions towards ZooKeeper.',
  }),
  'zookeeper.ssl.cipher.suites': list({
    ...LOW,
    default: '',
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
  'process.roles': list({
    ...HIGH,
    default: '',
    items: ['broker', 'controller'],
    doc: 'The roles of a node in a KRaft cluster. A Sluice node always is both.',
  }),
  'controller.listener.names': string({
    ...HIGH,
    default: null,
    doc: 'The listeners of the KRaft controller. They are not opened here.',
  }),
  'controller.quorum.voters': list({
    ...HIGH,
    default: '',
    doc: 'The controllers of a KRaft cluster.',
  }),
  'controller.quorum.bootstrap.servers': list({
    ...HIGH,
    default: '',
    doc: 'Where to find the controllers of a KRaft cluster.',
  }),
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
    default: 500,
    atLeast: 1,
    doc: 'The first pause after a failure.',
  }),
  'remote.log.manager.task.retry.backoff.max.ms': long({
    ...LOW,
    default: 30_000,
    atLeast: 1,
    doc: 'The longest pause after a failure.',
  }),
  'remote.log.manager.task.retry.jitter': double({
    ...LOW,
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

/** Keys of other Kafka versions that stand in real files. */
const OTHER_VERSIONS: Record<string, ConfigKey> = Object.fromEntries(
  [
    'controller.message.queue.size',
    'controlled.shutdown.skip.enable',
    'quota.consumer.default',
    'quota.producer.default',
    'replica.lag.max.messages',
    'zookeeper.sync.time.ms',
    'controller.quorum.auto.join.enable',
    'group.coordinator.cached.buffer.max.bytes',
    'group.consumer.regex.refresh.interval.ms',
    'group.share.assignors',
    'group.share.initialize.retry.interval.ms',
    'share.coordinator.append.linger.ms',
    'share.coordinator.load.buffer.size',
    'share.coordinator.snapshot.update.records.per.snapshot',
    'share.coordinator.state.topic.compression.codec',
    'share.coordinator.state.topic.min.isr',
    'share.coordinator.state.topic.num.partitions',
    'share.coordinator.state.topic.prune.interval.ms',
    'share.coordinator.state.topic.replication.factor',
    'share.coordinator.state.topic.segment.bytes',
    'share.coordinator.threads',
    'share.coordinator.write.timeout.ms',
    'transaction.two.phase.commit.enable',
  ].map((name) => [
    name,
    string({ ...NONE, hidden: true, default: null, doc: 'A key of another Kafka version.' }),
  ]),
);

export const UNUSED_KEYS: Record<string, ConfigKey> = {
  ...SASL,
  ...TLS,
  ...SECURITY,
  ...ZOOKEEPER,
  ...KRAFT,
  ...REMOTE_STORAGE,
  ...OTHER_VERSIONS,
};
