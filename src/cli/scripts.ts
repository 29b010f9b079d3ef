// Scripts of Kafka's bin/ that are not one of our commands by another name: what each becomes, or
// what to do instead. So a runbook that calls one goes on where it can, and says why where it cannot.

/** What becomes of a script's call. */
export type ScriptCall =
  /** One of our commands does it. */
  | { readonly command: string; readonly args: readonly string[]; readonly warning?: string }
  /** Nothing is to be done, or nothing can be: a sentence for standard error, what is printed, an exit code. */
  | { readonly say?: string; readonly code: 0 | 1; readonly out?: string };

/** `uuid` makes an id of a cluster. */
type Script = (args: readonly string[], uuid: () => string) => ScriptCall;

/** There is nothing to do here, and that is all right. */
const nothingToDo =
  (say: string): Script =>
  () => ({ say, code: 0 });
const instead =
  (say: string): Script =>
  () => ({ say, code: 1 });

const KAFKAS_OWN = "use Kafka's own script with --bootstrap-server";
/** Those that have no such flag, because they are configured by files. */
const CONFIGURED = "use Kafka's own script with bootstrap.servers in its properties";
const oneNode = 'there is one broker, which leads every partition and has its only replica';

export const SCRIPTS: Readonly<Record<string, Script>> = {
  'connect-distributed': instead(`Kafka Connect is a program of its own: ${CONFIGURED}`),
  'connect-mirror-maker': instead(`MirrorMaker is a program of its own: ${CONFIGURED}`),
  'connect-plugin-path': instead("it looks at Connect's plugins: use Kafka's own script"),
  'connect-standalone': instead(`Kafka Connect is a program of its own: ${CONFIGURED}`),
  'kafka-acls': instead(`there is no tool for ACLs here; ${KAFKAS_OWN}`),
  'kafka-add-partitions': (args) => ({
    command: 'topics',
    args: ['--alter', ...renamed(args, { '--partition': '--partitions' })],
  }),
  'kafka-client-metrics': instead('brokers take no metrics from clients here; see /metrics'),
  'kafka-console-share-consumer': instead(
    'there are no share groups; see kafka-console-consumer.sh',
  ),
  'kafka-consumer-offset-checker': (args) => ({
    command: 'run-class',
    args: ['kafka.tools.ConsumerOffsetChecker', ...args],
  }),
  'kafka-create-topic': (args) => ({
    command: 'topics',
    args: [
      '--create',
      ...renamed(args, {
        '--partition': '--partitions',
        '--replica': '--replication-factor',
        '--replica-assignment-list': '--replica-assignment',
      }),
    ],
  }),
  'kafka-delegation-tokens': instead(`there is no tool for delegation tokens here; ${KAFKAS_OWN}`),
  'kafka-e2e-latency': instead(
    "measure with `node bench/librdkafka.mjs`, or with Kafka's own script",
  ),
  'kafka-features': instead(`there is no tool for feature levels here; ${KAFKAS_OWN}`),
  'kafka-jmx': instead('metrics are not in JMX but at http://127.0.0.1:8048/metrics'),
  'kafka-leader-election': nothingToDo(`no election is needed: ${oneNode}`),
  'kafka-list-topic': (args) => ({
    command: 'topics',
    args: [args.some((word) => word.startsWith('--topic')) ? '--describe' : '--list', ...args],
  }),
  'kafka-metadata-quorum': instead('there is no KRaft quorum; the broker keeps its own metadata'),
  'kafka-metadata-shell': instead('there is no KRaft metadata log; see kafka-topics.sh --describe'),
  'kafka-mirror-maker': instead(`MirrorMaker is a program of its own: ${CONFIGURED}`),
  'kafka-preferred-replica-election': nothingToDo(`no election is needed: ${oneNode}`),
  'kafka-reassign-partitions': (args) =>
    args.includes('--list')
      ? { say: `nothing moves: ${oneNode}`, code: 0, out: 'No partition reassignments found.\n' }
      : { say: `partitions cannot be moved: ${oneNode}`, code: 1 },
  'kafka-replay-log-producer': instead(
    'copy with kafka-console-consumer.sh --from-beginning | kafka-console-producer.sh',
  ),
  'kafka-replica-verification': nothingToDo(`there are no replicas to compare: ${oneNode}`),
  'kafka-share-consumer-perf-test': instead(
    'there are no share groups; see kafka-consumer-perf-test.sh',
  ),
  'kafka-share-groups': instead('there are no share groups; see kafka-consumer-groups.sh'),
  'kafka-simple-consumer-perf-test': instead('use kafka-consumer-perf-test.sh'),
  'kafka-simple-consumer-shell': simpleConsumer,
  'kafka-storage': storage,
  'kafka-streams-application-reset': instead(
    `reset the application's group with kafka-consumer-groups.sh --reset-offsets, or ${KAFKAS_OWN}`,
  ),
  'kafka-streams-groups': instead('there are no groups of Streams; see kafka-consumer-groups.sh'),
  'kafka-transactions': instead(`there is no tool for transactions here; ${KAFKAS_OWN}`),
  'kafka-verifiable-share-consumer': instead(
    'there are no share groups; see kafka-verifiable-consumer.sh',
  ),
  trogdor: instead('Trogdor is a program of its own that tests Kafka; there is none here'),
  'zookeeper-security-migration': nothingToDo('there is no ZooKeeper whose nodes need protection'),
  'zookeeper-server-start': nothingToDo(
    'no ZooKeeper is needed for a single broker, and none is started',
  ),
  'zookeeper-shell': instead(
    'there is no ZooKeeper to ask; see `sluice cluster list-endpoints` and kafka-topics.sh --describe',
  ),
};

/** The same words, with older names of flags replaced by today's. */
function renamed(args: readonly string[], names: Readonly<Record<string, string>>): string[] {
  return args.map((word) => {
    const [flag = '', ...rest] = word.split('=');
    const name = Object.hasOwn(names, flag) ? names[flag] : undefined;
    return name === undefined ? word : [name, ...rest].join('=');
  });
}

/** Numbers that stood for the ends of a log. */
const ENDS: Readonly<Record<string, string>> = { '-1': 'latest', '-2': 'earliest' };

/** The tool of 0.8 to 2.0 that reads one partition. */
function simpleConsumer(args: readonly string[]): ScriptCall {
  const words: string[] = [];
  let partition = false;
  for (let at = 0; at < args.length; at++) {
    const [flag = ''] = args[at]!.split('=');
    const [value, step] =
      flag === args[at] ? [args[at + 1] ?? '', 2] : [args[at]!.slice(flag.length + 1), 1];
    if (flag === '--offset') words.push('--offset', ENDS[value] ?? value);
    else if (flag === '--partition' || flag === '--topic' || flag === '--max-messages') {
      words.push(flag, value);
    } else if (flag === '--broker-list') words.push('--bootstrap-server', value);
    else if (/^--(property|formatter)$/.test(flag)) words.push(flag, value);
    else continue;
    partition ||= flag === '--partition';
    at += step - 1;
  }
  if (!partition) words.push('--partition', '0');
  if (!words.includes('--offset')) words.push('--offset', 'earliest');
  return { command: 'console-consumer', args: words };
}

/** KRaft's folders are formatted before the first start; ours would make themselves. */
function storage(args: readonly string[], uuid: () => string): ScriptCall {
  const [action] = args;
  if (action === 'random-uuid') return { code: 0, out: `${uuid()}\n` };
  if (action === 'format') return { command: 'storage-format', args: args.slice(1) };
  if (action === 'info') return { say: 'see meta.properties in the data directory', code: 0 };
  return { say: 'kafka-storage.sh takes random-uuid, format or info', code: 1 };
}
