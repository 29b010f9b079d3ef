import type { ErrorName } from '../../../protocol/errors.ts';

/** One instant on both clocks: the wall's for what is stored, the monotonic one for deadlines. */
export interface Moment {
  wallMs: number;
  monotonicMs: number;
}

export interface Note {
  level: 'info' | 'warn';
  message: string;
  fields: Record<string, unknown>;
}

/** What follows once it is known whether a step's records are committed. */
export interface Fate<Rec, Context> {
  /**
   * Goes on with the state, in a step of its own, after the committed records have taken effect. Not
   * called when the shard was unloaded meanwhile.
   */
  settled?: (error: ErrorName, step: Step<Rec, Context>) => void;
  /** Answers whoever asked: called exactly once, whatever becomes of the shard. */
  answer?: (error: ErrorName) => void;
}

/** A fate, and what the runtime may do with the records. */
export interface Write<Rec, Context> extends Fate<Rec, Context> {
  /**
   * True when the records don't depend on each other: more of them than a batch should hold go in
   * several.
   */
  mayDivide?: boolean;
}

/**
 * One step of a coordinator: everything it may look at besides the state and the request, and what
 * it wants done. A step decides and does nothing else; the runtime performs it afterwards, so a step
 * runs the same in a test, in the simulation and in a broker.
 */
export class Step<Rec, Context> {
  readonly now: Moment;
  /** What this kind of coordinator may look at besides: its configuration, random ids. */
  readonly context: Context;
  // What it wants done. Most steps want little: a list exists once something is in it.
  records: readonly Rec[] = [];
  writes: Write<Rec, Context>[] | undefined;
  answers: (() => void)[] | undefined;
  alarms: { key: string; dueMs: number }[] | undefined;
  notes: Note[] | undefined;

  constructor(now: Moment, context: Context) {
    this.now = now;
    this.context = context;
  }

  /**
   * Appends records, in one batch with whatever else this step writes. They take effect by the
   * shard's `replay` when they are committed.
   */
  write(records: readonly Rec[], write: Write<Rec, Context>): void {
    this.records = this.records.length === 0 ? records : [...this.records, ...records];
    this.writes ??= [];
    this.writes.push(write);
  }

  /** Answers now: a request of this step, or one that an earlier step parked. */
  answer<Result>(answer: (result: Result) => void, result: Result): void {
    this.answers ??= [];
    this.answers.push(() => answer(result));
  }

  /** Sees to it that the shard's `due` is called for the key at that monotonic time; Infinity is never. */
  wake(key: string, dueMs: number): void {
    this.alarms ??= [];
    this.alarms.push({ key, dueMs });
  }

  /** A line for the broker's log. */
  note(level: Note['level'], message: string, fields: Record<string, unknown>): void {
    this.notes ??= [];
    this.notes.push({ level, message, fields });
  }
}
