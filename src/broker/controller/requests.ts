import type { ErrorName } from '../../protocol/errors.ts';
import type { ConfigMap } from '../metadata/cluster-snapshot.ts';

/** How one thing that was asked for went. `detail` is the sentence for the client, null without. */
export interface Outcome {
  readonly error: ErrorName;
  readonly detail: string | null;
}

export interface CreateTopic {
  readonly name: string;
  /** -1: the broker's default, or as `assignments` say. */
  readonly partitionCount: number;
  /** -1: the broker's default, or as `assignments` say. */
  readonly replicationFactor: number;
  /** Manual placement; empty to let the controller place. */
  readonly assignments: readonly PartitionAssignment[];
  /** A null value is refused, as Kafka does. */
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface PartitionAssignment {
  readonly partition: number;
  readonly replicas: readonly number[];
}

export interface CreateTopicResult extends Outcome {
  readonly name: string;
  /** ZERO_UUID on failure or when only validated. */
  readonly topicId: string;
  /** -1 on failure. */
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** The overrides it was created with. */
  readonly configs: ConfigMap;
}

export interface CreatePartitions {
  readonly name: string;
  /** The total wanted, not the increase. */
  readonly count: number;
  /** Replicas of each new partition in order; null to let the controller place. */
  readonly assignments: readonly (readonly number[])[] | null;
}

export interface CreatePartitionsResult extends Outcome {
  readonly name: string;
}

/** A topic to delete, by its name or by its id. */
export type TopicReference = { readonly name: string } | { readonly id: string };

export interface DeleteTopicResult extends Outcome {
  /** Null where an id is not known. */
  readonly name: string | null;
  /** ZERO_UUID where a name is not known. */
  readonly id: string;
}

export type ConfigResource =
  | { readonly type: 'topic'; readonly name: string }
  /** An empty name means the default for all brokers. */
  | { readonly type: 'broker'; readonly name: string };

export interface AlterConfigs {
  readonly resource: ConfigResource;
  /** The whole new set of overrides: what is not named goes back to its default. */
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface IncrementalAlterConfigs {
  readonly resource: ConfigResource;
  readonly changes: readonly ConfigChange[];
}

export interface ConfigChange {
  readonly name: string;
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly value: string | null;
}

export interface AlterConfigsResult extends Outcome {
  readonly resource: ConfigResource;
}

/** `count` ids beginning at `first`, never handed out before nor again. */
export interface ProducerIdBlock {
  readonly first: number;
  readonly count: number;
}
