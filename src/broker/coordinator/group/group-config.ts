/** What the configuration says about groups; an immutable snapshot. */
export interface GroupConfig {
  /** `group.min.session.timeout.ms` */
  minSessionTimeoutMs: number;
  /** `group.max.session.timeout.ms` */
  maxSessionTimeoutMs: number;
  /** `group.max.size`: members of one group. */
  maxSize: number;
  /** `group.initial.rebalance.delay.ms`: how long an empty group waits for more members. */
  initialRebalanceDelayMs: number;
  /** `offset.metadata.max.bytes`: characters of the text stored with a committed offset. */
  offsetMetadataMaxBytes: number;
  /** `offsets.retention.minutes`, in milliseconds. */
  offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms` */
  offsetsRetentionCheckIntervalMs: number;
}

/** Kafka's defaults, but for the initial delay: one node has no reason to make a new group wait. */
export const defaultGroupConfig: GroupConfig = {
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  maxSize: 2_147_483_647,
  initialRebalanceDelayMs: 0,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMs: 7 * 24 * 60 * 60 * 1_000,
  offsetsRetentionCheckIntervalMs: 600_000,
};
