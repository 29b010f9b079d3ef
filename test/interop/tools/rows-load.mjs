// producer-perf-test, consumer-perf-test, verifiable-producer and verifiable-consumer. Figures are replaced; what is
// counted is compared.

const row =
  (tool) =>
  (name, args, more = {}) => ({ name, tool, args, ...more });
const count = (text) => ['--num-records', String(text)];
const props = ['--producer-props', 'bootstrap.servers={bootstrap}'];

/** Every figure of a rate or a time; the number of records at the line's beginning stays. */
const rates = (line) => line.replace(/(, |\()\d+(\.\d+)?(?= (records|MB|ms))/g, '$1N');
/** The table of metrics holds what all clients count, under the same names; values are replaced. */
const counted = (line, wanted) =>
  /^Metric Name/.test(line) || wanted.test(line)
    ? line.replace(/ +: [\d.]+$/, ' : N').replace(/ +Value$/, ' Value')
    : null;
const producerPerf = (name, args, more = {}) =>
  row('producer-perf-test')(name, args, { bootstrap: false, normalise: rates, ...more });
const load = (topic, records, ...more) => [
  ...['--topic', topic, ...count(records), '--throughput', '-1'],
  ...more,
];
const refusedLoad = (name, args, more = {}) =>
  producerPerf(name, args, {
    stderr: true,
    normalise: (line) => (/^ |^usage/.test(line) ? null : line),
    ...more,
  });

/** Less than a millisecond of fetching gives any of these. */
const FIGURE = /-?(\d+|NaN|Infinity|∞)/g;
/** Start, end, MB, MB/s, messages, messages/s, rebalance ms, fetch ms, ...: only the amounts are the same. */
const consumed = (line) => {
  const columns = line.split(', ');
  if (!/^\d{4}-|^\d+[:h]/.test(line)) return line;
  return columns
    .map((text, index) => ([2, 4].includes(index) ? text : text.replace(FIGURE, 'N')))
    .join(', ');
};
const consumerPerf = (name, args, more = {}) =>
  row('consumer-perf-test')(name, args, { normalise: consumed, ...more });

/** JSON lines: times and rates are replaced, the order of keys stays. */
const told = (line) =>
  line
    .replace(/"timestamp":\d+/, '"timestamp":0')
    .replace(/"avg_throughput":("NaN"|"Infinity"|[\d.E-]+)/, '"avg_throughput":0');
const verifiableProducer = (name, args, more = {}) =>
  row('verifiable-producer')(name, args, { normalise: told, ...more });
const verifiableConsumer = (name, args, more = {}) =>
  row('verifiable-consumer')(name, args, { normalise: told, ...more });
const messages = (number) => ['--max-messages', String(number)];
const filled = (topic, number, partitions = 1) => ({
  async before({ referee, ours }) {
    await referee.createTopic(topic, { partitions });
    await ours('verifiable-producer', [
      '--topic',
      topic,
      ...messages(number),
      '--throughput',
      '-1',
    ]);
  },
});

export const loadRows = {
  name: 'load',
  rows: [
    producerPerf('records of a size', load('perf', 500, '--record-size', '100', ...props), {
      before: ({ referee }) => referee.createTopic('perf', { partitions: 2 }),
    }),
    producerPerf('records of a file', ({ file }) => [
      ...load('perf', 50, ...props),
      ...['--payload-file', file('payload.txt', 'one\ntwo\nthree\n')],
    ]),
    producerPerf('records of a file with a delimiter', ({ file }) => [
      ...load('perf', 50, ...props),
      ...['--payload-file', file('payload2.txt', 'one,two,three'), '--payload-delimiter', ','],
    ]),
    producerPerf('records that count', load('perf', 50, '--payload-monotonic', ...props), {
      releases: ['3.9', '4.3'],
    }),
    producerPerf('records so many a second', [
      ...['--topic', 'perf', ...count(20), '--throughput', '200', '--record-size', '10', ...props],
    ]),
    producerPerf(
      'with a codec',
      load('perf', 50, '--record-size', '100', ...props, 'compression.type=lz4', 'acks=1'),
    ),
    producerPerf('properties from a file', ({ file, bootstrap }) => [
      ...load('perf', 50, '--record-size', '10'),
      ...['--producer.config', file('p.properties', `bootstrap.servers=${bootstrap}\n`)],
    ]),
    producerPerf('the address by its flag', load('perf', 50, '--record-size', '10'), {
      bootstrap: '--bootstrap-server',
      releases: ['4.3'],
    }),
    producerPerf(
      'properties by their newer name',
      [
        ...load(
          'perf',
          50,
          '--record-size',
          '10',
          '--command-property',
          'bootstrap.servers={bootstrap}',
          'acks=1',
        ),
      ],
      { releases: ['4.3'] },
    ),
    producerPerf(
      'records to warm up',
      load('perf', 50, '--record-size', '10', '--warmup-records', '20', ...props),
      {
        releases: ['4.3'],
      },
    ),
    producerPerf(
      'with metrics',
      load('perf', 50, '--record-size', '10', '--print-metrics', ...props),
      {
        normalise: (line) =>
          line.includes('records sent')
            ? rates(line)
            : counted(
                line,
                /^producer-metrics:(record-(send|error)-total|request-total|batch-size-max):/,
              ),
      },
    ),
    refusedLoad('no topic', [...count(1), '--throughput', '-1', '--record-size', '1', ...props]),
    refusedLoad('no number of records', [
      '--topic',
      'perf',
      '--throughput',
      '-1',
      '--record-size',
      '1',
      ...props,
    ]),
    refusedLoad('no throughput', ['--topic', 'perf', ...count(1), '--record-size', '1', ...props]),
    refusedLoad('no payload', load('perf', 1, ...props)),
    refusedLoad(
      'two payloads',
      load('perf', 1, '--record-size', '1', '--payload-file', 'x', ...props),
    ),
    refusedLoad('a size of nothing', load('perf', 1, '--record-size', '0', ...props)),
    refusedLoad('a size that is no number', load('perf', 1, '--record-size', 'big', ...props)),
    refusedLoad(
      'a file that does not exist',
      load('perf', 1, '--payload-file', '{folder}/none', ...props),
    ),

    consumerPerf('read records', ['--topic', 'perf', '--messages', '500'], {
      // A poll may bring more than was asked for in all, and of two partitions any.
      normalise: (line) => consumed(line).replace(/^((\S+ ){4})[\d.]+/, '$1MB'),
    }),
    consumerPerf(
      'read the records of one partition',
      ['--topic', 'one', '--messages', '100'],
      filled('one', 100),
    ),
    consumerPerf(
      'read by the newer name of the count',
      ['--topic', 'one', '--num-records', '100'],
      {
        releases: ['4.3'],
      },
    ),
    consumerPerf('read without a header', ['--topic', 'one', '--messages', '100', '--hide-header']),
    consumerPerf(
      'read with details',
      [
        ...[
          '--topic',
          'one',
          '--messages',
          '100',
          '--show-detailed-stats',
          '--reporting-interval',
          '1',
        ],
      ],
      { normalise: (line) => (/^\d/.test(line) ? null : line) },
    ),
    consumerPerf(
      'read with another date format',
      ['--topic', 'one', '--messages', '100', '--date-format', 'HH:mm'],
      {
        normalise: (line) => consumed(line),
      },
    ),
    consumerPerf('read what is not there', [
      '--topic',
      'one',
      '--messages',
      '200',
      '--timeout',
      '900',
    ]),
    consumerPerf('read with a group', [
      '--topic',
      'one',
      '--messages',
      '100',
      '--group',
      'g',
      '--fetch-size',
      '100',
    ]),
    consumerPerf('read from the end', [
      '--topic',
      'one',
      '--messages',
      '1',
      '--from-latest',
      '--timeout',
      '900',
    ]),
    consumerPerf('read topics by pattern', ['--include', 'on.', '--messages', '100'], {
      releases: ['4.3'],
    }),
    consumerPerf('read with metrics', ['--topic', 'one', '--messages', '100', '--print-metrics'], {
      normalise: (line) =>
        /^\d{4}-|start\.time/.test(line)
          ? consumed(line)
          : counted(
              line,
              /^consumer-fetch-manager-metrics:(bytes|records)-consumed-total:\{client-id=[^,]*\}/,
            ),
    }),
    consumerPerf('read: no topic', ['--messages', '1'], { stderr: true }),
    consumerPerf('read: no count', ['--topic', 'one'], { stderr: true }),
    consumerPerf('read: a count that is no number', ['--topic', 'one', '--messages', 'many'], {
      stderr: true,
    }),

    verifiableProducer('numbers', ['--topic', 'numbers', ...messages(3)], {
      before: async ({ referee }) => {
        await referee.createTopic('numbers');
        await referee.createTopic('keyed');
      },
    }),
    verifiableProducer('numbers with a throughput', [
      '--topic',
      'numbers',
      ...messages(3),
      '--throughput',
      '1000',
    ]),
    verifiableProducer('numbers with keys', [
      '--topic',
      'keyed',
      ...messages(5),
      '--repeating-keys',
      '2',
    ]),
    verifiableProducer('numbers with a prefix', [
      '--topic',
      'keyed',
      ...messages(2),
      '--value-prefix',
      '7',
    ]),
    verifiableProducer('numbers with times', [
      '--topic',
      'keyed',
      ...messages(1),
      '--message-create-time',
      '1600000000000',
    ]),
    verifiableProducer('numbers with acks', ['--topic', 'keyed', ...messages(1), '--acks', '1']),
    verifiableProducer('no numbers', ['--topic', 'numbers', ...messages(0)]),
    verifiableProducer('numbers: no topic', messages(1), { stderr: true }),
    verifiableProducer('numbers by the older address', ['--topic', 'numbers', ...messages(1)], {
      bootstrap: '--broker-list',
      releases: ['2.7', '3.9'],
    }),
    {
      ...verifiableConsumer('check', ['--topic', 'checked', '--group-id', 'c1', ...messages(10)]),
      ...filled('checked', 10),
    },
    verifiableConsumer('check every record', [
      '--topic',
      'checked',
      '--group-id',
      'c2',
      ...messages(10),
      '--verbose',
    ]),
    verifiableConsumer('check with automatic commits', [
      ...['--topic', 'checked', '--group-id', 'c3', ...messages(10), '--enable-autocommit'],
    ]),
    verifiableConsumer('check a part', ['--topic', 'checked', '--group-id', 'c4', ...messages(4)]),
    verifiableConsumer('check the rest', [
      '--topic',
      'checked',
      '--group-id',
      'c4',
      ...messages(6),
    ]),
    verifiableConsumer('check with a policy and a strategy', [
      ...['--topic', 'checked', '--group-id', 'c5', ...messages(10), '--reset-policy', 'earliest'],
      ...['--assignment-strategy', 'org.apache.kafka.clients.consumer.RoundRobinAssignor'],
      ...['--session-timeout', '20000'],
    ]),
    verifiableConsumer('check as a static member', [
      ...['--topic', 'checked', '--group-id', 'c6', '--group-instance-id', 'i1', ...messages(10)],
    ]),
    verifiableConsumer('check: no group', ['--topic', 'checked'], { stderr: true }),
    verifiableConsumer('check: no topic', ['--group-id', 'c1'], { stderr: true }),
    verifiableConsumer(
      'check: a policy that does not exist',
      [...['--topic', 'checked', '--group-id', 'c9', ...messages(1), '--reset-policy', 'middle']],
      { stderr: true },
    ),
  ],
  expected: [
    {
      row: /^(no |two |a size |a file )/,
      kafka: /^(\[stderr\] |Reading payloads from: )/,
      ours: /^\[stderr\] /,
      reason: 'one sentence that names the flag, without the table of flags or a Java class',
    },
    {
      row: /^(numbers|check): /,
      kafka: /^\[stderr\] /,
      ours: /^\[stderr\] /,
      reason: 'one sentence that names the flag, without the table of flags or a Java class',
    },
    {
      row: 'read: a count that is no number',
      kafka: /^start\.time, /,
      reason: 'the flags are read before the header is printed',
    },
    {
      row: /^check/,
      releases: ['4.3'],
      kafka: /"name":"shutdown_requested"/,
      reason: "said by the JVM's shutdown hook, after the end",
    },
  ],
};
