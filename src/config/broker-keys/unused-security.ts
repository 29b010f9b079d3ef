import {
  boolean,
  type ConfigKey,
  className,
  double,
  int,
  list,
  long,
  oneOf,
  password,
  short,
  string,
} from '../key.ts';

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
    default: null,
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
  'ssl.client.auth': oneOf(['required', 'requested', 'none'], {
    ...LISTENER,
    default: 'none',
    doc: 'Whether clients must show a certificate.',
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

/** TLS, SASL and authorization: not there yet (see unused.ts for what that means). */
export const UNUSED_SECURITY_KEYS: Record<string, ConfigKey> = {
  ...SASL,
  ...TLS,
  ...SECURITY,
};
