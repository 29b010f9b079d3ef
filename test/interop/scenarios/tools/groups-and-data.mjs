// Groups of every kind, transactions, and the tools that move or measure data.
import { startSluice } from '../../lib/broker.mjs';
import { isBefore } from '../../lib/install.mjs';
import { Referee } from '../../lib/referee.mjs';

const aTransaction = ['--transactional-id', 'no-such-transaction'];

const formatter = (version, name) =>
  isBefore(version, '3.0')
    ? `kafka.coordinator.group.GroupMetadataManager$${name}`
    : `org.apache.kafka.tools.consumer.${name}`;

/** Kafka 4 calls a formatter's properties otherwise; without any, all know the flag. */
const internalTopic = (name) => ({
  args: ({ version }) => [
    ...['--topic', '__consumer_offsets', '--from-beginning', '--timeout-ms', '5000'],
    ...['--formatter', formatter(version, name)],
  ],
  varies: 'it prints times, and the groups of other suites',
});

export const groupSteps = [
  {
    name: 'kafka-console-producer (for the groups)',
    args: ({ topic }) => ['--topic', topic],
    input: 'one\ntwo\nthree\n',
    varies: '',
  },
  {
    name: 'kafka-console-consumer --group (for the groups)',
    args: ({ topic, group }) => [
      ...['--topic', topic, '--group', `${group}-kept`, '--from-beginning', '--max-messages', '3'],
      ...['--timeout-ms', '20000'],
    ],
    varies: 'which records come first',
  },
  {
    name: 'kafka-consumer-groups --describe --all-groups',
    args: () => ['--describe', '--all-groups'],
    varies: 'it shows the groups of other suites',
  },
  {
    name: 'kafka-consumer-groups --describe --offsets --verbose',
    args: ({ group }) => ['--describe', '--offsets', '--verbose', '--group', `${group}-kept`],
    varies: 'where the producer put the records',
  },
  {
    name: 'kafka-consumer-groups --describe of an unknown group',
    args: () => ['--describe', '--group', 'no-such-group'],
  },
  {
    name: 'kafka-consumer-groups --reset-offsets --dry-run --export',
    args: ({ group, topic }) => [
      ...['--reset-offsets', '--group', `${group}-kept`, '--topic', topic, '--to-earliest'],
      ...['--dry-run', '--export'],
    ],
    varies: 'where earlier steps deleted records',
  },
  {
    name: 'kafka-consumer-groups --delete of an unknown group',
    args: () => ['--delete', '--group', 'no-such-group'],
  },
  {
    name: 'kafka-console-consumer of __consumer_offsets, offsets',
    ...internalTopic('OffsetsMessageFormatter'),
    check({ output, group, topic }, assert) {
      // Kafka 2.7 and 3.x print [group,topic,partition]::..., Kafka 4 one JSON document per record.
      assert.match(output, new RegExp(`${group}-kept`));
      assert.match(output, new RegExp(topic));
    },
  },
  {
    name: 'kafka-console-consumer of __consumer_offsets, groups',
    ...internalTopic('GroupMetadataMessageFormatter'),
    check: ({ output, group }, assert) => assert.match(output, new RegExp(`${group}-kept`)),
  },
  {
    name: 'kafka-groups --list --consumer',
    args: () => ['--list', '--consumer'],
    varies: 'groups of other suites',
  },
  {
    name: 'kafka-groups --list --share',
    because: 'there are no share groups',
    args: () => ['--list', '--share'],
  },
  { name: 'kafka-groups --list --streams', args: () => ['--list', '--streams'] },
  {
    name: 'kafka-share-groups --list',
    because: 'there are no share groups',
    args: () => ['--list'],
  },
  {
    name: 'kafka-share-groups --list --state',
    because: 'there are no share groups',
    args: () => ['--list', '--state'],
  },
  {
    name: 'kafka-share-groups --describe',
    because: 'there are no share groups',
    args: () => ['--describe', '--group', 'no-such-share-group'],
  },
  {
    name: 'kafka-share-groups --delete',
    because: 'there are no share groups',
    args: () => ['--delete', '--group', 'no-such-share-group'],
  },
  {
    name: 'kafka-streams-groups --list',
    because: 'there are no streams groups',
    args: () => ['--list'],
  },
  {
    name: 'kafka-streams-groups --describe',
    because: 'there are no streams groups',
    args: () => ['--describe', '--group', 'no-such-streams-group'],
  },
  { name: 'kafka-transactions list', args: () => ['list'] },
  {
    name: 'kafka-transactions describe',
    because: 'there is no such transaction',
    args: () => ['describe', ...aTransaction],
  },
  {
    name: 'kafka-transactions describe-producers',
    args: ({ topic }) => ['describe-producers', '--topic', topic, '--partition', '0'],
    varies: 'ids and times of producers',
    check: ({ output }, assert) => assert.match(output, /^ProducerId\s+ProducerEpoch/),
  },
  {
    name: 'kafka-transactions find-hanging --broker-id',
    args: ({ brokerId }) => ['find-hanging', '--broker-id', String(brokerId)],
  },
  {
    name: 'kafka-transactions find-hanging --topic',
    args: ({ topic }) => ['find-hanging', '--topic', topic],
  },
  {
    name: 'kafka-transactions abort',
    because: 'there is no such transaction',
    args: ({ topic }) => ['abort', '--topic', topic, '--partition', '0', '--start-offset', '0'],
  },
  {
    name: 'kafka-streams-application-reset --dry-run',
    flag: (version) => (isBefore(version, '3.5') ? '--bootstrap-servers' : '--bootstrap-server'),
    args: ({ topic }) => ['--application-id', 'app', '--input-topics', topic, '--dry-run'],
    varies: 'where earlier steps deleted records',
    check: ({ output, topic }, assert) =>
      assert.match(output, new RegExp(`Topic: ${topic} Partition: 3`)),
  },
  {
    name: 'kafka-streams-application-reset',
    flag: (version) => (isBefore(version, '3.5') ? '--bootstrap-servers' : '--bootstrap-server'),
    args: ({ topic }) => ['--application-id', 'app', '--input-topics', topic, '--to-latest'],
    varies: 'it prints offsets',
  },
];

export const dataSteps = [
  {
    name: 'kafka-get-offsets --time -2',
    args: ({ topic }) => ['--topic', topic, '--time', '-2'],
    varies: 'where earlier steps deleted records',
  },
  {
    name: 'kafka-get-offsets --topic-partitions',
    args: ({ topic }) => ['--topic-partitions', `${topic}:0-2`, '--time', '-1'],
    from: 3,
    varies: 'where the producer put the records',
  },
  {
    name: 'kafka-get-offsets of all topics',
    args: () => ['--exclude-internal-topics'],
    from: 3,
    varies: 'it shows the topics of other suites',
  },
  {
    name: 'kafka-e2e-latency',
    withoutBootstrap: true,
    args: ({ topic, bootstrap, version }) =>
      isBefore(version, '4.2')
        ? [bootstrap, topic, '50', '1', '100']
        : [
            ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', '50'],
            ...['--producer-acks', '1', '--record-size', '100'],
          ],
    varies: 'it prints times',
    check: ({ output }, assert) => assert.match(output, /Percentiles: 50th = \d+/),
  },
  {
    name: 'ClientCompatibilityTest',
    withoutBootstrap: true,
    // It makes a topic of a fixed name, so it gets a broker of its own.
    async before(context) {
      const isOurs = context.broker.kind === 'sluice';
      context.ownBroker = isOurs ? await startSluice() : undefined;
      context.ownBootstrap = (context.ownBroker ?? context).bootstrap;
      const referee = new Referee(context.ownBootstrap);
      await referee.createTopic(`${context.topic}-compatibility`);
      referee.close();
    },
    async afterwards({ ownBroker }) {
      await ownBroker?.stop();
      ownBroker?.remove();
    },
    args: ({ topic, version, ownBootstrap }) => [
      ...['--bootstrap-server', ownBootstrap],
      ...(isBefore(version, '3.0') ? [] : ['--idempotent-producer-supported', 'true']),
      ...['--topic', `${topic}-compatibility`, '--offsets-for-times-supported', 'true'],
      ...['--cluster-id-supported', 'true', '--expect-record-too-large-exception', 'false'],
      ...['--num-cluster-nodes', '1', '--create-topics-supported', 'true'],
      ...['--describe-acls-supported', 'true', '--describe-configs-supported', 'true'],
    ],
    varies: 'it prints times',
  },
  {
    name: 'kafka-console-share-consumer',
    because: 'there are no share groups',
    args: ({ topic, group }) => [
      ...['--topic', topic, '--group', `${group}-share`, '--timeout-ms', '6000'],
    ],
    varies: 'it prints times',
  },
  {
    name: 'kafka-share-consumer-perf-test',
    because: 'there are no share groups',
    args: ({ topic, group }) => [
      ...['--topic', topic, '--group', `${group}-share`, '--num-records', '1', '--timeout', '5000'],
    ],
    varies: 'it prints times',
  },
  {
    name: 'kafka-verifiable-share-consumer',
    because: 'there are no share groups',
    args: ({ topic, group }) => [
      ...['--topic', topic, '--group-id', `${group}-share`, '--max-messages', '1'],
    ],
    until: ({ output }) => output.includes('startup_complete'),
    varies: 'it prints times',
  },
];

/** Behind the others: its markers take offsets of the topic. */
export const transactionSteps = [
  {
    name: 'kafka-producer-perf-test --transactional-id',
    withoutBootstrap: true,
    args: ({ topic, bootstrap }) => [
      ...['--topic', topic, '--num-records', '100', '--record-size', '100', '--throughput', '-1'],
      ...['--transactional-id', 'perf', '--transaction-duration-ms', '100'],
      ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'max.block.ms=5000'],
    ],
    varies: 'it prints times',
    gap: 'there are no transactions yet',
  },
];
