import type { Int64 } from '../../../../base/int64.ts';
import { silentLogger } from '../../../../base/logger.ts';
import { SimClock } from '../../../../base/testing/sim-clock.ts';
import type { ErrorName } from '../../../../protocol/errors.ts';
import { CoordinatorRuntime, type RuntimePorts } from '../coordinator-runtime.ts';
import type { ServingShard } from '../serving-shard.ts';
import type { Act, CoordinatorKind, Shard } from '../shard.ts';
import type { Step } from '../step.ts';
import { SimCoordinatorLog } from './sim-coordinator-log.ts';

/** How much there is of something; null once it is gone. */
export interface Tally {
  name: string;
  amount: number | null;
}

type TallyStep = Step<Tally, undefined>;

/** The simplest coordinator that has something of everything: amounts by name. */
export class TallyShard implements Shard<Tally, undefined> {
  readonly amounts = new Map<string, number>();
  readonly open = new Map<Int64, Tally[]>();
  /** What happened besides, in order. */
  readonly events: string[] = [];
  /** Told when the shard is unloaded. */
  parked: ((error: ErrorName) => void) | undefined;

  get size(): number {
    return this.amounts.size;
  }

  replay(record: Tally, producerId: Int64 | undefined): void {
    if (producerId !== undefined) {
      this.open.set(producerId, [...(this.open.get(producerId) ?? []), record]);
    } else if (record.amount === null) {
      this.amounts.delete(record.name);
    } else {
      this.amounts.set(record.name, record.amount);
    }
  }

  endTransaction(producerId: Int64, isCommitted: boolean): void {
    const records = this.open.get(producerId) ?? [];
    this.open.delete(producerId);
    if (isCommitted) for (const record of records) this.replay(record, undefined);
  }

  loaded(step: TallyStep): void {
    this.events.push(`loaded at ${step.now.monotonicMs}`);
  }

  due(key: string, step: TallyStep): void {
    this.events.push(`${key} at ${step.now.monotonicMs}`);
  }

  *sweep(): Generator<Act<Tally, undefined>> {
    for (const name of [...this.amounts.keys()]) yield (step) => drop(name, step);
  }

  *partitionsDeleted(topic: string): Generator<Act<Tally, undefined>> {
    yield () => this.events.push(`${topic} is deleted`);
    if (this.amounts.has(topic)) yield (step) => drop(topic, step);
  }

  unload(error: ErrorName, step: TallyStep): void {
    if (this.parked !== undefined) step.answer(this.parked, error);
  }
}

function drop(name: string, step: TallyStep): void {
  step.write([{ name, amount: null }], {});
}

export const tallyKind: CoordinatorKind<Tally, undefined, TallyShard> = {
  noun: 'tallies',
  context: undefined,
  newShard: () => new TallyShard(),
  encode: ({ name, amount }) => ({
    key: Buffer.from(name),
    value: amount === null ? null : Buffer.from(String(amount)),
  }),
  decode(key, value) {
    const name = key.toString();
    if (name.startsWith('new:')) return undefined;
    return { name, amount: value === null ? null : Number(value.toString()) };
  },
  sweepIntervalMs: () => 1_000,
};

/** A runtime of tallies with one partition, on virtual time. */
export class TallyHarness {
  readonly clock = new SimClock();
  readonly log = new SimCoordinatorLog(this.clock);
  readonly runtime: CoordinatorRuntime<Tally, undefined, TallyShard>;

  constructor(ports: Partial<RuntimePorts> = {}) {
    const { clock, log } = this;
    this.runtime = new CoordinatorRuntime(tallyKind, {
      clock,
      log,
      logger: silentLogger,
      partitionCount: () => 1,
      ...ports,
    });
    this.runtime.start();
  }

  static async started(): Promise<TallyHarness> {
    const harness = new TallyHarness();
    await harness.elect(0);
    return harness;
  }

  async elect(leaderEpoch: number): Promise<void> {
    this.runtime.onElection(0, leaderEpoch);
    await this.clock.settle();
  }

  /** The leadership moves away and comes back: everything is loaded anew. */
  async reload(leaderEpoch: number): Promise<void> {
    this.runtime.onResignation(0, leaderEpoch);
    await this.elect(leaderEpoch);
  }

  get shard(): ServingShard<Tally, undefined, TallyShard> {
    const shard = this.runtime.shardFor('any');
    if (typeof shard === 'string') throw new Error(shard);
    return shard;
  }
}
