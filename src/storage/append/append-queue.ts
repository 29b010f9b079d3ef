import type { Clock } from '../../base/clock.ts';

/** A log as the queue sees it. */
export interface QueuedLog {
  /** Writes what is queued, or a part of what is much; who waits hears of an error by `publish`. */
  writeTurn(): void;
  /** Moves the log end offset and tells everyone who waits. */
  publish(): void;
}

/** Written in one turn; with more, others have their turn between. */
const LOGS_PER_TURN = 500;

/**
 * Gathers the appends of one event-loop turn: one write per log that has any, then all the answers.
 * One request alone then costs one small write, and many share it.
 */
export class AppendQueue {
  readonly #clock: Clock;
  #dirty: QueuedLog[] = [];
  /** Bytes appended to any log and not yet written. */
  queuedBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `log` has something to write or to publish; call once per log and turn. */
  add(log: QueuedLog): void {
    this.#dirty.push(log);
    if (this.#dirty.length === 1) this.#clock.endOfTurn(() => this.#runTurn());
  }

  /** As `add`, for what is left over for the turn after this one. */
  addNextTurn(log: QueuedLog): void {
    this.#clock.nextTurn(() => this.add(log));
  }

  /** Does now what the end of the turn would do. */
  run(): void {
    this.#write(this.#dirty.splice(0));
  }

  #runTurn(): void {
    this.#write(this.#dirty.splice(0, LOGS_PER_TURN));
    if (this.#dirty.length > 0) this.#clock.nextTurn(() => this.#runTurn());
  }

  #write(logs: readonly QueuedLog[]): void {
    for (const log of logs) log.writeTurn();
    for (const log of logs) log.publish();
  }
}
