import type { Metrics, Sample } from '../base/metrics.ts';
import { MOST_WAITING_BYTES, type WorkThread } from '../base/work-thread.ts';
import type { Cleaner, CleanerFigures } from '../storage/cleaner/cleaner.ts';
import type { LogManager } from '../storage/log-manager.ts';
import type { GroupCoordinator } from './coordinator/group/group-coordinator.ts';
import type { ClusterMetadata } from './metadata/cluster-metadata.ts';
import type { NetworkServer } from './network/network-server.ts';
import type { FetchSessionCache } from './replica/fetch-session.ts';
import type { Partitions } from './replica/partitions.ts';
import type { TopicCounts, TopicTraffic } from './replica/topic-traffic.ts';

export interface MeasuredParts {
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  readonly coordinator: GroupCoordinator;
  readonly sessions: FetchSessionCache;
  readonly traffic: TopicTraffic;
  readonly server: NetworkServer;
  readonly logs: LogManager;
  readonly work: WorkThread;
}

const USED_HELP = 'What clients make the broker hold, of each kind that has a bound.';
const LIMIT_HELP = 'The most there may be of it.';

/** What /metrics says about data and groups; the network layer registers its own. */
export function registerBrokerMetrics(metrics: Metrics, parts: MeasuredParts): void {
  const { partitions, metadata, coordinator, sessions, traffic, server, work } = parts;
  registerDiskMetrics(metrics, parts.logs);
  registerCleanerMetrics(metrics, parts.logs.cleaner);
  const perTopic = (name: string, help: string, read: (counts: TopicCounts) => number) =>
    metrics.register({
      kind: 'counter',
      name,
      help,
      read: () =>
        Array.from(traffic.entries(), ([topic, counts]) => ({
          labels: { topic },
          value: read(counts),
        })),
    });
  perTopic('sluice_topic_records_in_total', 'Records appended.', (counts) => counts.recordsIn);
  perTopic('sluice_topic_bytes_in_total', 'Bytes of batches appended.', (counts) => counts.bytesIn);
  perTopic(
    'sluice_topic_bytes_out_total',
    'Bytes of batches fetched.',
    (counts) => counts.bytesOut,
  );
  perTopic(
    'sluice_topic_produce_refused_total',
    'Batches that were refused, whatever for.',
    (counts) => counts.refusedProduces,
  );
  metrics.gauge(
    'sluice_connections_exhausted',
    '1 while new connections are refused: no file handles, or max.connections.',
    () => server.troubles().length,
  );
  metrics.gauge('sluice_topics', 'Topics in the cluster.', () => metadata.snapshot.topics.size);
  metrics.gauge('sluice_partitions', 'Partitions on this broker.', () => partitions.count);
  metrics.gauge('sluice_partitions_offline', 'Partitions whose log directory failed.', () => {
    let count = 0;
    for (const { log } of partitions.all()) if (log.failure) count++;
    return count;
  });
  metrics.gauge('sluice_log_bytes', 'Size of the logs on disk, by topic.', () => {
    const sizes = new Map<string, number>();
    for (const { topic, log } of partitions.all()) {
      sizes.set(topic, (sizes.get(topic) ?? 0) + log.sizeInBytes);
    }
    return Array.from(sizes, ([topic, value]) => ({ labels: { topic }, value }));
  });
  metrics.gauge(
    'sluice_partition_end_offset',
    'High watermark of each partition that is not internal.',
    () => endOffsets(parts),
  );
  metrics.gauge('sluice_fetch_sessions', 'Open fetch sessions.', () => sessions.size);
  metrics.gauge(
    'sluice_in_flight_bytes',
    'Requests and unsent answers.',
    () => server.inFlightBytes,
  );
  const bounds = () => [
    ...server.bounds,
    { of: 'fetch_session_partitions', ...sessions.partitions },
    {
      of: 'group_members',
      used: coordinator.memory.usedBytes,
      limit: coordinator.memory.limitBytes,
    },
    { of: 'record_work', used: work.figures.waitingBytes, limit: MOST_WAITING_BYTES },
  ];
  metrics.gauge('sluice_bound_used', USED_HELP, () =>
    bounds().map(({ of, used }) => ({ labels: { of }, value: used })),
  );
  metrics.gauge('sluice_bound_limit', LIMIT_HELP, () =>
    bounds().map(({ of, limit }) => ({ labels: { of }, value: limit })),
  );
  metrics.gauge('sluice_groups', 'Consumer groups by state.', () =>
    Array.from(coordinator.groupCounts(), ([state, value]) => ({ labels: { state }, value })),
  );
  metrics.gauge(
    'sluice_group_lag',
    'Records between the committed offset of a group and the high watermark.',
    () => lags(parts),
  );
}

function* lags({ coordinator, partitions }: MeasuredParts): Generator<Sample> {
  for (const { groupId, topic, partition, committedOffset } of coordinator.committedOffsets()) {
    const found = partitions.get(topic, partition);
    if (!found) continue;
    yield {
      labels: { group: groupId, topic, partition: String(partition) },
      value: Math.max(0, found.highWatermark - committedOffset),
    };
  }
}

function* endOffsets({ partitions, metadata }: MeasuredParts): Generator<Sample> {
  for (const { topic, index, highWatermark } of partitions.all()) {
    if (metadata.snapshot.topics.get(topic)?.internal) continue;
    yield { labels: { topic, partition: String(index) }, value: highWatermark };
  }
}

/** How the disks keep up. */
function registerDiskMetrics(metrics: Metrics, logs: LogManager): void {
  metrics.gauge('sluice_unsynced_bytes', 'Bytes written to logs and not yet synced.', () =>
    logs.unsynced.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  metrics.register({
    kind: 'counter',
    name: 'sluice_disk_waits_total',
    help: 'Times that a partition had to wait until the disk had caught up.',
    read: () => [{ value: logs.unsynced.reduce((sum, { waits }) => sum + waits, 0) }],
  });
}

/** What compaction has done, and what it has before it. */
function registerCleanerMetrics(metrics: Metrics, cleaner: Cleaner): void {
  const counter = (name: string, help: string, figure: keyof CleanerFigures) =>
    metrics.register({
      kind: 'counter',
      name: `sluice_cleaner_${name}_total`,
      help,
      read: () => [{ value: cleaner.figures[figure] }],
    });
  counter('passes', 'Passes of compaction that were finished.', 'passes');
  counter('failed_passes', 'Passes of compaction that failed.', 'failedPasses');
  counter('read_bytes', 'Bytes that compaction read.', 'bytesRead');
  counter('written_bytes', 'Bytes that compaction wrote.', 'bytesWritten');
  counter('freed_bytes', 'Bytes that compaction took off the logs.', 'bytesFreed');
  counter('seconds', 'Time in passes of compaction, pauses included.', 'seconds');
  metrics.gauge(
    'sluice_cleaner_uncleanable_partitions',
    'Compacted partitions that are not compacted any more because of damage.',
    () => cleaner.overview().uncleanable,
  );
  metrics.gauge(
    'sluice_cleaner_max_dirty_ratio',
    'The largest uncompacted share of a compacted partition, 0 to 1.',
    () => cleaner.overview().maxDirtyRatio,
  );
  metrics.gauge(
    'sluice_cleaner_max_overdue_seconds',
    'By how long max.compaction.lag.ms is exceeded at most.',
    () => cleaner.overview().maxOverdueMs / 1000,
  );
}
