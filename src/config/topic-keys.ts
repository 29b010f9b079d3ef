import { MESSAGE_FORMAT_VERSION_KEY } from './broker-keys/log.ts';
import {
  boolean,
  ConfigError,
  type ConfigKey,
  double,
  int,
  LONG_MAX,
  list,
  long,
  oneOf,
  splitList,
} from './key.ts';

/** Which replicas of which partitions are slowed down: partition:broker pairs, or * for all. */
function throttledReplicas(doc: string): ConfigKey<readonly string[]> {
  const allowed = '*, or partition:broker pairs such as 0:1,1:2';
  return {
    ...list({ default: '', effect: 'none', doc }),
    allowed,
    parse(text) {
      const items = splitList(text);
      const all = items.length === 1 && items[0] === '*';
      if (!all && !items.every((item) => /^\d+:\d+$/.test(item))) {
        throw new ConfigError(`must be ${allowed}`);
      }
      return items;
    },
  };
}

/** Every topic config there is; the broker's value, where it has one, is in TOPIC_TO_BROKER_KEY. */
export const TOPIC_KEYS = {
  'cleanup.policy': list({
    default: 'delete',
    items: ['compact', 'delete'],
    doc: 'What happens to old records: "delete" drops segments past their retention, "compact" keeps the newest record of each key, and both may be given.',
  }),
  'compression.type': oneOf(['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], {
    default: 'producer',
    doc: 'The codec of stored batches; "producer" keeps what arrives.',
  }),
  'compression.gzip.level': int({
    default: -1,
    atLeast: 1,
    atMost: 9,
    orExactly: -1,
    effect: 'none',
    doc: 'The level where compression.type is gzip. -1: the default of the codec.',
  }),
  'compression.lz4.level': int({
    default: 9,
    atLeast: 1,
    atMost: 17,
    effect: 'none',
    doc: 'The level where compression.type is lz4.',
  }),
  'compression.zstd.level': int({
    default: 3,
    atLeast: -131_072,
    atMost: 22,
    effect: 'none',
    doc: 'The level where compression.type is zstd.',
  }),
  'delete.retention.ms': long({
    default: 86_400_000,
    atLeast: 0,
    doc: 'How long a record without a value, which deletes its key, stays readable after compaction.',
  }),
  'file.delete.delay.ms': long({
    default: 60_000,
    atLeast: 0,
    doc: 'How long a deleted segment stays on disk, renamed, for readers that still have it open.',
  }),
  'flush.messages': long({
    default: LONG_MAX,
    atLeast: 1,
    doc: 'How many records a partition takes before it is forced to disk.',
  }),
  'flush.ms': long({
    default: LONG_MAX,
    atLeast: 0,
    doc: 'How long records may stay in memory before they are forced to disk.',
  }),
  'flush.policy': oneOf(['os', 'group-commit'], {
    default: 'os',
    doc: 'When producers are answered and consumers see a record: "os", when the operating system has it, or "group-commit", when the disk has it.',
  }),
  'follower.replication.throttled.replicas': throttledReplicas(
    'Followers whose replication is slowed down.',
  ),
  'leader.replication.throttled.replicas': throttledReplicas(
    'Replicas that their leader serves more slowly.',
  ),
  'index.interval.bytes': int({
    default: 4096,
    atLeast: 0,
    doc: 'How many bytes of records lie between two entries of an index.',
  }),
  'local.retention.bytes': long({
    default: -2,
    atLeast: -2,
    effect: 'none',
    doc: 'How large a partition may be here, besides remote storage. -2: retention.bytes.',
  }),
  'local.retention.ms': long({
    default: -2,
    atLeast: -2,
    effect: 'none',
    doc: 'How long a segment that was copied to remote storage stays here too. -2: retention.ms.',
  }),
  'max.compaction.lag.ms': long({
    default: LONG_MAX,
    atLeast: 1,
    doc: 'After how long a record is compacted at the latest.',
  }),
  'max.message.bytes': int({
    default: 1_048_588,
    atLeast: 0,
    doc: 'The largest record batch accepted, as it arrives, that is after compression.',
  }),
  'message.downconversion.enable': boolean({
    inKafka4: { removed: true },
    default: true,
    importance: 'low',
    doc: 'Whether consumers too old for the record format are served by conversion.',
  }),
  'message.format.version': MESSAGE_FORMAT_VERSION_KEY,
  'message.timestamp.type': oneOf(['CreateTime', 'LogAppendTime'], {
    default: 'CreateTime',
    doc: "Whether a record carries its producer's time or the time of its arrival.",
  }),
  'message.timestamp.difference.max.ms': long({
    inKafka4: { removed: true },
    default: LONG_MAX,
    atLeast: 0,
    doc: 'How far the time of a record may lie from now, before and after. Superseded by the next two.',
  }),
  'message.timestamp.before.max.ms': long({
    default: LONG_MAX,
    atLeast: 0,
    doc: 'How far the time of a record may lie in the past.',
  }),
  'message.timestamp.after.max.ms': long({
    default: LONG_MAX,
    inKafka4: { default: '3600000' },
    atLeast: 0,
    doc: 'How far the time of a record may lie in the future.',
  }),
  'min.cleanable.dirty.ratio': double({
    default: 0.5,
    atLeast: 0,
    atMost: 1,
    doc: 'The share of a log that must be uncompacted for it to be compacted.',
  }),
  'min.compaction.lag.ms': long({
    default: 0,
    atLeast: 0,
    doc: 'How long a record stays untouched by compaction.',
  }),
  'min.insync.replicas': int({
    default: 1,
    atLeast: 1,
    doc: 'How many replicas must be in sync for a write with acks=all to be accepted.',
  }),
  preallocate: boolean({
    default: false,
    effect: 'none',
    doc: 'Whether a new segment takes its full size on disk at once.',
  }),
  'remote.storage.enable': boolean({
    default: false,
    effect: 'none',
    doc: 'Whether the topic is copied to remote storage.',
  }),
  'remote.log.copy.disable': boolean({
    default: false,
    effect: 'none',
    doc: 'Whether copying to remote storage has stopped.',
  }),
  'remote.log.delete.on.disable': boolean({
    default: false,
    effect: 'none',
    doc: 'Whether remote storage is emptied when it is switched off.',
  }),
  'retention.bytes': long({
    default: -1,
    doc: 'How large a partition may grow before its oldest segments go. -1: without limit.',
  }),
  'retention.ms': long({
    default: 604_800_000,
    atLeast: -1,
    doc: 'How long records are kept. -1: for ever.',
  }),
  'segment.bytes': int({
    inKafka4: { atLeast: 1024 * 1024 },
    default: 1_073_741_824,
    atLeast: 14,
    doc: 'The size at which a segment file is closed and the next one begun.',
  }),
  'segment.index.bytes': int({
    default: 10_485_760,
    atLeast: 4,
    doc: 'The largest index of a segment; a full index closes its segment.',
  }),
  'segment.jitter.ms': long({
    default: 0,
    atLeast: 0,
    doc: 'The most that is taken off segment.ms at random, so that segments do not all roll together.',
  }),
  'segment.ms': long({
    default: 604_800_000,
    atLeast: 1,
    doc: 'The age at which a segment is closed even if it is not full.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    doc: 'Whether a replica that is not in sync may lead when no other can, which loses records.',
  }),
} as const;

export type TopicKeyName = keyof typeof TOPIC_KEYS;

export function isTopicKey(name: string): name is TopicKeyName {
  return Object.hasOwn(TOPIC_KEYS, name);
}

/** The broker config that a topic without an override takes its value from. */
export const TOPIC_TO_BROKER_KEY: Readonly<Partial<Record<TopicKeyName, string>>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'compression.type': 'compression.type',
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.zstd.level': 'compression.zstd.level',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'flush.policy': 'log.flush.policy',
  'index.interval.bytes': 'log.index.interval.bytes',
  'local.retention.bytes': 'log.local.retention.bytes',
  'local.retention.ms': 'log.local.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.downconversion.enable': 'log.message.downconversion.enable',
  'message.format.version': 'log.message.format.version',
  'message.timestamp.type': 'log.message.timestamp.type',
  'message.timestamp.difference.max.ms': 'log.message.timestamp.difference.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'min.insync.replicas': 'min.insync.replicas',
  preallocate: 'log.preallocate',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
};
