import type { ConsumerOptions, ProducerOptions } from '../client/index.ts';
import type { ConfigTexts } from '../config/index.ts';
import { requirePlaintext, warnAboutUnknown } from './bootstrap-servers.ts';
import { CliError } from './failure.ts';
import { wholeNumber } from './flags.ts';
import type { Terminal } from './terminal.ts';

// Kafka's client properties, by their names, as options of our client.

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

const PRODUCER_KEYS = new Set([
  'acks',
  'batch.size',
  'bootstrap.servers',
  'buffer.memory',
  'client.id',
  'compression.type',
  'delivery.timeout.ms',
  'enable.idempotence',
  'key.serializer',
  'linger.ms',
  'max.block.ms',
  'max.request.size',
  'request.timeout.ms',
  'retries',
  'security.protocol',
  'value.serializer',
]);

export interface ProducerSettings {
  readonly options: ProducerOptions;
  /** Above this the caller waits. */
  readonly bufferBytes: number;
  /** How long to wait for a topic. */
  readonly maxBlockMs: number;
}

/** Throws CliError; warns of what has no meaning here. */
export function producerSettings(texts: ConfigTexts, terminal: Terminal): ProducerSettings {
  if (texts['transactional.id'] !== undefined) {
    throw new CliError('transactional.id is not supported yet');
  }
  warnAboutUnknown(terminal, texts, PRODUCER_KEYS);
  requirePlaintext(texts);
  const number = numbersOf(texts);
  const acks = acksOf(texts['acks'] ?? 'all');
  const codec = CODECS.find((known) => known === (texts['compression.type'] ?? 'none'));
  if (!codec) {
    throw new CliError(
      `compression.type must be one of ${CODECS.join(', ')}, not ${texts['compression.type']}`,
    );
  }
  return {
    bufferBytes: number('buffer.memory', 1, 33_554_432),
    maxBlockMs: number('max.block.ms', 0, 60_000),
    options: {
      acks,
      codec,
      lingerMs: number('linger.ms', 0, 0),
      batchBytes: number('batch.size', 0, 16_384),
      maxRequestBytes: number('max.request.size', 1, 1_048_576),
      requestTimeoutMs: number('request.timeout.ms', 1, 30_000),
      deliveryTimeoutMs: number('delivery.timeout.ms', 1, 120_000),
      idempotent: acks === -1 && texts['enable.idempotence'] !== 'false',
    },
  };
}

function acksOf(text: string): -1 | 0 | 1 {
  if (text === 'all' || text === '-1') return -1;
  if (text === '0') return 0;
  if (text === '1') return 1;
  throw new CliError(`acks must be 0, 1, -1 or all, not ${text}`);
}

const CONSUMER_KEYS = new Set([
  'auto.commit.interval.ms',
  'auto.offset.reset',
  'bootstrap.servers',
  'client.id',
  'enable.auto.commit',
  'fetch.max.bytes',
  'fetch.max.wait.ms',
  'fetch.min.bytes',
  'group.id',
  'group.instance.id',
  'heartbeat.interval.ms',
  'isolation.level',
  'key.deserializer',
  'max.partition.fetch.bytes',
  'max.poll.interval.ms',
  'max.poll.records',
  'partition.assignment.strategy',
  'security.protocol',
  'session.timeout.ms',
  'value.deserializer',
]);

const ASSIGNORS: Readonly<Record<string, string>> = {
  RangeAssignor: 'range',
  RoundRobinAssignor: 'roundrobin',
  range: 'range',
  roundrobin: 'roundrobin',
};

/** Throws CliError; warns of what has no meaning here. */
export function consumerSettings(texts: ConfigTexts, terminal: Terminal): ConsumerOptions {
  warnAboutUnknown(terminal, texts, CONSUMER_KEYS);
  requirePlaintext(texts);
  const number = numbersOf(texts);
  const text = <const T extends string>(name: string, allowed: readonly T[], otherwise: T): T => {
    const given = texts[name] ?? otherwise;
    const found = allowed.find((one) => one === given);
    if (found !== undefined) return found;
    throw new CliError(`${name} must be one of ${allowed.join(', ')}, not ${given}`);
  };
  const groupId = texts['group.id'];
  const groupInstanceId = texts['group.instance.id'];
  return {
    ...(groupId === undefined ? {} : { groupId }),
    ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
    autoOffsetReset: text('auto.offset.reset', ['latest', 'earliest', 'none'], 'latest'),
    isolationLevel: text(
      'isolation.level',
      ['read_uncommitted', 'read_committed'],
      'read_uncommitted',
    ),
    enableAutoCommit: text('enable.auto.commit', ['true', 'false'], 'true') === 'true',
    autoCommitIntervalMs: number('auto.commit.interval.ms', 0, 5000),
    fetchMinBytes: number('fetch.min.bytes', 0, 1),
    fetchMaxWaitMs: number('fetch.max.wait.ms', 0, 500),
    fetchMaxBytes: number('fetch.max.bytes', 0, 52_428_800),
    maxPartitionFetchBytes: number('max.partition.fetch.bytes', 0, 1_048_576),
    maxPollRecords: number('max.poll.records', 1, 500),
    sessionTimeoutMs: number('session.timeout.ms', 1, 45_000),
    heartbeatIntervalMs: number('heartbeat.interval.ms', 1, 3000),
    rebalanceTimeoutMs: number('max.poll.interval.ms', 1, 300_000),
    assignors: (texts['partition.assignment.strategy'] ?? 'range,roundrobin')
      .split(',')
      .map((one) => {
        const found = ASSIGNORS[one.trim().split('.').at(-1) ?? ''];
        if (found !== undefined) return found;
        throw new CliError(`partition.assignment.strategy ${one} is unknown here`);
      }),
  };
}

function numbersOf(texts: ConfigTexts) {
  return (name: string, atLeast: number, otherwise: number): number => {
    const text = texts[name];
    return text === undefined ? otherwise : wholeNumber(name, text, { atLeast });
  };
}
