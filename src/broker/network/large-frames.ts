import type { Clock, Timer } from '../../base/clock.ts';
import type { BudgetWaiter, InFlightBudget } from './in-flight-budget.ts';

/** A request that needs no more than this fits a frame's first step. Longer ones are received bit by bit. */
export const LARGE_FRAME_BYTES = 1280 * 1024;

/** Half of a request that is no longer than a read of its socket is not counted. */
export const UNCOUNTED_FRAME_BYTES = 64 * 1024;

/** A sender that holds memory while others wait for it is looked at so often. */
const STALL_MS = 30_000;

/** Within that it must have sent so much, and a large request's tenth: it is received within some minutes, or cut off. */
const LEAST_PROGRESS_BYTES = 1024 * 1024;
const LEAST_PROGRESS_SHARE = 0.1;

/** A connection that receives a large request. */
export interface LargeFrameSender {
  /** How much of its request has come. */
  readonly largeFrameBytes: number;
  /** The memory is there: read on. */
  onLargeFrameAllowed(): void;
  /** The sender stopped in the middle of its request, or dawdles, while others wait. */
  onLargeFrameStalled(): void;
}

/** A large request from its length to its dispatch. */
export interface LargeFrame {
  readonly sender: LargeFrameSender;
  readonly sizeInBytes: number;
  /** Whether its memory is counted, so that it may be received. */
  readonly isAllowed: boolean;
}

/**
 * Bounds what requests take up while they are being received, over all connections: each whose end is still to come takes
 * its announced size out of the budget, and where that is not left the next ones wait in turn, unread.
 * One is let in, however large, unless the budget is used up already.
 */
export class LargeFrames implements BudgetWaiter {
  readonly #clock: Clock;
  readonly #budget: InFlightBudget;
  readonly #allowed = new Set<MutableFrame>();
  readonly #waiting = new Set<MutableFrame>();
  #stallTimer: Timer | undefined;

  constructor(clock: Clock, budget: InFlightBudget) {
    this.#clock = clock;
    this.#budget = budget;
  }

  /** A request of `sizeInBytes` begins; where it is not allowed yet, its sender is told when it is. */
  enter(sender: LargeFrameSender, sizeInBytes: number): LargeFrame {
    const frame: MutableFrame = {
      sender,
      sizeInBytes,
      isAllowed: false,
      lookedAtMs: 0,
      seenBytes: 0,
    };
    if (this.#waiting.size === 0 && this.#fits(frame)) {
      this.#allow(frame);
    } else {
      this.#waiting.add(frame);
      this.#budget.wait(this);
      this.#watch();
    }
    return frame;
  }

  /** The request is dispatched, and counted elsewhere, or its connection is gone. */
  leave(frame: LargeFrame): void {
    const entered = frame as MutableFrame;
    if (this.#allowed.delete(entered)) this.#budget.give(entered.sizeInBytes);
    else if (this.#waiting.delete(entered)) this.onBudgetFreed();
  }

  onBudgetFreed(): void {
    for (const frame of this.#waiting) {
      if (!this.#fits(frame)) break;
      this.#waiting.delete(frame);
      this.#allow(frame);
      frame.sender.onLargeFrameAllowed();
    }
    if (this.#waiting.size > 0) {
      this.#budget.wait(this);
      return;
    }
    this.#budget.forget(this);
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
  }

  #fits({ sizeInBytes }: LargeFrame): boolean {
    const { usedBytes, limitBytes, exhausted } = this.#budget;
    return usedBytes + sizeInBytes <= limitBytes || (this.#allowed.size === 0 && !exhausted);
  }

  #allow(frame: MutableFrame): void {
    frame.isAllowed = true;
    this.#look(frame);
    this.#allowed.add(frame);
    this.#budget.take(frame.sizeInBytes);
  }

  /** How much of it has come since the last look. */
  #look(frame: MutableFrame): number {
    const progress = frame.sender.largeFrameBytes - frame.seenBytes;
    frame.lookedAtMs = this.#clock.monotonicMs();
    frame.seenBytes += progress;
    return progress;
  }

  #watch(): void {
    if (this.#stallTimer) return;
    for (const frame of this.#allowed) this.#look(frame);
    this.#watchOn();
  }

  #watchOn(): void {
    this.#stallTimer = this.#clock.after(STALL_MS, () => {
      this.#stallTimer = undefined;
      const now = this.#clock.monotonicMs();
      for (const frame of [...this.#allowed]) {
        if (now - frame.lookedAtMs < STALL_MS) continue;
        const least = Math.max(LEAST_PROGRESS_BYTES, frame.sizeInBytes * LEAST_PROGRESS_SHARE);
        if (this.#look(frame) < least) frame.sender.onLargeFrameStalled();
      }
      if (this.#waiting.size > 0) this.#watchOn();
    });
  }
}

type MutableFrame = { -readonly [Key in keyof LargeFrame]: LargeFrame[Key] } & {
  /** When it was last looked at, on the monotonic clock, and how much had come by then. */
  lookedAtMs: number;
  seenBytes: number;
};
