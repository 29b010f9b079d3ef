import type { Logger } from '../../base/logger.ts';
import { type ClusterSnapshot, emptySnapshot } from './cluster-snapshot.ts';

/** What differs between a snapshot and the one before it. */
export interface SnapshotChange {
  /** Topics that are new or whose partitions changed. */
  readonly topics: ReadonlySet<string>;
  /** Topics that went, by name to id. A recreated topic is in both. */
  readonly deletedTopics: ReadonlyMap<string, string>;
  readonly topicConfigs: ReadonlySet<string>;
  /** Some broker's dynamic config, or the default for all, changed. */
  readonly brokerConfigs: boolean;
  readonly brokers: boolean;
}

export type SnapshotListener = (
  next: ClusterSnapshot,
  change: SnapshotChange,
  previous: ClusterSnapshot,
) => void;

/** Holds the current snapshot of this broker. Readers take `snapshot` once per request. */
export class ClusterMetadata {
  readonly #logger: Logger;
  readonly #listeners = new Set<SnapshotListener>();
  #snapshot: ClusterSnapshot;

  constructor(logger: Logger, clusterId: string) {
    this.#logger = logger;
    this.#snapshot = emptySnapshot(clusterId);
  }

  get snapshot(): ClusterSnapshot {
    return this.#snapshot;
  }

  /** Called after each publication, in the order of subscription. Returns an unsubscriber. */
  subscribe(listener: SnapshotListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Replaces the snapshot, then tells every subscriber; one that throws does not stop the others. */
  publish(next: ClusterSnapshot, change: SnapshotChange): void {
    const previous = this.#snapshot;
    this.#snapshot = next;
    for (const listener of this.#listeners) {
      try {
        listener(next, change, previous);
      } catch (error) {
        this.#logger.error({ error }, 'a listener of cluster metadata failed');
      }
    }
  }
}
