import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { type LongWork, Slices, type Steps } from '../../../base/slices.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type { Act, CoordinatorKind, Shard } from './shard.ts';
import { type Moment, Step, type Write } from './step.ts';
import { KeyedTimers } from './timers.ts';

/**
 * Records in one batch of those that may be divided, which keeps a batch of tombstones far below any
 * sensible `max.message.bytes`.
 */
const MAX_RECORDS_PER_PART = 1_000;

export interface ServingPorts {
  clock: Clock;
  /** What goes through many things takes this share of the event loop; by default its own. */
  slices?: LongWork;
  logger: Logger;
  log: CoordinatorLog;
}

/** A shard that is loaded and serves. Performs what its steps want: appends, answers, timers. */
export class ServingShard<Rec, Context, State extends Shard<Rec, Context>> {
  readonly partition: number;
  readonly state: State;
  readonly #kind: CoordinatorKind<Rec, Context, State>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #log: CoordinatorLog;
  readonly #slices: LongWork;
  readonly #timers: KeyedTimers;
  #isOpen = true;

  constructor(
    partition: number,
    state: State,
    kind: CoordinatorKind<Rec, Context, State>,
    ports: ServingPorts,
  ) {
    this.partition = partition;
    this.state = state;
    this.#kind = kind;
    this.#clock = ports.clock;
    this.#logger = ports.logger.child({ partition });
    this.#log = ports.log;
    this.#slices = ports.slices ?? new Slices(ports.clock);
    this.#timers = new KeyedTimers(ports.clock, (key) => this.run((step) => state.due(key, step)));
    this.run((step) => state.loaded(step));
  }

  now(): Moment {
    return { wallMs: this.#clock.now(), monotonicMs: this.#clock.monotonicMs() };
  }

  /** Runs one step and does what it wants done. */
  run<Result>(act: (step: Step<Rec, Context>) => Result): Result {
    const step = new Step<Rec, Context>(this.now(), this.#kind.context);
    const result = act(step);
    this.#perform(step);
    return result;
  }

  /**
   * Runs many steps, each with a batch of its own, over as many turns of the event loop as it takes; what comes to the
   * shard in between is served. Calls `done` after the last one, or when the shard is closed. `duty` is its name in the
   * figures about the loop.
   */
  runEach(acts: Iterable<Act<Rec, Context>>, duty: string, done: () => void): void {
    this.#slices.run(
      this.#each(acts),
      {
        isWanted: () => this.#isOpen,
        done,
        failed(error) {
          throw error;
        },
        dropped: done,
      },
      { of: duty, step: 'duty' },
    );
  }

  *#each(acts: Iterable<Act<Rec, Context>>): Steps<void> {
    for (const act of acts) {
      this.run(act);
      if (this.#slices.isOver()) yield;
    }
  }

  /** The same; resolves when it is known what became of all. */
  runAll(acts: Iterable<Act<Rec, Context>>, duty: string): Promise<void> {
    return new Promise((resolve) => {
      let left = 1;
      const done = () => {
        left--;
        if (left === 0) resolve();
      };
      const counted = function* (): Generator<Act<Rec, Context>> {
        for (const act of acts) {
          yield (step) => {
            act(step);
            if (step.writes === undefined) return;
            left++;
            step.write([], { mayDivide: true, answer: done });
          };
        }
      };
      this.runEach(counted(), duty, done);
    });
  }

  /** Ends everything: parked requests are answered with `error`, no timer is left. */
  close(error: ErrorName): void {
    this.#isOpen = false;
    this.#timers.cancelAll();
    const step = new Step<Rec, Context>(this.now(), this.#kind.context);
    this.state.unload(error, step);
    for (const answer of step.answers ?? []) answer();
  }

  #perform({ notes, records, writes, now, alarms, answers }: Step<Rec, Context>): void {
    if (notes !== undefined) {
      for (const { level, message, fields } of notes) this.#logger[level](fields, message);
    }
    if (records.length > 0 && writes !== undefined) this.#append(records, writes, now.wallMs);
    else if (writes !== undefined) this.#settle(writes, 'NONE');
    if (alarms !== undefined) {
      for (const { key, dueMs } of alarms) this.#timers.arm(key, dueMs);
    }
    if (answers !== undefined) {
      for (const answer of answers) answer();
    }
  }

  #append(
    records: readonly Rec[],
    writes: readonly Write<Rec, Context>[],
    timestampMs: number,
  ): void {
    const mayDivide =
      records.length > MAX_RECORDS_PER_PART && writes.every((write) => write.mayDivide);
    const partSize = mayDivide ? MAX_RECORDS_PER_PART : records.length;
    let left = Math.ceil(records.length / partSize);
    let failure: ErrorName = 'NONE';
    for (let start = 0; start < records.length; start += partSize) {
      const part = mayDivide ? records.slice(start, start + partSize) : records;
      const encoded = part.map((record) => this.#kind.encode(record));
      this.#log.append(this.partition, encoded, timestampMs, ({ error }) => {
        if (error === 'NONE') this.#replay(part);
        else failure = error;
        left--;
        if (left === 0) this.#settle(writes, failure);
      });
    }
  }

  /** The records are committed: they take effect, in the order of the log. */
  #replay(records: readonly Rec[]): void {
    if (!this.#isOpen) return;
    for (const record of records) this.state.replay(record, undefined);
  }

  #settle(writes: readonly Write<Rec, Context>[], error: ErrorName): void {
    if (this.#isOpen) {
      const step = new Step<Rec, Context>(this.now(), this.#kind.context);
      for (const write of writes) write.settled?.(error, step);
      this.#perform(step);
    }
    for (const write of writes) write.answer?.(error);
  }
}
