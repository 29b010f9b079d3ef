// topics: create, list, describe, alter, delete, and what is refused.

/** Ids are drawn, and configs come in the order of a hash table. */
const topicId = (line) =>
  line
    .replace(/TopicId: \S{22}/, 'TopicId: ID')
    .replace(/(Configs: )(\S+)$/, (_, label, configs) => label + sorted(configs));
const sorted = (configs) =>
  configs
    .split(/,(?=[a-z.]+=)/)
    .sort()
    .join(',');
const topics = (name, args, more = {}) => ({
  name,
  tool: 'topics',
  args,
  normalise: topicId,
  ...more,
});
/** Input that is refused before a broker is asked; the sentence counts, not the table of flags behind it. */
const refused = (name, args, more = {}) => topics(name, args, { stderr: true, ...more });
const ID_RELEASES = ['3.9', '4.3'];

/** Topics come in the order of a hash table, ours by name. */
const HASHED = { unordered: true };

const create = (topic, ...more) => ['--create', '--topic', topic, ...more];
const describe = (...more) => ['--describe', ...more];

export const topicRows = {
  name: 'topics',
  properties: { 'num.partitions': 2 },
  rows: [
    topics('list without topics', ['--list']),
    topics('describe without topics', describe()),
    topics('create', create('orders', '--partitions', '3', '--replication-factor', '1')),
    topics('create with the defaults of the broker', create('plain')),
    topics('create with one count only', create('one', '--partitions', '1')),
    topics('create with configs', [
      ...create('kept', '--partitions', '1', '--config', 'retention.ms=600000'),
      ...['--config', 'cleanup.policy=compact,delete', '--config', 'max.message.bytes=1000'],
    ]),
    topics('create with a dot', create('with.dot', '--partitions', '1')),
    topics('create with an underscore', create('under_score', '--partitions', '1')),
    topics('create with an assignment', create('placed', '--replica-assignment', '1,1,1')),
    topics('create what exists', create('orders')),
    topics('create what exists, if it does not', create('orders', '--if-not-exists')),
    topics('create anew, if it does not exist', create('fresh', '--if-not-exists')),
    topics('create what collides', create('with_dot')),
    topics('create with more replicas than brokers', create('many', '--replication-factor', '3')),
    topics('create with no partitions', create('zero', '--partitions', '0')),
    topics('create with no replicas', create('zero', '--replication-factor', '0')),
    topics('create with a name that cannot be', create('a b')),
    topics('create with an empty name', create('')),
    topics('create with a name that is too long', create('x'.repeat(250))),
    topics('create with the name of a folder', create('..')),
    topics('create with an unknown config', create('bad', '--config', 'no.such.key=1')),
    topics('create with a config that cannot be', create('bad', '--config', 'retention.ms=soon')),
    topics('create with a config without a value', create('bad', '--config', 'retention.ms')),
    topics('create on an unknown broker', create('bad', '--replica-assignment', '7')),
    topics('create on the same broker twice', create('bad', '--replica-assignment', '1:1')),
    topics('create with uneven assignments', create('bad', '--replica-assignment', '1:2,1')),
    topics(
      'create with assignments that are no numbers',
      create('bad', '--replica-assignment', 'a'),
    ),
    topics('list', ['--list']),
    topics('list one', ['--list', '--topic', 'orders']),
    topics('list by pattern', ['--list', '--topic', 'o.*']),
    topics('list by several names', ['--list', '--topic', 'orders,plain']),
    topics('list without internal topics', ['--list', '--exclude-internal']),
    topics('list what does not exist', ['--list', '--topic', 'nowhere']),
    topics('describe', describe('--topic', 'orders')),
    topics('describe with configs', describe('--topic', 'kept')),
    topics('describe by pattern', describe('--topic', 'p.*'), HASHED),
    topics('describe all', describe(), HASHED),
    topics('describe what does not exist', describe('--topic', 'nowhere')),
    topics(
      'describe what does not exist, if it does',
      describe('--topic', 'nowhere', '--if-exists'),
    ),
    topics('describe topics with configs', describe('--topics-with-overrides')),
    topics(
      'describe one with configs only',
      describe('--topics-with-overrides', '--topic', 'kept'),
    ),
    topics('describe under-replicated partitions', describe('--under-replicated-partitions')),
    topics('describe unavailable partitions', describe('--unavailable-partitions')),
    topics('describe partitions under min ISR', describe('--under-min-isr-partitions')),
    topics('describe partitions at min ISR', describe('--at-min-isr-partitions'), HASHED),
    topics('describe without internal topics', describe('--exclude-internal'), HASHED),
    topics('describe by id', ({ state }) => describe('--topic-id', state.id), {
      releases: ID_RELEASES,
      async before(context) {
        const { stdout } = await context.ours('topics', describe('--topic', 'orders'));
        context.state.id = /TopicId: (\S+)/.exec(stdout)[1];
      },
    }),
    topics('describe an id that does not exist', describe('--topic-id', 'AAAAAAAAAAAAAAAAAAAAEA'), {
      releases: ID_RELEASES,
    }),
    topics(
      'describe with a page size',
      describe('--topic', 'orders', '--partition-size-limit-per-response', '2'),
      {
        releases: ID_RELEASES,
      },
    ),
    topics('alter: more partitions', ['--alter', '--topic', 'orders', '--partitions', '5']),
    topics('alter: as many as there are', ['--alter', '--topic', 'orders', '--partitions', '5']),
    topics('alter: fewer', ['--alter', '--topic', 'orders', '--partitions', '2']),
    topics('alter: none', ['--alter', '--topic', 'orders', '--partitions', '0']),
    topics('alter: with an assignment', [
      ...['--alter', '--topic', 'placed', '--partitions', '5', '--replica-assignment', '1,1,1,1,1'],
    ]),
    topics('alter: with too few assignments', [
      ...[
        '--alter',
        '--topic',
        'placed',
        '--partitions',
        '8',
        '--replica-assignment',
        '1,1,1,1,1,1',
      ],
    ]),
    topics('alter: what does not exist', ['--alter', '--topic', 'nowhere', '--partitions', '5']),
    topics('alter: what does not exist, if it does', [
      ...['--alter', '--topic', 'nowhere', '--partitions', '5', '--if-exists'],
    ]),
    topics('describe what was altered', describe('--topic', 'orders,placed'), HASHED),
    topics('delete', ['--delete', '--topic', 'one']),
    topics('delete what does not exist', ['--delete', '--topic', 'one']),
    topics('delete what does not exist, if it does', ['--delete', '--topic', 'one', '--if-exists']),
    topics('delete by pattern', ['--delete', '--topic', 'p.*']),
    topics('list what is left', ['--list']),
    refused('no action', ['--topic', 'orders']),
    refused('two actions', ['--list', '--describe']),
    refused('create without a topic', ['--create']),
    refused('delete without a topic', ['--delete']),
    refused('alter without a topic', ['--alter', '--partitions', '3']),
    refused('alter without partitions', ['--alter', '--topic', 'orders']),
    refused('alter with a config', ['--alter', '--topic', 'orders', '--config', 'retention.ms=1']),
    refused('list with partitions', ['--list', '--partitions', '3']),
    refused('describe with a config', describe('--config', 'retention.ms=1')),
    refused('create with a filter', create('x', '--under-replicated-partitions')),
    refused('describe with two filters', [
      ...describe('--under-replicated-partitions', '--unavailable-partitions'),
    ]),
    refused('create, if it exists', create('x', '--if-exists')),
    refused('delete, if it does not exist', ['--delete', '--topic', 'x', '--if-not-exists']),
    refused('create with an assignment and a count', [
      ...create('x', '--replica-assignment', '1', '--partitions', '1'),
    ]),
    refused('partitions that are no number', create('x', '--partitions', 'three')),
    refused('replicas that are no number', create('x', '--replication-factor', '1.5')),
    refused('a flag that does not exist', ['--list', '--no-such-flag']),
    refused('a flag without its value', ['--create', '--topic']),
    refused('a word too many', ['--list', 'orders']),
  ],
  expected: [
    {
      row: /^create with an empty name$/,
      kafka: /cannot be represented in a request/,
      ours: /the empty string is not allowed/,
      reason: "Kafka's client refuses it, ours lets the broker say why",
    },
    {
      row: /config that cannot be|config without a value|assignments that are no numbers|no number$/,
      kafka: /command : (Invalid value|requirement failed|For input string|Cannot parse argument)/,
      ours: /command : (--\S+ |retention\.ms = soon )/,
      reason: 'the sentence names the flag or the key, its value, and what it must be',
    },
    {
      row: 'alter with a config',
      kafka: /kafka-configs tool can be used/,
      ours: /the configs tool is there/,
      reason: 'Kafka names --bootstrap-server among the flags that are wrong, and its own script',
    },
    {
      row: 'a word too many',
      kafka: /^(\w|\[stderr\])/,
      ours: /^(\[exit 1\]|\[stderr\] "orders" is not expected here)/,
      reason: 'Kafka ignores words that belong to no flag',
    },
  ],
};
