import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import type { LogConfig } from '../../storage/log-config.ts';
import type { LogManager } from '../../storage/log-manager.ts';
import { logName } from '../../storage/log-types.ts';
import { type Leadership, Partition } from './partition.ts';
import { ProduceRuleBook } from './produce-rules.ts';

/** What makes this broker host a partition. */
export interface HostedPartition extends Leadership, TopicPartition {
  readonly topicId: string;
  readonly config: LogConfig;
  /** Made just now: there is no log of it yet, not even one that is out of reach. */
  readonly isNew: boolean;
}

const CHECKPOINT = 'replication-offset-checkpoint';

/** All partitions that this broker hosts. */
export class Partitions {
  readonly #brokerId: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #logs: LogManager;
  readonly #byTopic = new Map<string, Map<number, Partition>>();
  readonly #rules = new ProduceRuleBook();
  /** By name, as the last life noted them; each goes to its partition. */
  readonly #checkpointed: ReadonlyMap<string, number>;
  /** Those whose log could not be opened, by name. */
  readonly #unopened = new Set<string>();

  constructor(brokerId: number, clock: Clock, logger: Logger, logs: LogManager) {
    this.#brokerId = brokerId;
    this.#clock = clock;
    this.#logger = logger;
    this.#logs = logs;
    this.#checkpointed = logs.readCheckpoint(CHECKPOINT);
  }

  get(topic: string, partition: number): Partition | undefined {
    return this.#byTopic.get(topic)?.get(partition);
  }

  /** What a request is answered that names a partition which `get` does not find. */
  absence(topic: string, partition: number): ErrorName {
    const isHosted = this.#unopened.has(logName(topic, partition));
    return isHosted ? 'KAFKA_STORAGE_ERROR' : 'UNKNOWN_TOPIC_OR_PARTITION';
  }

  *all(): IterableIterator<Partition> {
    for (const ofTopic of this.#byTopic.values()) yield* ofTopic.values();
  }

  get count(): number {
    let count = 0;
    for (const ofTopic of this.#byTopic.values()) count += ofTopic.size;
    return count;
  }

  /** Hosts the partition with this leadership, making its log when there is none. */
  apply(wanted: HostedPartition): ErrorName {
    const known = this.get(wanted.topic, wanted.partition);
    if (known && known.topicId !== wanted.topicId) return 'INCONSISTENT_TOPIC_ID';
    let partition = known;
    if (partition) partition.log.updateConfig(wanted.config);
    else {
      const { topic, topicId, config, isNew } = wanted;
      let log: ReturnType<LogManager['getOrCreate']>;
      try {
        log = this.#logs.getOrCreate(topic, wanted.partition, { topicId, config, isNew });
      } catch (error) {
        this.#logger.error(
          { error, topic, partition: wanted.partition },
          `cannot open the log of ${topic}-${wanted.partition}`,
        );
        this.#unopened.add(logName(topic, wanted.partition));
        return 'KAFKA_STORAGE_ERROR';
      }
      this.#unopened.delete(logName(topic, wanted.partition));
      log.updateConfig(config);
      partition = new Partition(log, {
        topicId,
        brokerId: this.#brokerId,
        clock: this.#clock,
        rules: this.#rules,
        checkpointed: isNew ? undefined : this.#checkpointed.get(log.name),
      });
      const ofTopic = this.#byTopic.get(topic) ?? new Map<number, Partition>();
      ofTopic.set(wanted.partition, partition);
      this.#byTopic.set(topic, ofTopic);
    }
    const outcome = partition.become(wanted);
    return outcome === 'NONE' && partition.log.failure ? 'KAFKA_STORAGE_ERROR' : outcome;
  }

  /** Applies a topic's configuration to the partitions that are hosted of it. */
  updateConfig(topic: string, config: LogConfig): void {
    const ofTopic = this.#byTopic.get(topic);
    if (ofTopic) for (const { log } of ofTopic.values()) log.updateConfig(config);
  }

  /** Stops serving a partition; with `deleteFiles` resolves when its files are gone. */
  async stop(
    topic: string,
    partition: number,
    options: { deleteFiles: boolean },
  ): Promise<ErrorName> {
    this.#unopened.delete(logName(topic, partition));
    const ofTopic = this.#byTopic.get(topic);
    ofTopic?.get(partition)?.stop();
    ofTopic?.delete(partition);
    if (ofTopic?.size === 0) this.#byTopic.delete(topic);
    if (!options.deleteFiles) return 'NONE';
    try {
      await this.#logs.delete(topic, partition);
      return 'NONE';
    } catch (error) {
      this.#logger.error({ error, topic, partition }, `cannot delete ${topic}-${partition}`);
      return 'KAFKA_STORAGE_ERROR';
    }
  }

  /** Ends every long poll with what there is: the broker shuts down. */
  wakeAll(): void {
    for (const partition of this.all()) partition.tellWaiters();
  }

  /** Writes every high watermark to the log directories' checkpoint files. */
  checkpointHighWatermarks(): Promise<void> {
    return this.#logs.writeCheckpoint(
      CHECKPOINT,
      ({ topic, partition }) => this.get(topic, partition)?.highWatermark,
    );
  }
}
