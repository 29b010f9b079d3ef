import type { Command } from './terminal.ts';

export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
  /** Only for the scripts in bin/: neither the overview nor a shell's completion names it. */
  readonly hidden?: true;
}

/** Each command is loaded only when it is asked for: a small tool must not pay for the broker. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
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
  produce: {
    summary: 'Send lines to a topic: sluice produce orders.',
    load: async () => (await import('./commands/produce.ts')).produce,
  },
  consume: {
    summary: 'Print a topic from its beginning on: sluice consume orders.',
    load: async () => (await import('./commands/consume.ts')).consume,
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
  groups: {
    summary: 'List the groups of all kinds.',
    load: async () => (await import('./commands/groups.ts')).groups,
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
  log: {
    summary: 'Inspect, verify and repair a data directory without a broker.',
    load: async () => (await import('./commands/log.ts')).log,
  },
  'run-class': {
    summary: "Run the tool that a class of Kafka's stands for.",
    load: async () => (await import('./commands/run-class.ts')).runClass,
  },
  completion: {
    summary: 'Print what completes command lines in bash, zsh or fish.',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  'complete-values': {
    summary: 'Print what a flag may be followed by, for the completion of shells.',
    load: async () => (await import('./commands/complete-values.ts')).completeValues,
    hidden: true,
  },
  'storage-format': {
    summary: 'Give the data directories of a new broker the id of their cluster.',
    load: async () => (await import('./commands/storage-format.ts')).storageFormat,
    hidden: true,
  },
  script: {
    summary: "Do what a script of Kafka's does, or say what to do instead.",
    load: async () => (await import('./commands/script.ts')).script,
    hidden: true,
  },
};
