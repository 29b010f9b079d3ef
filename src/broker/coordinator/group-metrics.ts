import type { Metrics, Sample } from '../../base/metrics.ts';
import type { GroupCoordinator } from './group-coordinator.ts';

/**
 * Declares the metrics of groups. `endOffset` is what a consumer can read up to (the high
 * watermark), undefined for a partition that is not led here: its lag is reported where it is.
 */
export function registerGroupMetrics(
  metrics: Metrics,
  coordinator: GroupCoordinator,
  endOffset: (topic: string, partition: number) => number | undefined,
): void {
  metrics.gauge('sluice_groups', 'Groups coordinated by this broker, by state.', () =>
    Array.from(coordinator.groupCounts(), ([state, value]) => ({ labels: { state }, value })),
  );
  metrics.gauge(
    'sluice_group_committed_offset',
    'The committed offset of a group and partition.',
    () => samples(coordinator, (_topic, _partition, committed) => committed),
  );
  metrics.gauge(
    'sluice_group_lag_records',
    'Records that a group has still to read of a partition: its end less the committed offset.',
    () =>
      samples(coordinator, (topic, partition, committed) => {
        const end = endOffset(topic, partition);
        return end === undefined ? undefined : Math.max(0, end - committed);
      }),
  );
}

function* samples(
  coordinator: GroupCoordinator,
  measure: (topic: string, partition: number, committed: number) => number | undefined,
): Generator<Sample> {
  for (const { groupId, topic, partition, committedOffset } of coordinator.committedOffsets()) {
    const value = measure(topic, partition, committedOffset);
    if (value === undefined) continue;
    yield { labels: { group: groupId, topic, partition: String(partition) }, value };
  }
}
