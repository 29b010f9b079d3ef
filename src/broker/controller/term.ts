import type { Store } from '../../coordination/store.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import {
  type BrokerMetadata,
  NO_LEADER,
  type PartitionMetadata,
} from '../metadata/cluster-snapshot.ts';
import type {
  DeletedTopic,
  PartitionOutcome,
  PartitionState,
  StoppedPartition,
  TopicUpdate,
  UpdateMetadata,
} from './broker-channel.ts';
import {
  brokerIdOf,
  type ControllerContext,
  NO_REPLICAS,
  type PartitionRecord,
  type TopicRecord,
} from './context.ts';
import type { ControllerOptions } from './controller.ts';
import { ControllerMoved, type FencedWriter } from './fenced-writer.ts';
import { isInternalTopicName } from './topic-name.ts';

/** One controllership, from an election to the next: what every operation of the controller works on. */
export class Term {
  readonly options: ControllerOptions;
  /** The session that won the election. */
  readonly store: Store;
  readonly epoch: number;
  readonly writer: FencedWriter;
  readonly context: ControllerContext;
  /** When old notifications of config changes were last looked for, by the monotonic clock. */
  notificationsPurgedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: {
    options: ControllerOptions;
    store: Store;
    epoch: number;
    writer: FencedWriter;
    context: ControllerContext;
  }) {
    this.options = parts.options;
    this.store = parts.store;
    this.epoch = parts.epoch;
    this.writer = parts.writer;
    this.context = parts.context;
  }

  /**
   * Tells the live brokers among `receivers` (default: all) about those of `partitions` they have
   * replicas of. A replica whose log cannot be opened is noted as failed, which the metadata then shows.
   */
  async applyPartitions(
    partitions: readonly TopicPartition[],
    { full = false, isNew = false, receivers = [...this.context.brokers.keys()] } = {},
  ): Promise<void> {
    const byBroker = new Map<number, PartitionState[]>(receivers.map((id) => [id, []]));
    for (const key of partitions) {
      const state = this.#partitionState(key, isNew);
      if (!state) continue;
      for (const replica of state.replicas) byBroker.get(replica)?.push(state);
    }
    const { epoch: controllerEpoch } = this;
    const { brokerId: controllerId, logger } = this.options;
    await Promise.all(
      [...byBroker].map(async ([broker, states]) => {
        const channel = this.options.channelTo(broker);
        if (!channel || (states.length === 0 && !full)) return;
        const command = { controllerId, controllerEpoch, full, partitions: states };
        for (const { topic, partition, error } of await channel.applyPartitions(command)) {
          endIfStale(error);
          if (error === 'NONE') continue;
          logger.warn({ topic, partition, broker, error }, 'a broker could not take a partition');
          if (error === 'KAFKA_STORAGE_ERROR') this.#noteFailed({ topic, partition }, broker);
        }
      }),
    );
  }

  /** Has a broker delete these partitions with their files; undefined where it cannot be reached. */
  async deletePartitions(
    broker: number,
    partitions: readonly StoppedPartition[],
  ): Promise<PartitionOutcome[] | undefined> {
    const channel = this.context.isLive(broker) ? this.options.channelTo(broker) : undefined;
    const outcomes = await channel?.stopPartitions({
      controllerId: this.options.brokerId,
      controllerEpoch: this.epoch,
      deleteFiles: true,
      partitions,
    });
    for (const { error } of outcomes ?? []) endIfStale(error);
    return outcomes;
  }

  /** Tells the live brokers among `receivers` (default: all) of these topics as the context has them. */
  async updateTopics(
    names: Iterable<string>,
    also: { receivers?: Iterable<number>; brokers?: readonly BrokerMetadata[] } = {},
  ): Promise<void> {
    const topics: TopicUpdate[] = [];
    const deletedTopics: DeletedTopic[] = [];
    for (const name of names) {
      const topic = this.context.topics.get(name);
      if (!topic) continue;
      if (this.context.deletions.has(name)) deletedTopics.push({ name, id: topic.id });
      else topics.push(this.#topicUpdate(topic));
    }
    await this.updateMetadata({ topics, deletedTopics, brokers: also.brokers }, also.receivers);
  }

  /** Tells brokers that know nothing, or what another controller has told them, of all there is. */
  async updateEverything(receivers: Iterable<number>): Promise<void> {
    const { topics, deletions, brokers, brokerConfigs } = this.context;
    const here = [...topics.values()].filter(({ name }) => !deletions.has(name));
    await this.updateMetadata(
      {
        full: true,
        topics: here.map((topic) => this.#topicUpdate(topic)),
        brokers: [...brokers.values()],
        brokerConfigs: Array.from(brokerConfigs, ([entity, configs]) => ({
          brokerId: brokerIdOf(entity),
          configs,
        })),
      },
      receivers,
    );
  }

  async updateMetadata(
    changes: Partial<UpdateMetadata>,
    receivers: Iterable<number> = this.context.brokers.keys(),
  ): Promise<void> {
    const command: UpdateMetadata = {
      full: false,
      topics: [],
      deletedTopics: [],
      brokers: undefined,
      topicConfigs: [],
      brokerConfigs: [],
      ...changes,
      controllerId: this.options.brokerId,
      controllerEpoch: this.epoch,
    };
    await Promise.all(
      Array.from(receivers, async (broker) => {
        endIfStale(await this.options.channelTo(broker)?.updateMetadata(command));
      }),
    );
  }

  replacePartition({ topic, partition }: TopicPartition, record: PartitionRecord): void {
    const known = this.context.topics.get(topic);
    if (!known) return;
    this.context.setTopic({ ...known, partitions: known.partitions.with(partition, record) });
  }

  #noteFailed(key: TopicPartition, broker: number): void {
    const record = this.context.topics.get(key.topic)?.partitions[key.partition];
    if (!record || record.failedReplicas.includes(broker)) return;
    this.replacePartition(key, {
      ...record,
      failedReplicas: [...record.failedReplicas, broker],
    });
  }

  #partitionState(
    { topic, partition }: TopicPartition,
    isNew: boolean,
  ): PartitionState | undefined {
    const known = this.context.topics.get(topic);
    const record = known?.partitions[partition];
    if (!known || !record?.state || !record.stateVersion) return undefined;
    const { leader, leaderEpoch, isr } = record.state;
    return {
      topic,
      topicId: known.id,
      partition,
      leader,
      leaderEpoch,
      partitionEpoch: record.stateVersion.number,
      replicas: record.replicas,
      isr,
      addingReplicas: record.addingReplicas,
      removingReplicas: record.removingReplicas,
      isNew,
      topicConfig: this.context.topicConfig(topic),
    };
  }

  #topicUpdate({ name, id, partitions }: TopicRecord): TopicUpdate {
    return {
      topic: {
        name,
        id,
        internal: isInternalTopicName(name),
        partitions: partitions.map((record, index) => this.#partitionMetadata(record, index)),
      },
      configs: this.context.topicConfig(name),
    };
  }

  #partitionMetadata(record: PartitionRecord, index: number): PartitionMetadata {
    const { replicas, state, failedReplicas } = record;
    const isOnline = (replica: number) =>
      this.context.isLive(replica) && !failedReplicas.includes(replica);
    return {
      index,
      leader: state && isOnline(state.leader) ? state.leader : NO_LEADER,
      leaderEpoch: state?.leaderEpoch ?? 0,
      replicas,
      isr: state?.isr ?? [],
      offlineReplicas: replicas.every(isOnline)
        ? NO_REPLICAS
        : replicas.filter((replica) => !isOnline(replica)),
    };
  }
}

/** A broker that has heard a newer controller ends this one's term. */
function endIfStale(outcome: ErrorName | undefined): void {
  if (outcome === 'STALE_CONTROLLER_EPOCH') throw new ControllerMoved('a broker knows better');
}
