import { closest } from '../config/closest.ts';
import { CliError } from './failure.ts';
import { NodeTerminal } from './node-terminal.ts';
import type { Command, Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Each command is loaded only when it is asked for: a small tool must not pay for the broker. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  server: {
    summary: 'Start a broker.',
    load: async () => (await import('./commands/server.ts')).server,
  },
  stop: {
    summary: 'Stop the broker of a data directory.',
    load: async () => (await import('./commands/stop.ts')).stop,
  },
  topics: {
    summary: 'Create, list, describe, change and delete topics.',
    load: async () => (await import('./commands/topics.ts')).topics,
  },
  'console-producer': {
    summary: 'Send lines from standard input as records.',
    load: async () => (await import('./commands/console-producer.ts')).consoleProducer,
  },
  'console-consumer': {
    summary: 'Print the records of topics.',
    load: async () => (await import('./commands/console-consumer.ts')).consoleConsumer,
  },
  'consumer-groups': {
    summary: 'List, describe, reset and delete consumer groups.',
    load: async () => (await import('./commands/consumer-groups.ts')).consumerGroups,
  },
  configs: {
    summary: 'Show and change the configs of topics and brokers.',
    load: async () => (await import('./commands/configs.ts')).configs,
  },
  'get-offsets': {
    summary: 'Print the offsets of partitions.',
    load: async () => (await import('./commands/get-offsets.ts')).getOffsets,
  },
  'delete-records': {
    summary: 'Delete the oldest records of partitions.',
    load: async () => (await import('./commands/delete-records.ts')).deleteRecordsCommand,
  },
  'log-dirs': {
    summary: 'Tell what lies in the data directories of brokers.',
    load: async () => (await import('./commands/log-dirs.ts')).logDirs,
  },
  'broker-api-versions': {
    summary: 'List the APIs and versions of each broker.',
    load: async () => (await import('./commands/broker-api-versions.ts')).brokerApiVersions,
  },
  cluster: {
    summary: 'Tell the id of the cluster.',
    load: async () => (await import('./commands/cluster.ts')).clusterCommand,
  },
  'producer-perf-test': {
    summary: 'Measure how fast records are sent.',
    load: async () => (await import('./commands/producer-perf-test.ts')).producerPerfTest,
  },
  'consumer-perf-test': {
    summary: 'Measure how fast records are read.',
    load: async () => (await import('./commands/consumer-perf-test.ts')).consumerPerfTest,
  },
  'verifiable-producer': {
    summary: 'Send numbers and tell in JSON what became of them.',
    load: async () => (await import('./commands/verifiable-producer.ts')).verifiableProducer,
  },
  'verifiable-consumer': {
    summary: 'Read in a group and tell in JSON what happens.',
    load: async () => (await import('./commands/verifiable-consumer.ts')).verifiableConsumer,
  },
  'dump-log': {
    summary: 'Show what is in log segments, indexes and snapshots.',
    load: async () => (await import('./commands/dump-log.ts')).dumpLog,
  },
};

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  const rows = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}${summary}`,
  );
  return `Sluice ${VERSION}: a Kafka-compatible broker in one process, and its tools.

Usage: sluice <command> [flags]

${rows.join('\n')}

  sluice <command> --help     what a command can do
  sluice --version            the version

A first look:
  sluice server
  sluice console-producer --topic greetings
  sluice console-consumer --topic greetings --from-beginning
`;
}

/** Runs one command line and resolves to its exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === '--version' || name === '-v' || name === 'version') {
      terminal.out(`${VERSION}\n`);
      return 0;
    }
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      terminal.out(overview());
      return name === undefined ? 1 : 0;
    }
    const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!entry) {
      const near = closest(name, Object.keys(COMMANDS));
      throw new CliError(
        `${name} is not a command${near ? `; did you mean ${near}?` : '; see sluice --help'}`,
      );
    }
    if (rest.includes('--version')) {
      terminal.out(`${VERSION}\n`);
      return 0;
    }
    const command = await entry.load();
    return await command.run(rest, terminal);
  } catch (error) {
    terminal.err(`${name ? `sluice ${name}: ` : ''}${sentence(error)}\n`);
    if (process.env['SLUICE_DEBUG'] && error instanceof Error) terminal.err(`${error.stack}\n`);
    return 1;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs this process's command line and ends it with the exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const terminal = new NodeTerminal();
  const code = await main(args, terminal);
  await terminal.drained();
  // Open handles of an input nobody ends, or of a broker that is gone, must not keep the process.
  process.exit(code);
}
