import type { Clock, Timer } from '../../base/clock.ts';
import type { ErrorName } from '../../protocol/errors.ts';

/** Why an append is not acknowledged. It may be in the log all the same, and become visible later. */
export interface AppendFailure {
  readonly error: ErrorName;
  readonly detail: string;
}

/** An append that may be acknowledged once the high watermark has passed it. */
export interface UncommittedAppend {
  /** The offset after its last record. */
  readonly endOffset: number;
  /** On the monotonic clock; Infinity for one that waits however long it takes. */
  readonly deadlineMs: number;
  /** Called once; undefined: it is committed. */
  settle(failure: AppendFailure | undefined): void;
}

/**
 * The written appends of one partition that wait for the high watermark, by offset. Each is part of a request in
 * flight, or is given up with it, so what bounds those bounds their number: the connections' and the broker's budget
 * (`queued.max.request.bytes`). What coordinators append is bounded by the requests that they answer.
 */
export class UncommittedAppends {
  readonly #clock: Clock;
  readonly #name: string;
  /** By end offset. */
  #appends: UncommittedAppend[] = [];
  /** Stays armed when there is nothing to wait for any more: a timer for every request would cost more. */
  #timer: Timer | undefined;
  /** When it fires. */
  #alarmMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.#name = name;
  }

  add(append: UncommittedAppend): void {
    // A batch that was resent may lie before others.
    let index = this.#appends.length;
    while (index > 0 && this.#appends[index - 1]!.endOffset > append.endOffset) index--;
    this.#appends.splice(index, 0, append);
    this.#arm(append.deadlineMs);
  }

  /** Acknowledges what lies below the high watermark. */
  committed(highWatermark: number): void {
    const first = this.#appends[0];
    if (!first || first.endOffset > highWatermark) return;
    let count = 1;
    while ((this.#appends[count]?.endOffset ?? Number.POSITIVE_INFINITY) <= highWatermark) count++;
    for (const append of this.#appends.splice(0, count)) append.settle(undefined);
  }

  /** Nobody waits for this one any more; nothing happens where it is settled already. */
  giveUp(append: UncommittedAppend): void {
    const index = this.#appends.indexOf(append);
    if (index < 0) return;
    this.#appends.splice(index, 1);
    append.settle(this.#notInTime(append));
  }

  /** Leadership is lost, say: who leads now decides what is committed. */
  fail(failure: AppendFailure): void {
    const appends = this.#appends;
    this.#appends = [];
    this.#disarm();
    for (const append of appends) append.settle(failure);
  }

  #arm(deadlineMs: number): void {
    if (deadlineMs >= this.#alarmMs) return;
    this.#disarm();
    this.#alarmMs = deadlineMs;
    const delayMs = Math.max(0, deadlineMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.after(delayMs, () => this.#expire());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#alarmMs = Number.POSITIVE_INFINITY;
  }

  #expire(): void {
    this.#disarm();
    const now = this.#clock.monotonicMs();
    const late = this.#appends.filter(({ deadlineMs }) => deadlineMs <= now);
    this.#appends = this.#appends.filter(({ deadlineMs }) => deadlineMs > now);
    let next = Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.#appends) next = Math.min(next, deadlineMs);
    this.#arm(next);
    for (const append of late) append.settle(this.#notInTime(append));
  }

  #notInTime({ endOffset }: UncommittedAppend): AppendFailure {
    const detail = `the records of ${this.#name} up to offset ${endOffset - 1} were not committed in time`;
    return { error: 'REQUEST_TIMED_OUT', detail };
  }
}
