import type { Int64 } from '../../../base/int64.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import type { CoordinatorRecord } from './coordinator-log.ts';
import type { Step } from './step.ts';

/** One step of many that the runtime is to run. */
export type Act<Rec, Context> = (step: Step<Rec, Context>) => void;

/**
 * What one partition of an internal topic holds, in memory. Nothing in here waits, reads a clock or
 * touches a disk: the runtime hands in records and moments, and performs what a step asks for.
 *
 * The state has two parts. What must survive is changed by `replay` only, so a broker that writes a
 * record and one that reads it back later arrive at the same state. What need not survive (parked
 * requests, sessions, deadlines) is changed by the steps themselves.
 */
export interface Shard<Rec, Context> {
  /** How many things it holds, for the log. */
  readonly size: number;
  /**
   * One record takes effect: read by a load, or committed just now. `producerId` is that of the
   * transaction the record belongs to, if any: then it counts from the transaction's end on.
   */
  replay(record: Rec, producerId: Int64 | undefined): void;
  /** The marker that ends a transaction. */
  endTransaction(producerId: Int64, isCommitted: boolean): void;
  /** The log is replayed to its end, and requests come from here on. */
  loaded(step: Step<Rec, Context>): void;
  /** A moment has come that a step asked for with `wake`. Coming too early or twice does no harm. */
  due(key: string, step: Step<Rec, Context>): void;
  /** Steps for what is to be looked at from time to time, such as what has expired. */
  sweep(): Iterable<Act<Rec, Context>>;
  /** Steps that drop what is known about partitions which are gone. */
  partitionsDeleted(
    topic: string,
    partitions: readonly number[] | 'all',
  ): Iterable<Act<Rec, Context>>;
  /** The leadership is lost: whatever is parked is answered with `error`. */
  unload(error: ErrorName, step: Step<Rec, Context>): void;
}

/** What the runtime has to know about one kind of coordinator. */
export interface CoordinatorKind<Rec, Context, State extends Shard<Rec, Context>> {
  /** What a shard holds, in the plural: it begins the lines of the log. */
  readonly noun: string;
  readonly context: Context;
  readonly newShard: () => State;
  readonly encode: (record: Rec) => CoordinatorRecord;
  /**
   * Undefined for a record that only a newer version knows; throws for one that makes no sense. The
   * buffers are lent for the call.
   */
  readonly decode: (key: Buffer, value: Buffer | null) => Rec | undefined;
  readonly sweepIntervalMs: () => number;
}
