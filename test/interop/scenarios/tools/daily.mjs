// The tools of every day: what a user of Kafka does with topics, records, groups and configs.
import assert from 'node:assert/strict';

const input = Array.from({ length: 5 }, (_, index) => `k${index}\tvalue ${index}\n`).join('');

/** In this order: later steps look at what earlier ones did. */
export const dailySteps = [
  {
    name: 'kafka-topics --create',
    args: ({ topic }) => [
      '--create',
      '--topic',
      topic,
      '--partitions',
      '3',
      '--replication-factor',
      '1',
      '--config',
      'retention.ms=600000',
    ],
    check: ({ topic, output }) => assert.match(output, new RegExp(`Created topic ${topic}`)),
  },
  {
    name: 'kafka-topics --list',
    varies: 'it shows the topics of other suites',
    args: () => ['--list'],
    check: ({ topic, output }) => assert.ok(output.split('\n').includes(topic)),
  },
  {
    name: 'kafka-topics --describe',
    args: ({ topic }) => ['--describe', '--topic', topic],
    check({ topic, output }) {
      assert.match(output, /PartitionCount: ?3\b/);
      assert.match(output, /ReplicationFactor: ?1\b/);
      assert.match(output, /Configs: .*retention\.ms=600000/);
      assert.equal(
        output.match(new RegExp(`Topic: ${topic}\\tPartition: \\d\\tLeader: \\d+`, 'g'))?.length,
        3,
      );
    },
  },
  {
    name: 'kafka-topics --describe --under-replicated-partitions',
    args: () => ['--describe', '--under-replicated-partitions'],
    check: ({ output }) => assert.equal(output.trim(), ''),
  },
  {
    name: 'kafka-topics --alter --partitions',
    args: ({ topic }) => ['--alter', '--topic', topic, '--partitions', '4'],
    check: async ({ topic, referee }) =>
      assert.equal((await referee.describeTopic(topic)).partitions.length, 4),
  },
  {
    name: 'kafka-configs --alter (topic)',
    args: ({ topic }) => [
      '--entity-type',
      'topics',
      '--entity-name',
      topic,
      '--alter',
      '--add-config',
      'max.message.bytes=765432',
    ],
    check: async ({ topic, referee }) =>
      assert.equal((await referee.describeConfigs(topic))['max.message.bytes'], '765432'),
  },
  {
    name: 'kafka-configs --describe (topic)',
    args: ({ topic }) => ['--entity-type', 'topics', '--entity-name', topic, '--describe'],
    check({ output }) {
      assert.match(output, /max\.message\.bytes=765432/);
      assert.match(output, /retention\.ms=600000/);
    },
  },
  {
    name: 'kafka-configs --delete-config (topic)',
    args: ({ topic }) => [
      '--entity-type',
      'topics',
      '--entity-name',
      topic,
      '--alter',
      '--delete-config',
      'max.message.bytes',
    ],
    check: async ({ topic, referee }) =>
      assert.notEqual((await referee.describeConfigs(topic))['max.message.bytes'], '765432'),
  },
  {
    name: 'kafka-configs --describe --all (broker)',
    varies: 'each broker has keys of its own',
    args: ({ brokerId }) => [
      '--entity-type',
      'brokers',
      '--entity-name',
      String(brokerId),
      '--describe',
      '--all',
    ],
    check: ({ output }) => assert.match(output, /log\.retention\.hours=/),
  },
  {
    name: 'kafka-console-producer',
    args: ({ topic }) => [
      '--topic',
      topic,
      '--property',
      'parse.key=true',
      '--compression-codec=lz4',
    ],
    input,
    check: async ({ topic, referee }) => assert.equal(await endOffsets(referee, topic), 5),
  },
  {
    name: 'kafka-console-consumer --group',
    args: ({ topic, group }) => [
      ...['--topic', topic, '--group', group, '--from-beginning', '--max-messages', '5'],
      ...['--timeout-ms', '20000', '--property', 'print.key=true'],
    ],
    check: ({ output }) =>
      assert.deepEqual(
        output
          .trim()
          .split('\n')
          // The newest release warns, on standard output, of the flag that all releases know.
          .filter((line) => !line.includes('is deprecated'))
          .sort(),
        input.trim().split('\n').sort(),
      ),
  },
  {
    name: 'kafka-console-consumer --partition --offset',
    varies: 'where the producer put the records',
    async args({ topic, referee }) {
      const partition = await fullPartition(referee, topic);
      return [
        '--topic',
        topic,
        '--partition',
        String(partition),
        '--offset',
        '0',
        '--max-messages',
        '1',
        '--timeout-ms',
        '20000',
      ];
    },
    check: ({ output }) => assert.match(output, /^value \d$/m),
  },
  {
    name: 'kafka-consumer-groups --list',
    varies: 'it shows the groups of other suites',
    args: () => ['--list'],
    check: ({ group, output }) => assert.ok(output.split('\n').includes(group)),
  },
  {
    name: 'kafka-consumer-groups --list --state',
    varies: 'it shows the groups of other suites',
    args: () => ['--list', '--state'],
    check: ({ group, output }) => assert.match(output, new RegExp(`^${group}\\s.*Empty`, 'm')),
  },
  {
    name: 'kafka-consumer-groups --describe',
    varies: 'where the producer put the records',
    args: ({ group }) => ['--describe', '--group', group],
    check({ topic, group, output }) {
      const rows = output
        .split('\n')
        .filter((line) => line.startsWith(group))
        .map((line) => line.split(/\s+/));
      assert.ok(
        rows.length >= 1 && rows.every((row) => row[1] === topic && row[5] === '0'),
        output,
      );
      assert.equal(
        rows.reduce((sum, row) => sum + Number(row[3]), 0),
        5,
        'current offsets',
      );
    },
  },
  {
    name: 'kafka-consumer-groups --describe --members',
    args: ({ group }) => ['--describe', '--group', group, '--members'],
    check: ({ all }) => assert.match(all, /has no active members/),
  },
  {
    name: 'kafka-consumer-groups --describe --state',
    args: ({ group }) => ['--describe', '--group', group, '--state'],
    check: ({ output }) => assert.match(output, /Empty/),
  },
  {
    name: 'kafka-consumer-groups --reset-offsets',
    args: ({ group, topic }) => [
      '--reset-offsets',
      '--group',
      group,
      '--topic',
      topic,
      '--to-earliest',
      '--execute',
    ],
    async check({ group, topic, referee }) {
      for (const partition of [0, 1, 2, 3])
        assert.equal(await referee.committed(group, topic, partition), 0);
    },
  },
  {
    name: 'kafka-consumer-groups --delete-offsets',
    args: ({ group, topic }) => ['--delete-offsets', '--group', group, '--topic', `${topic}:0`],
    check: async ({ group, topic, referee }) =>
      assert.equal(await referee.committed(group, topic, 0), -1),
  },
  {
    name: 'kafka-consumer-groups --delete',
    args: ({ group }) => ['--delete', '--group', group],
    check: ({ output }) => assert.match(output, /successful/),
  },
  {
    name: 'kafka-groups --list',
    varies: 'it shows the groups of other suites',
    args: () => ['--list'],
    check: ({ output }) => assert.match(output, /GROUP\s+TYPE\s+PROTOCOL/),
  },
  {
    name: 'kafka-get-offsets',
    varies: 'where the producer put the records',
    args: ({ topic }) => ['--topic', topic, '--time', '-1'],
    check({ topic, output }) {
      const rows = output
        .trim()
        .split('\n')
        .map((line) => line.split(':'));
      assert.ok(
        rows.every(([name]) => name === topic),
        output,
      );
      assert.equal(
        rows.reduce((sum, row) => sum + Number(row[2]), 0),
        5,
      );
    },
  },
  {
    name: 'kafka-delete-records',
    varies: 'where the producer put the records',
    async args({ topic, referee, file }) {
      const partition = await fullPartition(referee, topic);
      return [
        '--offset-json-file',
        file({ partitions: [{ topic, partition, offset: 1 }], version: 1 }),
      ];
    },
    check: ({ output }) => assert.match(output, /low_watermark: 1/),
  },
  {
    name: 'kafka-log-dirs --describe',
    varies: 'it names folders and sizes',
    args: ({ topic }) => ['--describe', '--topic-list', topic],
    check({ topic, output }) {
      const { brokers } = JSON.parse(output.split('\n').find((line) => line.startsWith('{')));
      const partitions = brokers.flatMap(({ logDirs }) => logDirs.flatMap((dir) => dir.partitions));
      assert.deepEqual(
        partitions.map(({ partition }) => partition).sort(),
        [0, 1, 2, 3].map((index) => `${topic}-${index}`),
      );
      assert.ok(
        partitions.some(({ size }) => size > 0),
        output,
      );
    },
  },
  {
    name: 'kafka-broker-api-versions',
    varies: 'each release has versions of its own',
    args: () => [],
    check({ output }) {
      assert.match(output, /id: \d+ rack: /);
      assert.match(output, /Produce\(0\): \d+ to \d+ \[usable: \d+\]/);
    },
  },
  {
    name: 'kafka-cluster cluster-id',
    words: ['cluster-id'],
    args: () => [],
    check: ({ output }) => assert.match(output, /Cluster ID: \S{22}/),
  },
  {
    name: 'kafka-reassign-partitions --list',
    args: () => ['--list'],
    check: ({ output }) => assert.match(output, /No partition reassignments found/),
  },
  {
    name: 'kafka-producer-perf-test',
    varies: 'it prints times',
    words: [],
    args: ({ topic, bootstrap }) => [
      ...['--topic', topic, '--num-records', '2000', '--record-size', '200', '--throughput', '-1'],
      ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'compression.type=lz4'],
    ],
    withoutBootstrap: true,
    check: ({ output }) => assert.match(output, /2000 records sent, .*records\/sec/),
  },
  {
    name: 'kafka-consumer-perf-test',
    varies: 'it prints times',
    args: ({ topic }) => ['--topic', topic, '--messages', '2000', '--timeout', '20000'],
    check: ({ output }) =>
      assert.match(output, /start\.time, end\.time, data\.consumed\.in\.MB.*\n.*, \d+, /),
  },
  {
    name: 'kafka-verifiable-producer',
    varies: 'it prints times',
    args: ({ topic }) => ['--topic', topic, '--max-messages', '50', '--throughput', '-1'],
    check: ({ output }) =>
      assert.match(output, /"name":"tool_data".*"acked":50|"acked":50.*"name":"tool_data"/),
  },
  {
    name: 'kafka-verifiable-consumer',
    varies: 'it prints times',
    args: ({ topic, group }) => [
      '--topic',
      topic,
      '--group-id',
      `${group}-verifiable`,
      '--max-messages',
      '1000',
      '--reset-policy',
      'earliest',
    ],
    check({ output }) {
      assert.match(output, /"name":"partitions_assigned"/);
      assert.match(
        output,
        /"name":"offsets_committed".*"success":true|"success":true.*"name":"offsets_committed"/,
      );
    },
  },
];

/** The last of all. */
export const lastSteps = [
  {
    name: 'kafka-topics --delete',
    args: ({ topic }) => ['--delete', '--topic', topic],
    check: async ({ topic, referee }) => assert.equal(await referee.describeTopic(topic), null),
  },
];

export async function endOffsets(referee, topic) {
  const { partitions } = await referee.describeTopic(topic);
  let sum = 0;
  for (const { partition } of partitions) sum += await referee.listOffset(topic, partition, -1);
  return sum;
}

/** A partition that holds at least one record. */
export async function fullPartition(referee, topic) {
  for (let partition = 0; ; partition++)
    if ((await referee.listOffset(topic, partition, -1)) > 0) return partition;
}
