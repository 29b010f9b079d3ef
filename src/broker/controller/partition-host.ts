import type { ErrorName } from '../../protocol/errors.ts';
import type { ConfigMap } from '../metadata/cluster-snapshot.ts';

/**
 * What the controller asks of a broker that hosts partitions; the content of LeaderAndIsr and
 * StopReplica. In one process it is called directly, later the same values travel as requests.
 */
export interface PartitionHost {
  /**
   * Makes each named partition what it says: leader where `leader` is this broker, else follower (or
   * idle where the leader is -1); creates the log when missing. Refuses the whole command with
   * STALE_CONTROLLER_EPOCH where a newer controller has spoken, and a partition with a lower leader
   * epoch than known. One outcome per partition, in order. Resolves when the partitions answer
   * clients. Never rejects for a partition's own failure.
   */
  applyPartitions(command: ApplyPartitions): Promise<PartitionOutcome[]>;
  /**
   * Stops serving the partitions; with `deleteFiles` resolves only when their files are gone. A
   * partition this broker does not have counts as stopped.
   */
  stopPartitions(command: StopPartitions): Promise<PartitionOutcome[]>;
}

export interface ApplyPartitions {
  readonly controllerId: number;
  readonly controllerEpoch: number;
  /** True for the first command after a (re)start or election: it names every partition there is. */
  readonly full: boolean;
  readonly partitions: readonly PartitionState[];
}

export interface PartitionState {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
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

export interface StopPartitions {
  readonly controllerId: number;
  readonly controllerEpoch: number;
  readonly deleteFiles: boolean;
  readonly partitions: readonly TopicPartition[];
}

export interface TopicPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** The leader epoch at which it stops; -1 when not known, -2 when the topic is being deleted. */
  readonly leaderEpoch: number;
}

export interface PartitionOutcome {
  readonly topic: string;
  readonly partition: number;
  /** 'NONE', or KAFKA_STORAGE_ERROR, STALE_CONTROLLER_EPOCH, ... */
  readonly error: ErrorName;
}
