import { type ConfigKey, string } from '../key.ts';
import { UNUSED_CLUSTER_KEYS } from './unused-cluster.ts';
import { UNUSED_SECURITY_KEYS } from './unused-security.ts';

/** Keys of other Kafka versions that stand in real files. */
const OTHER_VERSIONS: Record<string, ConfigKey> = Object.fromEntries(
  [
    'controller.message.queue.size',
    'controlled.shutdown.skip.enable',
    'quota.consumer.default',
    'quota.producer.default',
    'replica.lag.max.messages',
    'zookeeper.sync.time.ms',
    'controller.quorum.auto.join.enable',
    'group.coordinator.cached.buffer.max.bytes',
    'group.consumer.regex.refresh.interval.ms',
    'group.share.assignors',
    'group.share.initialize.retry.interval.ms',
    'share.coordinator.append.linger.ms',
    'share.coordinator.load.buffer.size',
    'share.coordinator.snapshot.update.records.per.snapshot',
    'share.coordinator.state.topic.compression.codec',
    'share.coordinator.state.topic.min.isr',
    'share.coordinator.state.topic.num.partitions',
    'share.coordinator.state.topic.prune.interval.ms',
    'share.coordinator.state.topic.replication.factor',
    'share.coordinator.state.topic.segment.bytes',
    'share.coordinator.threads',
    'share.coordinator.write.timeout.ms',
    'transaction.two.phase.commit.enable',
  ].map((name) => [
    name,
    string({ effect: 'none', hidden: true, default: null, doc: 'A key of another Kafka version.' }),
  ]),
);

/**
 * Keys of features that do not exist here (yet): accepted, checked and described like every other
 * key, so that a file written for Kafka works, and read by nothing.
 */
export const UNUSED_KEYS: Record<string, ConfigKey> = {
  ...UNUSED_SECURITY_KEYS,
  ...UNUSED_CLUSTER_KEYS,
  ...OTHER_VERSIONS,
};
