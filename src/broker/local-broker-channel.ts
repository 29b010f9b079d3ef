import type { Logger } from '../base/logger.ts';
import type { LongWork } from '../base/slices.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type { TopicPartition } from '../protocol/topic-partition.ts';
import type {
  ApplyPartitions,
  BrokerChannel,
  FromController,
  PartitionOutcome,
  PartitionState,
  StopPartitions,
  StoppedPartition,
  UpdateMetadata,
} from './controller/broker-channel.ts';
import { takeUpdate } from './controller/metadata-update.ts';
import type { ClusterMetadata } from './metadata/cluster-metadata.ts';
import type { Configs } from './metadata/configs.ts';
import type { Partitions } from './replica/partitions.ts';
import type { TopicTraffic } from './replica/topic-traffic.ts';

/** Who else must know which partitions this broker leads, and which topics are gone: the coordinators. */
export interface PartitionListener {
  elected(topic: string, partition: number, leaderEpoch: number): void;
  /** `leaderEpoch` undefined: the partition is being deleted. */
  resigned(topic: string, partition: number, leaderEpoch: number | undefined): void;
  /** Resolves when nothing is known about the topic any more. */
  topicDeleted(topic: string): Promise<void>;
}

export interface BrokerChannelParts {
  readonly slices: LongWork;
  readonly logger: Logger;
  readonly brokerId: number;
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
  readonly configs: Configs;
  readonly traffic: TopicTraffic;
  readonly listener: PartitionListener;
}

/** Making or moving the folder of a log is as much work as so many steps. */
const STEPS_OF_A_LOG = 16;

/** Carries out the controller's decisions on this broker. */
export class LocalBrokerChannel implements BrokerChannel {
  readonly #parts: BrokerChannelParts;
  #controllerEpoch = -1;

  constructor(parts: BrokerChannelParts) {
    this.#parts = parts;
  }

  async applyPartitions(command: ApplyPartitions): Promise<PartitionOutcome[]> {
    if (!this.#accept(command)) return refuse(command.partitions);
    const outcomes: PartitionOutcome[] = [];
    const { slices } = this.#parts;
    for (const state of command.partitions) {
      if (slices.isOver(STEPS_OF_A_LOG)) {
        await slices.nextTurn();
        if (!this.#accept(command)) return refuse(command.partitions);
      }
      outcomes.push(this.#apply(state));
    }
    return outcomes;
  }

  #apply(state: PartitionState): PartitionOutcome {
    const { topic, partition, leaderEpoch } = state;
    const config = this.#parts.configs.topicWith(state.topicConfig);
    const error = this.#parts.partitions.apply({ ...state, config });
    if (error === 'NONE') {
      if (state.leader === this.#parts.brokerId)
        this.#parts.listener.elected(topic, partition, leaderEpoch);
      else this.#parts.listener.resigned(topic, partition, leaderEpoch);
    }
    return { topic, partition, error };
  }

  async stopPartitions(command: StopPartitions): Promise<PartitionOutcome[]> {
    if (!this.#accept(command)) return refuse(command.partitions);
    const { slices } = this.#parts;
    const stopping: Promise<PartitionOutcome>[] = [];
    for (const partition of command.partitions) {
      if (slices.isOver(STEPS_OF_A_LOG)) {
        await slices.nextTurn();
        if (!this.#accept(command)) break;
      }
      stopping.push(this.#stop(partition, command));
    }
    const outcomes = await Promise.all(stopping);
    return [...outcomes, ...refuse(command.partitions.slice(outcomes.length))];
  }

  async #stop(
    { topic, partition, leaderEpoch }: StoppedPartition,
    { deleteFiles }: StopPartitions,
  ): Promise<PartitionOutcome> {
    this.#parts.listener.resigned(topic, partition, deleteFiles ? undefined : leaderEpoch);
    const error = await this.#parts.partitions.stop(topic, partition, { deleteFiles });
    if (deleteFiles) this.#parts.traffic.forget(topic);
    return { topic, partition, error };
  }

  async updateMetadata(command: UpdateMetadata): Promise<'NONE' | 'STALE_CONTROLLER_EPOCH'> {
    if (!this.#accept(command)) return 'STALE_CONTROLLER_EPOCH';
    const { metadata, listener, logger } = this.#parts;
    const deleted = takeUpdate(metadata, command);
    for (const topic of deleted) {
      await listener.topicDeleted(topic).catch((error: unknown) => {
        logger.error({ error, topic }, `not everything about the deleted topic ${topic} is gone`);
      });
    }
    return 'NONE';
  }

  /** Only the newest controller is listened to. */
  #accept({ controllerEpoch }: FromController): boolean {
    if (controllerEpoch < this.#controllerEpoch) return false;
    this.#controllerEpoch = controllerEpoch;
    return true;
  }
}

function refuse(partitions: readonly TopicPartition[]): PartitionOutcome[] {
  const error: ErrorName = 'STALE_CONTROLLER_EPOCH';
  return partitions.map(({ topic, partition }) => ({ topic, partition, error }));
}
