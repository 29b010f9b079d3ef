// configs: describe and alter every kind of entity, also those that the broker does not keep configs for.

const configs = (name, args, more = {}) => ({ name, tool: 'configs', args, ...more });
/** Input that is refused before a broker is asked; the sentence counts, not the table of flags behind it. */
const refused = (name, args, more = {}) => configs(name, args, { stderr: true, ...more });

const entity = (type, name) => [
  ...['--entity-type', type],
  ...(name === undefined ? [] : ['--entity-name', name]),
];
const describe = (...more) => ['--describe', ...more];
const alter = (...more) => ['--alter', ...more];
const add = (text) => ['--add-config', text];
const remove = (text) => ['--delete-config', text];
/** The one line about a key out of the many that --all shows. */
const onlyKey = (key) => (line) =>
  line.startsWith('  ') && !line.startsWith(`  ${key}=`) ? null : line;

export const configRows = {
  name: 'configs',
  rows: [
    {
      ...configs('describe a topic without configs', describe(...entity('topics', 'plain'))),
      async before({ referee }) {
        await referee.createTopic('plain');
        await referee.createTopic('kept', { configs: { 'retention.ms': 600000 } });
      },
    },
    configs('describe a topic', describe(...entity('topics', 'kept'))),
    configs('describe a topic by its own flag', describe('--topic', 'kept')),
    configs('describe all of a topic', describe(...entity('topics', 'plain'), '--all'), {
      normalise: onlyKey('retention.ms'),
    }),
    configs('describe all topics', describe(...entity('topics')), { unordered: true }),
    configs('describe a topic that does not exist', describe('--topic', 'nowhere'), {
      stderr: true,
    }),
    configs('alter a topic', alter(...entity('topics', 'kept'), ...add('max.message.bytes=1000'))),
    configs('alter a topic with a list', [
      ...alter(...entity('topics', 'kept')),
      ...add('cleanup.policy=[compact,delete],segment.ms=60000'),
    ]),
    configs('describe the altered topic', describe(...entity('topics', 'kept')), {
      unordered: true,
    }),
    configs(
      'alter a topic: delete',
      alter('--topic', 'kept', ...remove('max.message.bytes,segment.ms')),
    ),
    configs('alter a topic: add and delete', [
      ...alter('--topic', 'kept', ...add('segment.bytes=2000000'), ...remove('cleanup.policy')),
    ]),
    configs('describe the topic again', describe(...entity('topics', 'kept')), { unordered: true }),
    configs('alter a topic from a file', ({ file }) => [
      ...alter('--topic', 'plain'),
      ...['--add-config-file', file('add.properties', 'retention.ms=1000\nsegment.ms = 5000\n')],
    ]),
    configs('describe the topic from a file', describe('--topic', 'plain'), { unordered: true }),
    refused('alter with a file that does not exist', [
      ...alter('--topic', 'plain', '--add-config-file', '{folder}/none.properties'),
    ]),
    refused(
      'alter a topic that does not exist',
      alter('--topic', 'nowhere', ...add('retention.ms=1')),
    ),
    refused(
      'alter: delete what is not set',
      alter('--topic', 'plain', ...remove('cleanup.policy')),
    ),
    refused(
      'alter: delete what does not exist',
      alter('--topic', 'plain', ...remove('no.such.key')),
    ),
    refused('alter: add what does not exist', alter('--topic', 'plain', ...add('no.such.key=1'))),
    refused('alter: add what cannot be', alter('--topic', 'plain', ...add('retention.ms=soon'))),
    refused('alter: add without a value', alter('--topic', 'plain', ...add('retention.ms'))),
    refused('alter: add an empty value', alter('--topic', 'plain', ...add('retention.ms='))),
    refused('alter: an illegal character', alter('--topic', 'plain', ...add('retention$ms=1'))),

    configs('describe a broker', describe(...entity('brokers', '1'))),
    configs('describe a broker by its own flag', describe('--broker', '1')),
    configs('describe all of a broker', describe(...entity('brokers', '1'), '--all'), {
      normalise: onlyKey('num.partitions'),
    }),
    configs('describe the default of brokers', describe(...entity('brokers'), '--entity-default')),
    configs('describe the default of brokers by its own flag', describe('--broker-defaults')),
    configs('describe all brokers', describe(...entity('brokers'))),
    configs('alter a broker', alter(...entity('brokers', '1'), ...add('log.cleaner.threads=2'))),
    configs('alter the default of brokers', [
      ...alter(...entity('brokers'), '--entity-default', ...add('log.retention.ms=900000')),
    ]),
    configs('describe the altered broker', describe('--broker', '1')),
    configs('describe the altered default', describe('--broker-defaults')),
    configs('describe all brokers once altered', describe(...entity('brokers'))),
    configs('alter a broker: delete', alter('--broker', '1', ...remove('log.cleaner.threads'))),
    configs('alter the default: delete', [
      ...alter('--broker-defaults', ...remove('log.retention.ms')),
    ]),
    refused(
      'alter a broker: what cannot be altered',
      alter('--broker', '1', ...add('log.dirs=/x')),
    ),
    refused(
      'alter a broker: what cannot be',
      alter('--broker', '1', ...add('log.cleaner.threads=many')),
    ),
    refused(
      'alter a broker: delete what is not set',
      alter('--broker', '1', ...remove('log.cleaner.threads')),
    ),
    refused(
      'alter a broker whose id is no number',
      alter('--broker', 'one', ...add('log.cleaner.threads=1')),
    ),
    refused('describe a broker whose id is no number', describe('--broker', 'one')),
    refused(
      'alter brokers without a name',
      alter(...entity('brokers'), ...add('log.cleaner.threads=1')),
    ),

    refused('describe the loggers of a broker', describe(...entity('broker-loggers', '1'))),
    refused(
      'alter the loggers of a broker',
      alter('--broker-logger', '1', ...add('kafka.server=DEBUG')),
    ),
    refused('describe broker loggers without a name', describe(...entity('broker-loggers'))),
    refused('describe a user', describe(...entity('users', 'alice'))),
    refused('describe a user by its own flag', describe('--user', 'alice')),
    refused('describe all users', describe(...entity('users'))),
    refused('describe the default of users', describe('--user-defaults')),
    refused('alter a user: a quota', alter('--user', 'alice', ...add('producer_byte_rate=1024'))),
    refused('alter a user: a password', [
      ...alter('--user', 'alice', ...add('SCRAM-SHA-256=[password=secret]')),
    ]),
    refused('describe a client', describe(...entity('clients', 'app'))),
    refused('describe all clients', describe(...entity('clients'))),
    refused('describe a client of a user', describe('--user', 'alice', '--client', 'app')),
    refused('alter a client', alter('--client', 'app', ...add('consumer_byte_rate=1024'))),
    refused(
      'alter the default of clients',
      alter('--client-defaults', ...add('consumer_byte_rate=1024')),
    ),
    refused('describe an address', describe(...entity('ips', '127.0.0.1')), {
      releases: ['3.9', '4.3'],
    }),
    refused('alter an address', alter('--ip', '127.0.0.1', ...add('connection_creation_rate=5')), {
      releases: ['3.9', '4.3'],
    }),
    refused('describe client metrics', describe('--client-metrics', 'm'), {
      releases: ['3.9', '4.3'],
    }),
    refused('alter client metrics', alter('--client-metrics', 'm', ...add('interval.ms=1000')), {
      releases: ['3.9', '4.3'],
    }),
    refused('describe a group', describe('--group', 'g'), { releases: ['3.9', '4.3'] }),
    refused('describe all groups', describe(...entity('groups')), { releases: ['3.9', '4.3'] }),
    refused('alter a group', alter('--group', 'g', ...add('consumer.session.timeout.ms=50000')), {
      releases: ['3.9', '4.3'],
    }),

    refused('no action', entity('topics', 'kept')),
    refused('two actions', describe('--alter', '--topic', 'kept')),
    refused('no entity', describe()),
    refused('an unknown kind of entity', describe('--entity-type', 'planets')),
    refused('two kinds of entity', describe('--topic', 'kept', '--broker', '1')),
    refused('a short and a long entity', describe('--topic', 'kept', ...entity('brokers', '1'))),
    refused('the default of topics', describe(...entity('topics'), '--entity-default')),
    refused('alter without a change', alter('--topic', 'kept')),
    refused('alter topics without a name', alter(...entity('topics'), ...add('retention.ms=1'))),
    refused('alter with a text and a file', [
      ...alter('--topic', 'kept', ...add('retention.ms=1'), '--add-config-file', '{folder}/x'),
    ]),
    refused('a flag that does not exist', describe('--topic', 'kept', '--no-such-flag')),
  ],
  expected: [
    {
      row: 'alter the loggers of a broker',
      kafka: /^\[stderr\] Invalid broker logger/,
      ours: /^\[stderr\] Error while executing config command/,
      reason: 'the broker is asked, and its reason is on the second line',
    },
    {
      row: 'alter: add without a value',
      kafka: /^\[stderr\] requirement failed/,
      ours: /^\[stderr\] Error while executing config command/,
      reason: 'as with every other config that cannot be, the reason is on the second line',
    },
    {
      row: /^describe a group$/,
      kafka: /^Dynamic configs for group g are:$/,
      reason: 'there are no configs of groups, so nothing is announced',
    },
    {
      row: 'describe all groups',
      kafka: /^\[stderr\] $/,
      ours: /^\[(exit 1|stderr)\]/,
      reason: 'there are no configs of groups, which is said even where there is no group',
    },
    {
      row: 'a short and a long entity',
      kafka: /entity types may be specified together/,
      ours: /in conjunction with specific entity flags/,
      reason: 'the sentence names the flags',
    },
  ],
};
