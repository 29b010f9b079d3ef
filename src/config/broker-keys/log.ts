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
  string,
} from '../key.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MESSAGE_FORMAT_VERSION = '3.0-IV1';

/** Releases and their steps that Kafka 3.9 has a message format for: 0.10.2, 2.8, 3.0-IV1. */
const RELEASE =
  /^(0\.8\.[012]|0\.9\.0|0\.10\.[012]|0\.11\.0|1\.[01]|2\.[0-8]|3\.\d)(\.\d+)?(-IV\d+)?$/;

/** Of the broker and of a topic alike; without effect, so that configs of old clusters are taken. */
export const MESSAGE_FORMAT_VERSION_KEY: ConfigKey<string> = {
  ...string({
    default: MESSAGE_FORMAT_VERSION,
    effect: 'none',
    inKafka4: { removed: true },
    doc: 'The record format on disk of older Kafkas. It is always the current one, format v2, here.',
  }),
  allowed: 'a Kafka release such as 2.8 or 3.0-IV1',
  parse(text) {
    if (!RELEASE.test(text))
      throw new ConfigError('must be a Kafka release such as 2.8 or 3.0-IV1');
    return text;
  },
};

/** Where logs lie and how they are written, kept, compacted and recovered. */
export const LOG_KEYS = {
  'log.dirs': string({
    default: null,
    importance: 'high',
    doc: 'Folders that hold the data, comma-separated. New partitions go to the one with the fewest. Not set: log.dir.',
  }),
  'log.dirs.lost': list({
    default: null,
    importance: 'low',
    doc: 'Ids (directory.id in meta.properties) of log directories whose data is gone for good. Without it a broker that misses a directory with partitions does not start; with it these partitions go on, empty, after their last known offsets. The word unknown gives up partitions that no directory has, where nothing notes what lay where.',
  }),
  'log.dir': string({
    default: './data',
    nonEmpty: true,
    importance: 'high',
    doc: 'The folder that holds the data, where log.dirs is not set.',
  }),
  'log.dir.failure.timeout.ms': long({
    default: 30_000,
    atLeast: 1,
    importance: 'low',
    effect: 'none',
    doc: 'How long a broker of a KRaft cluster may keep a failed folder from the controller.',
  }),
  'log.segment.bytes': int({
    default: 1_073_741_824,
    atLeast: 14,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'The size at which a segment file is closed and the next one begun.',
  }),
  'log.roll.ms': long({
    default: null,
    importance: 'high',
    update: 'cluster-wide',
    insteadOf: [['log.roll.hours', HOUR_MS]],
    doc: 'The age at which a segment is closed even if it is not full. Not set: log.roll.hours.',
  }),
  'log.roll.hours': int({
    default: 168,
    atLeast: 1,
    importance: 'high',
    doc: 'The same in hours, where log.roll.ms is not set.',
  }),
  'log.roll.jitter.ms': long({
    default: null,
    importance: 'high',
    update: 'cluster-wide',
    insteadOf: [['log.roll.jitter.hours', HOUR_MS]],
    doc: 'The most that is taken off that age at random, so that segments do not all roll together.',
  }),
  'log.roll.jitter.hours': int({
    default: 0,
    atLeast: 0,
    importance: 'high',
    doc: 'The same in hours, where log.roll.jitter.ms is not set.',
  }),
  'log.retention.ms': long({
    default: null,
    atLeast: -1,
    importance: 'high',
    update: 'cluster-wide',
    insteadOf: [
      ['log.retention.minutes', MINUTE_MS],
      ['log.retention.hours', HOUR_MS],
    ],
    doc: 'How long records are kept. -1: for ever. Not set: log.retention.minutes, then log.retention.hours.',
  }),
  'log.retention.minutes': int({
    default: null,
    importance: 'high',
    doc: 'The same in minutes, where log.retention.ms is not set.',
  }),
  'log.retention.hours': int({
    default: 168,
    importance: 'high',
    doc: 'The same in hours, where neither of the others is set.',
  }),
  'log.retention.bytes': long({
    default: -1,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'How large a partition may grow before its oldest segments go. -1: without limit.',
  }),
  'log.retention.check.interval.ms': long({
    default: 300_000,
    atLeast: 1,
    doc: 'How often logs are looked through for segments to delete.',
  }),
  'log.segment.delete.delay.ms': long({
    default: 60_000,
    atLeast: 0,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'How long a deleted segment stays on disk, renamed, for readers that still have it open.',
  }),
  'log.index.size.max.bytes': int({
    default: 10_485_760,
    atLeast: 4,
    update: 'cluster-wide',
    doc: 'The largest index of a segment; a full index closes its segment.',
  }),
  'log.index.interval.bytes': int({
    default: 4096,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'How many bytes of records lie between two entries of an index.',
  }),
  'log.flush.interval.messages': long({
    default: LONG_MAX,
    atLeast: 1,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'How many records a partition takes before it is forced to disk.',
  }),
  'log.flush.interval.ms': long({
    default: null,
    importance: 'high',
    update: 'cluster-wide',
    insteadOf: [['log.flush.scheduler.interval.ms', 1]],
    doc: 'How long records may stay in memory before they are forced to disk.',
  }),
  'log.disk.reserved.bytes': long({
    default: -1,
    atLeast: -1,
    importance: 'high',
    update: 'cluster-wide',
    doc: "Free bytes of a log directory's volume that producers may not take: below, they are answered KAFKA_STORAGE_ERROR, which they retry, until there is space again. Reading, deleting, retention, committed offsets and groups go on. -1: a twentieth of the volume, at most 256 MiB. 0: nothing is reserved.",
  }),
  'log.flush.policy': oneOf(['os', 'group-commit'], {
    default: 'os',
    importance: 'high',
    update: 'cluster-wide',
    doc: 'When producers are answered and consumers see a record. "os": when the operating system has it, as Kafka does; it survives a crash of the process, and a sync in the background follows. "group-commit": when the disk has it; it survives a power cut. Requests and partitions share the syncs.',
  }),
  'log.unsynced.max.bytes': long({
    default: -1,
    atLeast: -1,
    importance: 'medium',
    update: 'cluster-wide',
    doc: 'Bytes of the log directories together that may be written and not yet synced. Beyond, partitions with more than 16 MiB of them wait for the disk, and their producers with them; the others go on. Without a bound the operating system would at some point hold up everything. -1: a sixteenth of the memory, from 32 MiB to 4 GiB. 0: as little as can be.',
  }),
  'log.flush.scheduler.interval.ms': long({
    default: LONG_MAX,
    importance: 'high',
    doc: 'How often logs are looked through for records to force to disk.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int({
    default: 60_000,
    atLeast: 0,
    importance: 'high',
    doc: 'How often the recovery points are written, which bound the work of a start after a crash.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int({
    default: 60_000,
    atLeast: 0,
    importance: 'high',
    effect: 'none',
    doc: 'How often the log start offsets are written.',
  }),
  'log.preallocate': boolean({
    default: false,
    update: 'cluster-wide',
    effect: 'none',
    doc: 'Whether a new segment takes its full size on disk at once.',
  }),
  'log.initial.task.delay.ms': long({
    hidden: true,
    default: 30_000,
    atLeast: 0,
    importance: 'low',
    doc: 'How long after the start retention is looked at for the first time.',
  }),
  'log.message.format.version': MESSAGE_FORMAT_VERSION_KEY,
  'log.message.timestamp.type': oneOf(['CreateTime', 'LogAppendTime'], {
    default: 'CreateTime',
    update: 'cluster-wide',
    doc: "Whether a record carries its producer's time or the time of its arrival.",
  }),
  'log.message.timestamp.difference.max.ms': long({
    default: LONG_MAX,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'How far the time of a record may lie from now, before and after. Superseded by the next two.',
  }),
  'log.message.timestamp.before.max.ms': long({
    default: LONG_MAX,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'How far the time of a record may lie in the past.',
  }),
  'log.message.timestamp.after.max.ms': long({
    default: LONG_MAX,
    inKafka4: { default: '3600000' },
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'How far the time of a record may lie in the future.',
  }),
  'log.message.downconversion.enable': boolean({
    default: true,
    importance: 'low',
    update: 'cluster-wide',
    doc: 'Whether consumers too old for the record format are served by conversion.',
  }),
  'message.max.bytes': int({
    default: 1_048_588,
    atLeast: 0,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'The largest record batch accepted, as it arrives, that is after compression.',
  }),
  'min.insync.replicas': int({
    default: 1,
    atLeast: 1,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'How many replicas must be in sync for a write with acks=all to be accepted.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Whether a replica that is not in sync may lead when no other can, which loses records.',
  }),
  'compression.type': oneOf(['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], {
    default: 'producer',
    importance: 'high',
    update: 'cluster-wide',
    doc: 'The codec of stored batches; "producer" keeps what arrives.',
  }),
  'compression.gzip.level': int({
    default: -1,
    atLeast: 1,
    atMost: 9,
    orExactly: -1,
    update: 'cluster-wide',
    effect: 'none',
    doc: 'The level where compression.type is gzip. -1: the default of the codec.',
  }),
  'compression.lz4.level': int({
    default: 9,
    atLeast: 1,
    atMost: 17,
    update: 'cluster-wide',
    effect: 'none',
    doc: 'The level where compression.type is lz4.',
  }),
  'compression.zstd.level': int({
    default: 3,
    atLeast: -131_072,
    atMost: 22,
    update: 'cluster-wide',
    effect: 'none',
    doc: 'The level where compression.type is zstd.',
  }),
  'log.cleanup.policy': list({
    default: 'delete',
    items: ['compact', 'delete'],
    update: 'cluster-wide',
    doc: 'What happens to old records: "delete" drops segments past their retention, "compact" keeps the newest record of each key, and both may be given.',
  }),
  'log.cleaner.enable': boolean({
    default: true,
    doc: 'Whether compacted topics are compacted.',
  }),
  'log.cleaner.threads': int({
    default: 1,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'How many logs are compacted at a time. They share the event loop, in small steps; 0 switches compaction off.',
  }),
  'log.cleaner.io.max.bytes.per.second': double({
    default: '1.7976931348623157E308',
    update: 'cluster-wide',
    doc: 'The most bytes that compaction reads and writes per second, all logs together.',
  }),
  'log.cleaner.dedupe.buffer.size': long({
    default: 134_217_728,
    update: 'cluster-wide',
    doc: 'Memory for the map of keys during compaction, of all threads together. It is taken as keys come, 24 bytes for each.',
  }),
  'log.cleaner.io.buffer.size': int({
    default: 524_288,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'Memory for reading and writing during compaction.',
  }),
  'log.cleaner.io.buffer.load.factor': double({
    default: 0.9,
    update: 'cluster-wide',
    doc: 'How full the map of keys may become.',
  }),
  'log.cleaner.backoff.ms': long({
    default: 15_000,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'The pause between looks for a log to compact, when there was none.',
  }),
  'log.cleaner.min.cleanable.ratio': double({
    default: 0.5,
    atLeast: 0,
    atMost: 1,
    update: 'cluster-wide',
    doc: 'The share of a log that must be uncompacted for it to be compacted.',
  }),
  'log.cleaner.delete.retention.ms': long({
    default: 86_400_000,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'How long a record without a value, which deletes its key, stays readable after compaction.',
  }),
  'log.cleaner.min.compaction.lag.ms': long({
    default: 0,
    atLeast: 0,
    update: 'cluster-wide',
    doc: 'How long a record stays untouched by compaction.',
  }),
  'log.cleaner.max.compaction.lag.ms': long({
    default: LONG_MAX,
    atLeast: 1,
    update: 'cluster-wide',
    doc: 'After how long a record is compacted at the latest.',
  }),
  'log.local.retention.ms': long({
    default: -2,
    atLeast: -2,
    update: 'cluster-wide',
    effect: 'none',
    doc: 'How long a segment that was copied to remote storage stays here too. -2: log.retention.ms.',
  }),
  'log.local.retention.bytes': long({
    default: -2,
    atLeast: -2,
    update: 'cluster-wide',
    effect: 'none',
    doc: 'How large a partition may be here, besides remote storage. -2: log.retention.bytes.',
  }),
  'num.recovery.threads.per.data.dir': int({
    default: 1,
    atLeast: 1,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'How many logs of a folder are recovered at a time at the start after a crash.',
  }),
  'producer.id.expiration.ms': int({
    default: 86_400_000,
    atLeast: 1,
    importance: 'low',
    update: 'cluster-wide',
    doc: 'How long a partition remembers an idempotent producer that went quiet.',
  }),
  'producer.id.expiration.check.interval.ms': int({
    hidden: true,
    default: 600_000,
    atLeast: 1,
    importance: 'low',
    effect: 'none',
    doc: 'How often quiet producers are looked for.',
  }),
} as const;
