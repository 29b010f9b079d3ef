import type { Clock, Timer } from '../../base/clock.ts';
import type { BufferPool } from '../../base/collections/buffer-pool.ts';
import type { Socket } from '../../base/network.ts';
import type { Complainer } from './complainer.ts';
import type { BudgetWaiter, InFlightBudget } from './in-flight-budget.ts';
import { LARGE_FRAME_BYTES, type LargeFrame, type LargeFrames } from './large-frames.ts';

/** What a request takes up beside its bytes, so that very many tiny ones are bounded too. */
export const REQUEST_OVERHEAD_BYTES = 1024;

/** With more waiting in the socket, the client does not keep up: no further answers are made. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

/** Of a large request so much is received in a turn of the event loop; then the others have theirs. */
const LARGE_FRAME_BYTES_PER_TURN = 256 * 1024;

/** With many clients this is so at every request. */
const FULL_RATE = { lines: 1, windowMs: 60_000 };

export interface FlowControlOptions {
  readonly clock: Clock;
  readonly socket: Pick<Socket, 'pause' | 'resume'>;
  readonly complainer: Complainer;
  readonly pool: BufferPool;
  readonly budget: InFlightBudget;
  readonly largeFrames: LargeFrames;
  /** Of this connection. */
  readonly maxInFlightBytes: number;
  /** Handles a request, now that it may be: the first `size` bytes of `frame`. */
  readonly dispatch: (frame: Buffer, size: number) => void;
}

interface WaitingFrame {
  readonly buffer: Buffer;
  readonly size: number;
  readonly large: LargeFrame | undefined;
}

/**
 * How much of one connection is in flight, and whether its next request may be handled and its socket be
 * read. Reading stops while the connection or all together hold too much, while the client is muted, and
 * while an earlier request holds the later ones back.
 */
export class FlowControl implements BudgetWaiter {
  readonly #options: FlowControlOptions;
  /** Requests are handled and read; handled only, for none come any more; neither. */
  #phase: 'open' | 'ended' | 'stopped' = 'open';
  /** Frames that came in the same read as one that filled the limits. */
  #waiting: WaitingFrame[] = [];
  /** Requests that are open or whose answer is unsent, with their overhead, and those answers. */
  #inFlightBytes = 0;
  /** Of these: answers that the socket has. */
  #unsentBytes = 0;
  #isPaused = false;
  /** Received of large requests since the last pause, and whether this turn's share is used up. */
  #shareBytes = 0;
  #hadItsShare = false;
  /** The large request that is being received. */
  #large: LargeFrame | undefined = undefined;
  #muteTimer: Timer | undefined = undefined;
  /** Requests that later ones must not overtake yet. */
  #holds = 0;

  constructor(options: FlowControlOptions) {
    this.#options = options;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Whether the broker does not read from this client at the moment. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Requests have come that may not be handled yet. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether it waits for room to go on. */
  get isHeldUp(): boolean {
    return this.#isPaused || this.hasWaiting;
  }

  // What comes in

  /** A large request begins, which may have to wait for its memory. */
  expect(large: LargeFrame): void {
    this.#large = large;
  }

  /** A whole request: handled at once, or when it may be. */
  enter(buffer: Buffer, size: number): void {
    const frame = { buffer, size, large: this.#large };
    this.#large = undefined;
    if (this.hasWaiting || !this.#mayDispatch()) this.#waiting.push(frame);
    else this.#dispatch(frame);
  }

  /** So many bytes were read and cut into frames. */
  received(bytes: number): void {
    if (this.#large && this.#large.sizeInBytes > LARGE_FRAME_BYTES) this.#countShare(bytes);
    this.adjust();
  }

  /** Goes on with frames that had to wait, then with reading. */
  proceed(): void {
    while (this.#mayDispatch()) {
      const frame = this.#waiting.shift();
      if (!frame) break;
      this.#dispatch(frame);
    }
    this.adjust();
  }

  /** Reads on, or no longer, as it now should be. */
  adjust(): void {
    if (this.#phase === 'stopped') return;
    const { socket, budget } = this.#options;
    const isFull = this.hasWaiting || (this.#phase === 'open' && !this.#mayDispatch());
    if (isFull && !this.#muteTimer && budget.exhausted) this.#waitForBudget();
    if (this.#phase !== 'open') return;
    const isPaused = isFull || this.#large?.isAllowed === false || this.#hadItsShare;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) socket.pause();
    else socket.resume();
  }

  onBudgetFreed(): void {
    this.proceed();
  }

  // What is in flight

  take(bytes: number): void {
    this.#inFlightBytes += bytes;
    this.#options.budget.take(bytes);
  }

  give(bytes: number): void {
    if (bytes === 0) return;
    this.#inFlightBytes -= bytes;
    this.#options.budget.give(bytes);
  }

  /** Takes memory for an answer, as much of it as there should be; how much that is. */
  reserve(wantedBytes: number): number {
    const bytes = Math.min(wantedBytes, this.#options.budget.answerBytes);
    this.take(bytes);
    return bytes;
  }

  /** Takes `bytes` more for an answer that holds `heldBytes`; false where they are not left. */
  grow(heldBytes: number, bytes: number): boolean {
    if (!this.#options.budget.mayGrow(heldBytes, bytes)) return false;
    this.take(bytes);
    return true;
  }

  /** Answers of so many bytes are handed to the socket. */
  sending(bytes: number): void {
    this.#unsentBytes += bytes;
  }

  /** And have left it. */
  sent(bytes: number): void {
    this.#unsentBytes -= bytes;
  }

  // What holds back

  /** No later request is handled, and nothing read, for `ms`. */
  mute(ms: number): void {
    if (this.#phase === 'stopped') return;
    this.#muteTimer?.cancel();
    this.#muteTimer = this.#options.clock.after(ms, () => {
      this.#muteTimer = undefined;
      this.proceed();
    });
    this.adjust();
  }

  /** No later request is handled until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    this.adjust();
    return () => {
      this.#holds--;
      this.proceed();
    };
  }

  // Ends

  /** Nothing comes any more; what has come is handled still. */
  end(): void {
    if (this.#phase === 'open') this.#phase = 'ended';
    const { socket, largeFrames } = this.#options;
    if (this.#large) largeFrames.leave(this.#large);
    this.#large = undefined;
    // The socket goes on reading, and the bytes are dropped: an unread one would make closing a reset,
    // which can take the answers before it away from the client.
    if (this.#isPaused) socket.resume();
    this.#isPaused = false;
  }

  /** Lets go of the requests that wait to be handled, too. */
  stop(): void {
    this.end();
    this.#phase = 'stopped';
    const { pool, largeFrames, budget } = this.#options;
    for (const { buffer, large } of this.#waiting) {
      pool.release(buffer);
      if (large) largeFrames.leave(large);
    }
    this.#waiting = [];
    this.#muteTimer?.cancel();
    this.#muteTimer = undefined;
    budget.forget(this);
  }

  #mayDispatch(): boolean {
    if (this.#phase === 'stopped' || this.#muteTimer || this.#holds > 0) return false;
    // One request is always allowed, or a limit below its size would stop the connection for ever.
    if (this.#inFlightBytes === 0) return true;
    return (
      this.#inFlightBytes < this.#options.maxInFlightBytes &&
      this.#unsentBytes <= MAX_UNSENT_BYTES &&
      !this.#options.budget.exhausted
    );
  }

  #dispatch({ buffer, size, large }: WaitingFrame): void {
    const { largeFrames, dispatch } = this.#options;
    this.take(size + REQUEST_OVERHEAD_BYTES);
    // Only now: in between others would be let in for the room that this one still takes.
    if (large) largeFrames.leave(large);
    dispatch(buffer, size);
  }

  /** The system would hand over megabytes at once, and nobody else be heard meanwhile. */
  #countShare(bytes: number): void {
    this.#shareBytes += bytes;
    if (this.#shareBytes < LARGE_FRAME_BYTES_PER_TURN || this.#hadItsShare) return;
    this.#shareBytes = 0;
    this.#hadItsShare = true;
    this.#options.clock.nextTurn(() => {
      this.#hadItsShare = false;
      this.adjust();
    });
  }

  #waitForBudget(): void {
    const { budget, complainer } = this.#options;
    budget.wait(this);
    const megabytes = Math.round(budget.usedBytes / 1024 / 1024);
    complainer.complain({
      kind: 'in flight',
      isOfAll: true,
      rate: FULL_RATE,
      sentence: `${megabytes} MB of requests and unsent answers are in flight, the most there may be (queued.max.request.bytes): clients are not read from until some are done`,
    });
  }
}
