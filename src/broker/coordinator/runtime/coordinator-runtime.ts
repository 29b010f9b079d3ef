import type { Timer } from '../../../base/clock.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { LedPartition } from './led-partition.ts';
import { partitionFor } from './partition-for.ts';
import type { ServingPorts, ServingShard } from './serving-shard.ts';
import type { CoordinatorKind, Shard } from './shard.ts';

export interface RuntimePorts extends ServingPorts {
  /** Partitions of the internal topic: as it is, or as configured before it exists. */
  partitionCount: () => number;
}

/**
 * Runs one kind of coordinator over the partitions of its internal topic that this broker leads:
 * loads a shard for each, finds the one that serves a key, and unloads it when the leadership goes.
 */
export class CoordinatorRuntime<Rec, Context, State extends Shard<Rec, Context>> {
  readonly #kind: CoordinatorKind<Rec, Context, State>;
  readonly #ports: RuntimePorts;
  readonly #led = new Map<number, LedPartition<Rec, Context, State>>();
  /** The highest leader epoch seen by partition: older news is refused. */
  readonly #epochs = new Map<number, number>();
  #isActive = false;
  #sweepTimer: Timer | undefined;

  constructor(kind: CoordinatorKind<Rec, Context, State>, ports: RuntimePorts) {
    this.#kind = kind;
    this.#ports = ports;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  get isLoading(): boolean {
    return [...this.#led.values()].some(({ serving }) => serving === undefined);
  }

  /** Starts answering, and the periodic work. */
  start(): void {
    this.#isActive = true;
    this.#scheduleSweep();
  }

  /** Answers everything parked and stops all timers. */
  stop(): void {
    this.#isActive = false;
    this.#sweepTimer?.cancel();
    for (const led of this.#led.values()) led.close();
    this.#led.clear();
  }

  /** This broker leads `partition` from `leaderEpoch` on: load it, then serve what it holds. */
  onElection(partition: number, leaderEpoch: number): void {
    if (leaderEpoch < (this.#epochs.get(partition) ?? 0)) return;
    this.#epochs.set(partition, leaderEpoch);
    // A new epoch with the same leader: nothing that is known here has changed.
    if (this.#led.has(partition)) return;
    const led = new LedPartition(partition, leaderEpoch, this.#kind, this.#ports);
    this.#led.set(partition, led);
    led.load();
  }

  /** This broker no longer leads `partition`; `undefined` says it is being deleted. */
  onResignation(partition: number, leaderEpoch: number | undefined): void {
    if (leaderEpoch !== undefined) {
      if (leaderEpoch < (this.#epochs.get(partition) ?? 0)) return;
      this.#epochs.set(partition, leaderEpoch);
    } else {
      this.#epochs.delete(partition);
    }
    this.#led.get(partition)?.close();
    this.#led.delete(partition);
  }

  /**
   * Drops what is known about partitions that are gone, also in shards that are still being loaded.
   * Resolves when no shard shows it any more. A log that fails meanwhile takes its shard offline:
   * then there is nobody to wait for. A shard that cannot be loaded drops it when it is, and keeps nobody waiting:
   * until then it serves nobody.
   */
  async onPartitionsDeleted(topic: string, partitions: readonly number[] | 'all'): Promise<void> {
    await Promise.all(Array.from(this.#led.values(), ({ tried }) => tried));
    const drop = (shard: ServingShard<Rec, Context, State>) =>
      shard.runAll(shard.state.partitionsDeleted(topic, partitions), 'deletion of a topic');
    await Promise.all(
      Array.from(this.#led.values(), (led) => {
        if (led.serving) return drop(led.serving);
        led.onceLoaded((shard) => void drop(shard));
        return undefined;
      }),
    );
  }

  /** The partition of the internal topic that holds what is known about `key`. */
  partitionFor(key: string): number {
    return partitionFor(key, this.#ports.partitionCount());
  }

  /** Resolves once the shard is loaded, or at once when it is not being loaded here. Never rejects. */
  whenLoaded(partition: number): Promise<void> {
    const led = this.#led.get(partition);
    return led === undefined || led.serving !== undefined ? Promise.resolve() : led.loaded;
  }

  /** The shard that serves `key`, or why none does. */
  shardFor(key: string): ServingShard<Rec, Context, State> | ErrorName {
    if (!this.#isActive) return 'COORDINATOR_NOT_AVAILABLE';
    const led = this.#led.get(this.partitionFor(key));
    if (led === undefined) return 'NOT_COORDINATOR';
    return led.serving ?? 'COORDINATOR_LOAD_IN_PROGRESS';
  }

  /** The shards that serve now. */
  *shards(): Generator<ServingShard<Rec, Context, State>> {
    for (const { serving } of this.#led.values()) {
      if (serving !== undefined) yield serving;
    }
  }

  #scheduleSweep(): void {
    this.#sweepTimer = this.#ports.clock.after(this.#kind.sweepIntervalMs(), () => {
      this.#sweep([...this.shards()]);
    });
  }

  /** One shard after the other, then no more until the next time. */
  #sweep([shard, ...others]: ServingShard<Rec, Context, State>[]): void {
    if (!this.#isActive) return;
    if (!shard) {
      this.#scheduleSweep();
      return;
    }
    const duty = `expiry of ${this.#kind.noun}`;
    shard.runEach(shard.state.sweep(), duty, () => this.#sweep(others));
  }
}
