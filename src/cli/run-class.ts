import { CliError } from './failure.ts';

/** Our command for each of Kafka's classes, by the last part of the class's name. */
const CLASSES: Readonly<Record<string, string>> = {
  Kafka: 'server',
  BrokerApiVersionsCommand: 'broker-api-versions',
  ClusterTool: 'cluster',
  ConfigCommand: 'configs',
  ConsoleConsumer: 'console-consumer',
  ConsoleProducer: 'console-producer',
  ConsumerGroupCommand: 'consumer-groups',
  ConsumerOffsetChecker: 'consumer-groups',
  ConsumerPerformance: 'consumer-perf-test',
  DeleteRecordsCommand: 'delete-records',
  DumpLogSegments: 'dump-log',
  GetOffsetShell: 'get-offsets',
  GroupsCommand: 'groups',
  LogDirsCommand: 'log-dirs',
  ProducerPerformance: 'producer-perf-test',
  TopicCommand: 'topics',
  VerifiableConsumer: 'verifiable-consumer',
  VerifiableProducer: 'verifiable-producer',
};

/** Classes behind scripts that are not one of our commands (see scripts.ts). */
const SCRIPT_CLASSES: Readonly<Record<string, string>> = {
  AclCommand: 'kafka-acls',
  AddPartitionsCommand: 'kafka-add-partitions',
  ClientMetricsCommand: 'kafka-client-metrics',
  ConnectDistributed: 'connect-distributed',
  ConnectPluginPath: 'connect-plugin-path',
  ConnectStandalone: 'connect-standalone',
  ConsoleShareConsumer: 'kafka-console-share-consumer',
  CreateTopicCommand: 'kafka-create-topic',
  DelegationTokenCommand: 'kafka-delegation-tokens',
  EndToEndLatency: 'kafka-e2e-latency',
  FeatureCommand: 'kafka-features',
  JmxTool: 'kafka-jmx',
  LeaderElectionCommand: 'kafka-leader-election',
  ListTopicCommand: 'kafka-list-topic',
  MetadataQuorumCommand: 'kafka-metadata-quorum',
  MetadataShell: 'kafka-metadata-shell',
  MirrorMaker: 'kafka-mirror-maker',
  PreferredReplicaLeaderElectionCommand: 'kafka-preferred-replica-election',
  QuorumPeerMain: 'zookeeper-server-start',
  ReassignPartitionsCommand: 'kafka-reassign-partitions',
  ReplayLogProducer: 'kafka-replay-log-producer',
  ReplicaVerificationTool: 'kafka-replica-verification',
  ShareGroupCommand: 'kafka-share-groups',
  SimpleConsumerPerformance: 'kafka-simple-consumer-perf-test',
  SimpleConsumerShell: 'kafka-simple-consumer-shell',
  StorageTool: 'kafka-storage',
  StreamsGroupCommand: 'kafka-streams-groups',
  StreamsResetter: 'kafka-streams-application-reset',
  TransactionsCommand: 'kafka-transactions',
  ZkSecurityMigrator: 'zookeeper-security-migration',
  ZooKeeperMain: 'zookeeper-shell',
  ZooKeeperMainWithTlsSupportForKafka: 'zookeeper-shell',
};

export interface ClassCall {
  readonly command: string;
  readonly args: readonly string[];
  /** A line for standard error. */
  readonly warning?: string;
}

/**
 * What `kafka-run-class.sh <args>` means: flags of the script itself, a class, its own flags. Throws
 * CliError.
 */
export function classCall(args: readonly string[]): ClassCall {
  let at = 0;
  const own: string[] = [];
  for (; args[at]?.startsWith('-'); at++) {
    if (args[at] === '-daemon') own.push('-daemon');
    else if (args[at] === '-name') at++;
    else if (args[at] !== '-loggc') throw new CliError(`${args[at]} is not a flag of run-class`);
  }
  const className = args[at];
  if (className === undefined) {
    throw new CliError('a class is needed, for example kafka.tools.GetOffsetShell');
  }
  const name = className.split('.').at(-1) ?? '';
  const script = Object.hasOwn(SCRIPT_CLASSES, name) ? SCRIPT_CLASSES[name] : undefined;
  if (script !== undefined) return { command: 'script', args: [script, ...args.slice(at + 1)] };
  const command = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  if (command === undefined) {
    throw new CliError(
      `${className} is not there; there are ${Object.keys(CLASSES).sort().join(', ')}`,
    );
  }
  const rest = [...own, ...args.slice(at + 1)];
  if (name !== 'ConsumerOffsetChecker') return { command, args: rest };
  return {
    command,
    args: checkerArguments(rest),
    warning:
      'WARNING: ConsumerOffsetChecker is gone since Kafka 0.9; showing what consumer-groups --describe shows.\n',
  };
}

/** Flags of the old tool that the new one does not have. */
const CHECKER_VALUES = ['--topic', '--retry.backoff.ms', '--socket.timeout.ms', '--zkconnect'];

function checkerArguments(args: readonly string[]): string[] {
  const kept = ['--describe'];
  for (let at = 0; at < args.length; at++) {
    const [flag = ''] = args[at]!.split('=');
    if (flag === '--broker-info') continue;
    if (!CHECKER_VALUES.includes(flag)) kept.push(args[at]!);
    else if (flag === args[at]) at++;
  }
  return kept;
}
