/** One kind of coordinator, as far as it has to hear what happens to partitions. */
export interface Coordinator {
  start(): void;
  stop(): void;
  onElection(partition: number, leaderEpoch: number): void;
  onResignation(partition: number, leaderEpoch: number | undefined): void;
  onPartitionsDeleted(topic: string, partitions: readonly number[] | 'all'): Promise<void>;
}

/**
 * The coordinators of this broker, by the internal topic that holds their state. Who leads a partition
 * concerns the one whose topic it is; that a topic is gone concerns all of them.
 */
export class Coordinators {
  readonly #byTopic: ReadonlyMap<string, Coordinator>;

  constructor(byTopic: Readonly<Record<string, Coordinator>>) {
    this.#byTopic = new Map(Object.entries(byTopic));
  }

  start(): void {
    for (const coordinator of this.#byTopic.values()) coordinator.start();
  }

  stop(): void {
    for (const coordinator of this.#byTopic.values()) coordinator.stop();
  }

  elected(topic: string, partition: number, leaderEpoch: number): void {
    this.#byTopic.get(topic)?.onElection(partition, leaderEpoch);
  }

  /** `leaderEpoch` undefined: the partition is being deleted. */
  resigned(topic: string, partition: number, leaderEpoch: number | undefined): void {
    this.#byTopic.get(topic)?.onResignation(partition, leaderEpoch);
  }

  /** Resolves when no coordinator knows anything about the topic's partitions any more. */
  async topicDeleted(topic: string): Promise<void> {
    const coordinators = [...this.#byTopic.values()];
    await Promise.all(coordinators.map((one) => one.onPartitionsDeleted(topic, 'all')));
  }
}
