// Uses Kafka's own console programs against the broker at argv[2], so that record.mjs sees the administrative APIs.
//
//   node tools/golden/record.mjs --client "java 3.9.2 console tools" -- node tools/golden/exercise-tools.mjs BOOTSTRAP
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaTool } from '../../test/interop/real-kafka.mjs';

const bootstrap = process.argv[2];
const version = process.argv[3] ?? '3.9.2';
const at = ['--bootstrap-server', bootstrap];
const tools = 'org.apache.kafka.tools';

async function use(name, ...args) {
  const { code, stdout, stderr } = await kafkaTool(version, name, args);
  const last = `${stdout}${stderr}`.trimEnd().split('\n').at(-1);
  console.log(
    `${name.split('.').at(-1)} ${args.slice(2, 6).join(' ')}: ${code} ${last?.slice(0, 100)}`,
  );
}

const deletions = join(tmpdir(), `golden-deletions-${process.pid}.json`);
writeFileSync(
  deletions,
  JSON.stringify({ partitions: [{ topic: 'orders', partition: 0, offset: 2 }], version: 1 }),
);
const group = ['--group', 'billing'];

await use(`${tools}.TopicCommand`, ...at, '--create', '--topic', 'orders', '--partitions', '2');
await use(`${tools}.TopicCommand`, ...at, '--alter', '--topic', 'orders', '--partitions', '3');
await use(`${tools}.TopicCommand`, ...at, '--describe');
await use(
  `${tools}.ProducerPerformance`,
  ...['--topic', 'orders', '--num-records', '10', '--record-size', '20', '--throughput', '-1'],
  ...['--transactional-id', 'tx', '--transaction-duration-ms', '100'],
  ...['--producer-props', `bootstrap.servers=${bootstrap}`],
);
await use(
  `${tools}.consumer.ConsoleConsumer`,
  ...[...at, '--topic', 'orders', '--from-beginning', '--max-messages', '10', ...group],
  ...['--isolation-level', 'read_committed', '--timeout-ms', '15000'],
);
await use(`${tools}.TransactionsCommand`, ...at, 'list');
await use(`${tools}.TransactionsCommand`, ...at, 'describe', '--transactional-id', 'tx');
await use(
  `${tools}.TransactionsCommand`,
  ...at,
  'describe-producers',
  '--topic',
  'orders',
  '--partition',
  '0',
);
await use(`${tools}.GetOffsetShell`, ...at, '--topic', 'orders');
await use(`${tools}.DeleteRecordsCommand`, ...at, '--offset-json-file', deletions);
const groups = `${tools}.consumer.group.ConsumerGroupCommand`;
await use(groups, ...at, '--list', '--state');
await use(groups, ...at, '--describe', ...group);
await use(groups, ...at, '--describe', ...group, '--members', '--verbose');
await use(
  groups,
  ...at,
  '--reset-offsets',
  ...group,
  '--topic',
  'orders',
  '--to-earliest',
  '--execute',
);
await use(groups, ...at, '--delete-offsets', ...group, '--topic', 'orders');
await use(groups, ...at, '--delete', ...group);
const configs = 'kafka.admin.ConfigCommand';
const topic = ['--entity-type', 'topics', '--entity-name', 'orders'];
await use(
  configs,
  ...at,
  '--alter',
  ...topic,
  '--add-config',
  'retention.ms=1000,cleanup.policy=[delete]',
);
await use(configs, ...at, '--describe', ...topic);
const user = ['--entity-type', 'users', '--entity-name', 'alice'];
await use(configs, ...at, '--alter', ...user, '--add-config', 'producer_byte_rate=1024');
await use(configs, ...at, '--describe', ...user);
await use('kafka.admin.AclCommand', ...at, '--list');
await use(
  'org.apache.kafka.tools.LeaderElectionCommand',
  ...at,
  '--election-type',
  'preferred',
  '--all-topic-partitions',
);
await use(`${tools}.ClusterTool`, 'cluster-id', '--bootstrap-server', bootstrap);
await use(`${tools}.reassign.ReassignPartitionsCommand`, ...at, '--list');
await use(`${tools}.TopicCommand`, ...at, '--delete', '--topic', 'orders');
