// kafka-configs and kafka-topics in their rarer uses: every kind of entity, every filter.

const broker = ({ brokerId }) => ['--entity-type', 'brokers', '--entity-name', String(brokerId)];
const everyBroker = ['--entity-type', 'brokers', '--entity-default'];

export const configSteps = [
  {
    name: 'kafka-configs --describe (all topics)',
    args: () => ['--entity-type', 'topics', '--describe'],
    varies: 'it shows the topics of other suites',
  },
  {
    name: 'kafka-configs --alter (broker)',
    args: (context) => [...broker(context), '--alter', '--add-config', 'log.cleaner.threads=2'],
  },
  {
    name: 'kafka-configs --describe (broker)',
    args: (context) => [...broker(context), '--describe'],
  },
  {
    name: 'kafka-configs --delete-config (broker)',
    args: (context) => [...broker(context), '--alter', '--delete-config', 'log.cleaner.threads'],
  },
  {
    name: 'kafka-configs --alter (every broker)',
    args: () => [...everyBroker, '--alter', '--add-config', 'log.retention.ms=86400000'],
  },
  { name: 'kafka-configs --describe (every broker)', args: () => [...everyBroker, '--describe'] },
  {
    name: 'kafka-configs --delete-config (every broker)',
    args: () => [...everyBroker, '--alter', '--delete-config', 'log.retention.ms'],
  },
  {
    name: 'kafka-configs --describe (broker loggers)',
    args: ({ brokerId }) => [
      ...['--entity-type', 'broker-loggers', '--entity-name', String(brokerId), '--describe'],
    ],
    varies: 'each broker has loggers of its own',
  },
  {
    name: 'kafka-configs --alter (broker logger)',
    args: ({ brokerId }) => [
      ...['--entity-type', 'broker-loggers', '--entity-name', String(brokerId), '--alter'],
      ...['--add-config', 'root=INFO'],
    ],
    from: 3, // The Kafka 2.7 of this suite runs without the Log4j whose levels it would set.
  },
  {
    name: 'kafka-configs --alter of an unknown key',
    because: 'the value is refused',
    args: ({ topic }) => [
      ...['--entity-type', 'topics', '--entity-name', topic, '--alter'],
      ...['--add-config', 'no.such.key=1'],
    ],
  },
  {
    name: 'kafka-configs --alter of a value that cannot be',
    because: 'the value is refused',
    args: ({ topic }) => [
      ...['--entity-type', 'topics', '--entity-name', topic, '--alter'],
      ...['--add-config', 'retention.ms=soon'],
    ],
  },
  {
    name: 'kafka-configs --describe (client metrics)',
    because: 'client metrics need KRaft',
    args: () => ['--entity-type', 'client-metrics', '--describe'],
    from: 3,
  },
  {
    name: 'kafka-configs --describe (groups)',
    because: 'groups have configs in KRaft only',
    args: ({ group }) => ['--entity-type', 'groups', '--entity-name', group, '--describe'],
    from: 4,
  },
  {
    name: 'kafka-client-metrics --list',
    because: 'client metrics need KRaft',
    args: () => ['--list'],
  },
  {
    name: 'kafka-client-metrics --describe',
    because: 'client metrics need KRaft',
    args: () => ['--describe'],
  },
  {
    name: 'kafka-client-metrics --alter',
    because: 'client metrics need KRaft',
    args: () => ['--alter', '--name', 'subscription', '--metrics', '', '--interval', '30000'],
  },
  {
    name: 'kafka-client-metrics --delete',
    because: 'client metrics need KRaft',
    args: () => ['--delete', '--name', 'subscription'],
  },
  {
    name: 'kafka-topics --create --replica-assignment',
    args: ({ topic, brokerId }) => [
      ...['--create', '--topic', `${topic}-assigned`],
      ...['--replica-assignment', `${brokerId},${brokerId}`],
    ],
  },
  {
    name: 'kafka-topics --create of one that exists',
    because: 'the topic exists',
    args: ({ topic }) => ['--create', '--topic', `${topic}-assigned`, '--partitions', '1'],
  },
  {
    name: 'kafka-topics --create --if-not-exists',
    args: ({ topic }) => ['--create', '--if-not-exists', '--topic', `${topic}-assigned`],
  },
  {
    name: 'kafka-topics --describe --topics-with-overrides',
    args: ({ topic }) => ['--describe', '--topics-with-overrides', '--topic', topic],
  },
  {
    name: 'kafka-topics --describe --unavailable-partitions',
    args: () => ['--describe', '--unavailable-partitions'],
  },
  {
    name: 'kafka-topics --describe --at-min-isr-partitions',
    args: ({ topic }) => ['--describe', '--at-min-isr-partitions', '--topic', topic],
  },
  {
    name: 'kafka-topics --describe --under-min-isr-partitions',
    args: () => ['--describe', '--under-min-isr-partitions'],
  },
  {
    name: 'kafka-topics --describe of an unknown topic',
    because: 'there is no such topic',
    args: () => ['--describe', '--topic', 'no-such-topic'],
  },
  {
    name: 'kafka-topics --list --exclude-internal',
    args: ({ topic }) => ['--list', '--exclude-internal', '--topic', `${topic}.*`],
  },
  {
    name: 'kafka-topics --delete (assigned)',
    args: ({ topic }) => ['--delete', '--topic', `${topic}-assigned`],
  },
];
