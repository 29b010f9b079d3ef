import type { Clock } from '../../../../base/clock.ts';
import type { ErrorName } from '../../../../protocol/errors.ts';
import type {
  AppendOutcome,
  CoordinatorLog,
  CoordinatorRecord,
  LoadedBatch,
} from '../coordinator-log.ts';

interface StoredBatch {
  baseOffset: number;
  timestampMs: number;
  producerId: number;
  isTransactional: boolean;
  isControl: boolean;
  records: readonly CoordinatorRecord[];
}

/** `__consumer_offsets` in memory: tests decide when an append is committed, and whether it is. */
export class SimCoordinatorLog implements CoordinatorLog {
  /** While true nothing is committed: the outcomes wait for `commitHeld`. */
  holds = false;
  /** What the next appends fail with; NONE lets them succeed. */
  failure: ErrorName = 'NONE';
  /** Why `load` rejects. */
  loadFailure: Error | undefined;
  /** While true, loads do not finish until `finishLoads`. */
  holdsLoads = false;
  readonly #clock: Clock;
  readonly #partitions = new Map<number, StoredBatch[]>();
  #held: (() => void)[] = [];
  #loads: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  append(
    partition: number,
    records: readonly CoordinatorRecord[],
    timestampMs: number,
    done: (outcome: AppendOutcome) => void,
  ): void {
    const error = this.failure;
    let baseOffset = -1;
    if (error === 'NONE') {
      baseOffset = this.#store(partition, {
        timestampMs,
        producerId: -1,
        isTransactional: false,
        isControl: false,
        records,
      });
    }
    const finish = () => done({ error, baseOffset });
    if (this.holds) this.#held.push(finish);
    else this.#clock.endOfTurn(finish);
  }

  async load(
    partition: number,
    onBatch: (batch: LoadedBatch) => void,
    isStale: () => boolean,
  ): Promise<void> {
    if (this.holdsLoads) await new Promise<void>((resolve) => this.#loads.push(resolve));
    if (this.loadFailure !== undefined) throw this.loadFailure;
    for (const batch of this.loaded(partition)) {
      if (isStale()) return;
      onBatch(batch);
    }
  }

  /** The partition as a load delivers it. */
  loaded(partition: number): LoadedBatch[] {
    return this.batches(partition).map((batch) => ({
      ...batch,
      records: batch.records.map(({ key, value }, index) => ({
        offset: batch.baseOffset + index,
        key,
        value,
      })),
    }));
  }

  /** Appends as somebody else did, such as a transactional producer. */
  write(partition: number, batch: Partial<StoredBatch> & Pick<StoredBatch, 'records'>): void {
    this.#store(partition, {
      timestampMs: this.#clock.now(),
      producerId: -1,
      isTransactional: false,
      isControl: false,
      ...batch,
    });
  }

  batches(partition: number): readonly StoredBatch[] {
    return this.#partitions.get(partition) ?? [];
  }

  /** All records of a partition in order. */
  records(partition = 0): CoordinatorRecord[] {
    return this.batches(partition).flatMap(({ records }) => records);
  }

  /** Tells the outcomes of the first `count` appends that are held, in their order. */
  commitHeld(count = this.#held.length): void {
    for (const finish of this.#held.splice(0, count)) finish();
  }

  /** The broker dies: what is written stays, its outcome is never told. */
  forgetHeld(): void {
    this.#held = [];
  }

  finishLoads(): void {
    const loads = this.#loads;
    this.#loads = [];
    for (const finish of loads) finish();
  }

  #store(partition: number, batch: Omit<StoredBatch, 'baseOffset'>): number {
    const batches = this.#partitions.get(partition) ?? [];
    this.#partitions.set(partition, batches);
    const last = batches.at(-1);
    const baseOffset = last === undefined ? 0 : last.baseOffset + last.records.length;
    batches.push({ ...batch, baseOffset });
    return baseOffset;
  }
}
