// console-consumer: what is read, and how it is printed.
import { batch } from '../lib/batch.mjs';
import { produce } from '../lib/requests.mjs';

const consume = (name, args, more = {}) => ({ name, tool: 'console-consumer', args, ...more });
const refused = (name, args, more = {}) => consume(name, args, { stderr: true, ...more });
const from = (topic, count) => ['--topic', topic, '--from-beginning', '--max-messages', `${count}`];
const printing = (...names) => names.flatMap((name) => ['--property', `print.${name}=true`]);
const property = (text) => ['--property', text];

const TIMESTAMP = 1_600_000_000_000;
const records = [
  {
    key: 'a',
    value: 'one',
    headers: [
      ['h1', 'v1'],
      ['h2', 'v2'],
    ],
  },
  { key: null, value: 'two' },
  { key: 'c', value: null, headers: [['empty', null]] },
  { key: '', value: '' },
  { key: 'e', value: 'äöü €', headers: [['a', '']] },
];
const bytes = (size, fill) => {
  const buffer = Buffer.alloc(size);
  fill(buffer);
  return buffer;
};
const java = 'org.apache.kafka.common.serialization';
/** One record for each deserializer, as one partition each. */
const typed = {
  Integer: bytes(4, (b) => b.writeInt32BE(-7)),
  Long: bytes(8, (b) => b.writeBigInt64BE(1234567890123n)),
  Short: bytes(2, (b) => b.writeInt16BE(300)),
  Float: bytes(4, (b) => b.writeFloatBE(0.1)),
  Double: bytes(8, (b) => b.writeDoubleBE(1e21)),
  UUID: Buffer.from('b3a4c6de-0000-4000-8000-000000000001'),
  String: Buffer.from('plain'),
  ByteArray: Buffer.from('plain'),
  ByteBuffer: Buffer.from('plain'),
  Bytes: Buffer.from([0x41, 0x01, 0xc3, 0x5c, 0x7f]),
  Void: null,
};
const newFormatters = 'org.apache.kafka.tools.consumer.';

async function prepare({ referee, raw }) {
  await referee.createTopic('mixed');
  await produce(raw, 'mixed', batch(records, { timestamp: TIMESTAMP }));
  await referee.createTopic('appended', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
  await produce(raw, 'appended', batch([{ value: 'one' }]));
  await referee.createTopic('timeless');
  await produce(raw, 'timeless', batch([{ value: 'one' }], { timestamp: -1 }));
  await referee.createTopic('typed', { partitions: Object.keys(typed).length });
  for (const [partition, value] of Object.values(typed).entries()) {
    await produce(raw, 'typed', batch([{ key: value, value }], { timestamp: TIMESTAMP }), {
      partition,
    });
  }
  await referee.createTopic('spread', { partitions: 3 });
  for (const partition of [0, 1, 2]) {
    const values = [0, 1].map((index) => ({ value: `${partition}-${index}` }));
    await produce(raw, 'spread', batch(values), { partition });
  }
  await referee.createTopic('empty');
}

export const consoleConsumerRows = {
  name: 'console-consumer',
  // The records' times are fixed, and long ago.
  properties: { 'offsets.topic.num.partitions': 1, 'log.retention.ms': -1 },
  rows: [
    consume('everything', from('mixed', 5), { before: prepare }),
    consume('some', from('mixed', 2)),
    consume('all columns of 2.7', [
      ...from('mixed', 5),
      ...printing('timestamp', 'key', 'offset', 'partition', 'headers'),
    ]),
    consume('all columns', [
      ...from('mixed', 5),
      ...printing('timestamp', 'key', 'offset', 'partition', 'headers', 'epoch', 'delivery'),
    ]),
    consume('with keys', [...from('mixed', 5), ...printing('key')]),
    consume('with times', [...from('mixed', 5), ...printing('timestamp')]),
    consume('with times of the broker', [...from('appended', 1), ...printing('timestamp')], {
      normalise: (line) => line.replace(/\d{13}/, 'TIME'),
    }),
    consume('without times', [...from('timeless', 1), ...printing('timestamp')]),
    consume('with headers', [...from('mixed', 5), ...printing('headers')]),
    consume('with epochs', [...from('mixed', 1), ...printing('epoch')], { releases: ['4.3'] }),
    consume('with deliveries', [...from('mixed', 1), ...printing('delivery')], {
      releases: ['4.3'],
    }),
    consume('without values', [
      ...from('mixed', 5),
      ...printing('key'),
      ...property('print.value=false'),
    ]),
    consume('nothing at all', [...from('mixed', 5), ...property('print.value=false')]),
    consume('another separator', [
      ...from('mixed', 5),
      ...printing('key'),
      ...property('key.separator= | '),
    ]),
    consume('another line separator', [...from('mixed', 5), ...property('line.separator=;')]),
    consume('another separator of headers', [
      ...from('mixed', 1),
      ...printing('headers'),
      ...property('headers.separator=|'),
    ]),
    consume('another word for null', [
      ...from('mixed', 5),
      ...printing('key', 'headers'),
      ...property('null.literal=NONE'),
    ]),
    consume('a property that does not exist', [
      ...from('mixed', 1),
      ...property('print.colour=true'),
    ]),
    consume('a property without a value', [...from('mixed', 1), ...property('print.key')]),
    consume('a property that is no boolean', [...from('mixed', 1), ...property('print.key=yes')]),
    consume(
      'properties of the formatter by their newer name',
      [
        ...from('mixed', 5),
        ...['--formatter-property', 'print.key=true', '--formatter-property', 'key.separator=:'],
      ],
      { releases: ['4.3'] },
    ),
    consume(
      'properties of the formatter from a file',
      ({ file }) => [
        ...from('mixed', 5),
        ...[
          '--formatter-config',
          file('formatter.properties', 'print.key=true\nkey.separator=:\n'),
        ],
      ],
      { releases: ['3.9', '4.3'] },
    ),
    ...Object.keys(typed).flatMap((name, partition) => {
      const one = [
        '--topic',
        'typed',
        '--partition',
        `${partition}`,
        '--offset',
        '0',
        '--max-messages',
        '1',
      ];
      return [
        consume(`values: ${name}`, [...one, '--value-deserializer', `${java}.${name}Deserializer`]),
        consume(`keys: ${name}`, [
          ...one,
          ...printing('key'),
          ...property(`key.deserializer=${java}.${name}Deserializer`),
          ...property('print.value=false'),
        ]),
      ];
    }),
    consume('values: a list of integers', [
      ...['--topic', 'typed', '--partition', '0', '--offset', '0', '--max-messages', '1'],
      ...property(`value.deserializer=${java}.IntegerDeserializer`),
    ]),
    consume('headers: a deserializer', [
      ...from('mixed', 1),
      ...printing('headers'),
      ...property(`headers.deserializer=${java}.StringDeserializer`),
    ]),
    consume('a value of the wrong size', [
      ...from('mixed', 1),
      ...['--value-deserializer', `${java}.LongDeserializer`],
    ]),
    consume('a value of the wrong size, skipped', [
      ...from('mixed', 5),
      ...['--value-deserializer', `${java}.LongDeserializer`, '--skip-message-on-error'],
    ]),
    consume('a deserializer that does not exist', [
      ...from('mixed', 1),
      '--value-deserializer',
      'no.such.Class',
    ]),

    consume('one partition from its beginning', [
      ...['--topic', 'spread', '--partition', '1', '--from-beginning', '--max-messages', '2'],
    ]),
    consume('one partition from an offset', [
      ...['--topic', 'mixed', '--partition', '0', '--offset', '3', '--max-messages', '2'],
    ]),
    consume('one partition from the earliest offset', [
      ...['--topic', 'mixed', '--partition', '0', '--offset', 'earliest', '--max-messages', '1'],
    ]),
    consume(
      'one partition from the latest offset',
      [...['--topic', 'mixed', '--partition', '0', '--offset', 'latest', '--timeout-ms', '800']],
      { stderr: true },
    ),
    consume(
      'one partition from behind its end',
      [...['--topic', 'mixed', '--partition', '0', '--offset', '100', '--timeout-ms', '800']],
      { stderr: true },
    ),
    consume(
      'several partitions',
      ['--topic', 'spread', '--from-beginning', '--max-messages', '6'],
      {
        unordered: true,
      },
    ),
    consume('nothing in time', ['--topic', 'empty', '--from-beginning', '--timeout-ms', '800'], {
      stderr: true,
    }),
    consume('no more in time', [...from('mixed', 100), '--timeout-ms', '800'], { stderr: true }),
    consume('no messages', [...from('mixed', 0), '--timeout-ms', '800']),
    consume('in a group', [...from('mixed', 2), '--group', 'readers']),
    consume('in a group: the rest', [...from('mixed', 3), '--group', 'readers']),
    consume(
      'in a group: nothing is left',
      [...['--topic', 'mixed', '--group', 'readers', '--timeout-ms', '800']],
      { stderr: true },
    ),
    consume('in a group by its property', [
      ...from('mixed', 1),
      ...['--consumer-property', 'group.id=others'],
    ]),
    consume('in a group by a file', ({ file }) => [
      ...from('mixed', 1),
      ...['--consumer.config', file('consumer.properties', 'group.id=more\n')],
    ]),
    consume(
      'properties by their newer names',
      [...from('mixed', 1), ...['--command-property', 'group.id=newer']],
      { releases: ['4.3'] },
    ),
    consume(
      'a file by its newer name',
      ({ file }) => [
        ...from('mixed', 1),
        ...['--command-config', file('command.properties', 'group.id=newest\n')],
      ],
      { releases: ['4.3'] },
    ),
    consume('earliest by its property', [
      ...['--topic', 'mixed', '--max-messages', '1'],
      ...['--consumer-property', 'auto.offset.reset=earliest'],
    ]),
    consume('committed records only', [...from('mixed', 5), '--isolation-level', 'read_committed']),
    consume('uncommitted records', [...from('mixed', 5), '--isolation-level', 'read_uncommitted']),
    consume(
      'topics by pattern',
      ['--include', 'mix.*|emp.*', '--from-beginning', '--max-messages', '5'],
      {
        releases: ['3.9', '4.3'],
      },
    ),
    consume(
      'topics by the older name of the pattern',
      [...['--whitelist', 'mixed|empty', '--from-beginning', '--max-messages', '5']],
      { releases: ['2.7', '3.9'] },
    ),
    consume(
      'a comma in a pattern',
      [...['--include', 'mixed,empty', '--from-beginning', '--timeout-ms', '800']],
      { releases: ['3.9', '4.3'] },
    ),
    consume(
      'a count in a pattern',
      [...['--include', '(mi|xe){1,2}.*', '--from-beginning', '--max-messages', '5']],
      { releases: ['3.9', '4.3'] },
    ),
    consume('events for tests', [...from('mixed', 1), '--enable-systest-events']),
    consume(
      'print nothing',
      [...from('mixed', 1), '--formatter', `${newFormatters}NoOpMessageFormatter`],
      {
        releases: ['3.9', '4.3'],
      },
    ),
    consume(
      'print nothing, by the old name',
      [...from('mixed', 1), '--formatter', 'kafka.tools.NoOpMessageFormatter'],
      {
        releases: ['2.7', '3.9'],
      },
    ),
    consume(
      'print by the default formatter',
      [...from('mixed', 1), ...['--formatter', `${newFormatters}DefaultMessageFormatter`]],
      { releases: ['3.9', '4.3'] },
    ),
    consume(
      'print by the default formatter, by the old name',
      [...from('mixed', 1), ...['--formatter', 'kafka.tools.DefaultMessageFormatter']],
      { releases: ['2.7', '3.9'] },
    ),
    consume(
      'print and log',
      [...from('mixed', 5), '--formatter', `${newFormatters}LoggingMessageFormatter`],
      {
        releases: ['3.9', '4.3'],
      },
    ),
    consume('a formatter that does not exist', [
      ...from('mixed', 1),
      '--formatter',
      'no.such.Formatter',
    ]),

    refused('no topic', ['--from-beginning']),
    refused('a topic and a pattern', ['--topic', 'mixed', '--include', 'm.*'], {
      releases: ['3.9', '4.3'],
    }),
    refused('a partition without a topic', ['--include', 'm.*', '--partition', '0'], {
      releases: ['3.9', '4.3'],
    }),
    refused('an offset without a partition', ['--topic', 'mixed', '--offset', '1']),
    refused('an offset that cannot be', [
      '--topic',
      'mixed',
      '--partition',
      '0',
      '--offset',
      'first',
    ]),
    refused('a negative offset', ['--topic', 'mixed', '--partition', '0', '--offset', '-2']),
    refused('an offset and the beginning', [
      ...['--topic', 'mixed', '--partition', '0', '--offset', '1', '--from-beginning'],
    ]),
    refused('a partition and a group', ['--topic', 'mixed', '--partition', '0', '--group', 'g']),
    refused('a partition that is no number', ['--topic', 'mixed', '--partition', 'one']),
    refused('a pattern that is none', ['--include', '[a', '--from-beginning'], {
      releases: ['3.9', '4.3'],
    }),
    refused('the beginning and a property against it', [
      ...[
        '--topic',
        'mixed',
        '--from-beginning',
        '--consumer-property',
        'auto.offset.reset=latest',
      ],
    ]),
    refused('two groups', [
      '--topic',
      'mixed',
      '--group',
      'a',
      '--consumer-property',
      'group.id=b',
    ]),
    refused('a group without a name', ['--topic', 'mixed', '--group', '', '--from-beginning']),
    refused('an isolation that does not exist', [
      ...from('mixed', 1),
      '--isolation-level',
      'serial',
    ]),
    refused('a flag that does not exist', [...from('mixed', 1), '--no-such-flag']),
  ],
  expected: [
    {
      row: /^(all columns|with epochs)$/,
      kafka: /\bEpoch:NOT_PRESENT\t/,
      ours: /\bEpoch:0\t/,
      reason: "Kafka's tool loses the epoch on its way to the formatter, also with Kafka's broker",
    },
    {
      row: /: ByteArray$/,
      kafka: /^\[B@[0-9a-f]+$/,
      ours: /^plain$/,
      reason: 'the bytes, and not where Java keeps them',
    },
    {
      row: /: Void$/,
      kafka: /^\[exit 1\]$/,
      ours: /^null$/,
      reason: "nothing is printed as nothing; Kafka's tool has the word for it deserialized",
    },
    {
      row: 'a value of the wrong size, skipped',
      ours: /^null$/,
      reason: "nothing is printed as nothing; Kafka's tool has the word for it deserialized",
    },
    {
      row: /^(a pattern that is none|a group without a name|an isolation that does not exist)$/,
      kafka: /^\[stderr\] $/,
      ours: /^\[stderr\] \S/,
      reason: "one sentence; Kafka's tool writes a Java exception to its log, if that is on",
    },
    {
      row: /in time$|nothing is left|a pattern that is none/,
      releases: ['4.3'],
      kafka: /^\[stderr\] The consumer rebalance protocol/,
      ours: /^\[stderr\] /,
      reason: 'an advertisement for a protocol that this broker does not offer',
    },
  ],
};
