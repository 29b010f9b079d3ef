// console-producer: lines in; what became of them is read back by the same release's console-consumer.

const produce = (name, args, input, more = {}) => ({
  name,
  tool: 'console-producer',
  args,
  input,
  stderr: true,
  ...more,
});
const to = (topic, ...more) => ['--topic', topic, ...more];
const property = (...texts) => texts.flatMap((text) => ['--property', text]);
/** What a topic holds now, with everything but the times. */
const holds = (topic, count) => ({
  name: `what ${topic} holds`,
  tool: 'console-consumer',
  args: [
    ...['--topic', topic, '--from-beginning', '--max-messages', `${count}`, '--timeout-ms', '5000'],
    ...property('print.key=true', 'print.headers=true', 'print.offset=true', 'key.separator=|'),
  ],
});

/** Writes to a topic of its own, and reads it back. */
const both = (topic, args, input, count, more = {}) => [
  produce(topic.replaceAll('-', ' '), to(topic, ...args), input, {
    before: ({ referee }) => referee.createTopic(topic),
    ...more,
  }),
  { ...holds(topic, count), ...(more.releases && { releases: more.releases }) },
];

const lines = 'one\ntwo\n\nfour';

export const consoleProducerRows = {
  name: 'console-producer',
  rows: [
    ...both('lines', [], lines, 4),
    ...both('no-input', [], '', 0),
    ...both('windows-lines', [], 'one\r\ntwo\r\n', 2),
    ...both('keys', property('parse.key=true'), 'a\t1\nb\t2\tx\n\t3\n', 3),
    ...both('key-separator', property('parse.key=true', 'key.separator=::'), 'a::1\nb::2::3\n', 2),
    ...both('headers', property('parse.headers=true'), 'h1:v1,h2:v2\tone\nh:\ttwo\n', 2),
    ...both(
      'headers-and-keys',
      property('parse.headers=true', 'parse.key=true'),
      'h1:v1\tk\tone\nh:a:b\tk2\ttwo\n',
      2,
    ),
    ...both(
      'header-separators',
      property(
        ...['parse.headers=true', 'headers.delimiter=|', 'headers.separator=;'],
        'headers.key.separator==',
      ),
      'h1=v1;h2=v2|one\n',
      1,
    ),
    ...both(
      'null-marker',
      property('parse.key=true', 'parse.headers=true', 'null.marker=NIL'),
      'h:NIL\tNIL\tone\nh:v\tk\tNIL\nNIL\tk\tthree\n',
      3,
      { releases: ['3.9', '4.3'] },
    ),
    ...both('ignored-errors', property('parse.key=true', 'ignore.error=true'), 'a\t1\nno key\n', 2),
    ...both(
      'ignored-header-errors',
      property('parse.headers=true', 'ignore.error=true'),
      'h:v\tone\nno headers\nbroken\ttwo\n',
      3,
      { releases: ['3.9', '4.3'] },
    ),
    ...both('a-key-is-missing', property('parse.key=true'), 'a\t1\nno key\nc\t3\n', 1),
    ...both('headers-are-missing', property('parse.headers=true'), 'no headers\n', 0, {
      releases: ['3.9', '4.3'],
    }),
    ...both('sync', ['--sync'], lines, 4),
    ...both('gzip', ['--compression-codec', 'gzip'], lines, 4),
    ...both('codec-alone', ['--compression-codec'], lines, 4),
    ...['none', 'snappy', 'lz4', 'zstd'].flatMap((codec) =>
      both(codec, [`--compression-codec=${codec}`], lines, 4),
    ),
    ...both('older-address', [], lines, 4, {
      bootstrap: '--broker-list',
      releases: ['2.7', '3.9'],
    }),
    ...both('acks', ['--request-required-acks', '1'], lines, 4),
    ...both('acks-by-word', ['--producer-property', 'acks=all'], lines, 4),
    ...both('no-acks', ['--request-required-acks', '0'], lines, 4),
    ...both('timeouts', ['--timeout', '5', '--request-timeout-ms', '5000'], lines, 4),
    ...both(
      'sizes',
      [
        ...[
          '--batch-size',
          '100',
          '--max-memory-bytes',
          '1000000',
          '--socket-buffer-size',
          '50000',
        ],
        ...['--max-partition-memory-bytes', '200', '--message-send-max-retries', '2'],
        ...['--retry-backoff-ms', '50', '--metadata-expiry-ms', '1000', '--max-block-ms', '2000'],
      ],
      lines,
      4,
    ),
    ...both(
      'properties',
      [
        ...['--producer-property', 'linger.ms=1', '--producer-property', 'compression.type=lz4'],
        ...['--producer-property', 'client.id=me', '--producer-property', 'max.request.size=1000'],
      ],
      lines,
      4,
    ),
    ...both('properties-from-a-file', [], lines, 4, {
      args: ({ file }) =>
        to('properties-from-a-file', '--producer.config', file('p.properties', 'acks=1\n')),
    }),
    ...both('newer-properties', ['--command-property', 'linger.ms=1'], lines, 4, {
      releases: ['4.3'],
    }),
    ...both(
      'reader-properties',
      ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'],
      'a:1\n',
      1,
      { releases: ['4.3'] },
    ),
    ...both('reader-config', [], 'a:1\n', 1, {
      releases: ['3.9', '4.3'],
      args: ({ file }) =>
        to(
          'reader-config',
          '--reader-config',
          file('r.properties', 'parse.key=true\nkey.separator=:\n'),
        ),
    }),
    ...both('unknown-reader-property', property('no.such=1'), 'one\n', 1),
    produce(
      'a record that is too large',
      to('lines', '--producer-property', 'max.request.size=1000'),
      'x'.repeat(2000),
    ),
    produce('a topic that does not exist', to('nowhere', '--max-block-ms', '600'), 'one\n'),
    produce('a topic that cannot be', to('a b', '--max-block-ms', '600'), 'one\n'),
    produce('no topic', [], 'one\n'),
    produce('a codec that does not exist', to('lines', '--compression-codec', 'zip'), 'one\n'),
    produce('acks that cannot be', to('lines', '--request-required-acks', '5'), 'one\n'),
    produce('a timeout that is no number', to('lines', '--timeout', 'soon'), 'one\n'),
    produce('a property without a value', to('lines', '--producer-property', 'acks'), 'one\n'),
    produce(
      'a property that cannot be',
      to('lines', '--producer-property', 'linger.ms=soon'),
      'one\n',
    ),
    produce(
      'an empty separator',
      to('lines', ...property('parse.key=true', 'key.separator=')),
      'one\n',
    ),
    produce(
      'equal separators',
      to('lines', ...property('parse.headers=true', 'headers.separator=:')),
      'one\n',
      {
        releases: ['3.9', '4.3'],
      },
    ),
    produce('a flag that does not exist', to('lines', '--no-such-flag'), 'one\n'),
    holds('lines', 4),
  ].map((row, index, all) =>
    // The last one asks again, under its own name.
    index === all.length - 1 ? { ...row, name: 'what lines holds at the end' } : row,
  ),
  expected: [
    {
      row: /missing$|does not exist$|cannot be$|equal separators|a property without a value/,
      kafka: /^\[stderr\] org\.apache\.kafka\.common\.(KafkaException|config\.ConfigException): /,
      ours: /^\[stderr\] (No |compression\.type|acks|--|headers\.separator)/,
      reason: 'the sentence without the Java class, and what a property must be in our words',
    },
    {
      row: /^a record that is too large|^a topic that /,
      kafka: /^\[stderr\] $/,
      ours: /^\[(exit 1|stderr)\]/,
      reason: 'records that were not stored are an error: Kafka logs them and exits with 0',
    },
    {
      row: 'an empty separator',
      kafka: /^\[stderr\] $/,
      ours: /^\[(exit 1|stderr)\]/,
      reason: 'an empty separator makes an empty key of every line, which nobody means',
    },
    {
      row: 'older address',
      kafka: /^\[stderr\] $/,
      ours: /^\[stderr\] WARNING: --broker-list is deprecated/,
      reason: 'older flags are accepted with one line of warning',
    },
  ],
};
