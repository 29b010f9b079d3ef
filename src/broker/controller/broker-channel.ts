import type { ErrorName } from '../../protocol/errors.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import type { BrokerMetadata, ConfigMap, TopicMetadata } from '../metadata/cluster-snapshot.ts';

/**
 * Everything the controller says to one broker, itself included, in the order in which it says it. In one process
 * it is called directly; between processes the same values travel as requests, and so are plain: no functions, no
 * objects of a class. A command of an older controller
 * than one that has spoken is refused whole with STALE_CONTROLLER_EPOCH. Nothing rejects for a partition's own
 * failure.
 */
export interface BrokerChannel {
  /**
   * LeaderAndIsr: makes each named partition what it says: leader where `leader` is this broker, else follower (or
   * idle where the leader is -1); creates the log when missing. Refuses a partition with a lower leader
   * epoch than known. One outcome per partition, in order. Resolves when the partitions answer clients.
   */
  applyPartitions(command: ApplyPartitions): Promise<PartitionOutcome[]>;
  /**
   * StopReplica: stops serving the partitions; with `deleteFiles` resolves only when their files are gone. A
   * partition this broker does not have counts as stopped.
   */
  stopPartitions(command: StopPartitions): Promise<PartitionOutcome[]>;
  /**
   * UpdateMetadata: what clients are told from now on. Resolves when whoever keeps something about a deleted topic
   * has forgotten it: committed offsets, for one. Everybody who waits for it must not need the controller.
   */
  updateMetadata(command: UpdateMetadata): Promise<'NONE' | 'STALE_CONTROLLER_EPOCH'>;
}

/** What every command begins with. */
export interface FromController {
  readonly controllerId: number;
  readonly controllerEpoch: number;
}

/** Changes of the cluster as clients see it. */
export interface UpdateMetadata extends FromController {
  /** It names everything there is: what it does not name is gone. */
  readonly full: boolean;
  /** New, or changed. */
  readonly topics: readonly TopicUpdate[];
  /** Also those that this broker never knew: their deletion may go on after a crash. */
  readonly deletedTopics: readonly DeletedTopic[];
  /** The live brokers, where they changed. */
  readonly brokers: readonly BrokerMetadata[] | undefined;
  /** Overrides that changed without anything else of their topic. */
  readonly topicConfigs: readonly { readonly topic: string; readonly configs: ConfigMap }[];
  /** `brokerId` undefined: of all brokers. */
  readonly brokerConfigs: readonly {
    readonly brokerId: number | undefined;
    readonly configs: ConfigMap;
  }[];
}

export interface TopicUpdate {
  readonly topic: TopicMetadata;
  /** All its overrides. */
  readonly configs: ConfigMap;
}

export interface DeletedTopic {
  readonly name: string;
  readonly id: string;
}

export interface ApplyPartitions extends FromController {
  /** True for the first command after a (re)start or election: it names every partition there is. */
  readonly full: boolean;
  readonly partitions: readonly PartitionState[];
}

export interface PartitionState extends TopicPartition {
  readonly topicId: string;
  readonly leader: number;
  readonly leaderEpoch: number;
  /** The version of the partition's state node; AlterPartition carries it back. */
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  /** Just created: there can be no log yet. */
  readonly isNew: boolean;
  /** The topic's overrides at this moment; later changes are published in the cluster snapshot. */
  readonly topicConfig: ConfigMap;
}

export interface StopPartitions extends FromController {
  readonly deleteFiles: boolean;
  readonly partitions: readonly StoppedPartition[];
}

export interface StoppedPartition extends TopicPartition {
  readonly topicId: string;
  /** The leader epoch at which it stops; -1 when not known, -2 when the topic is being deleted. */
  readonly leaderEpoch: number;
}

export interface PartitionOutcome extends TopicPartition {
  /** 'NONE', or KAFKA_STORAGE_ERROR, STALE_CONTROLLER_EPOCH, ... */
  readonly error: ErrorName;
}
