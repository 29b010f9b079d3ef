import type { Clock, Timer } from '../clock.ts';
import type { SimRandom } from './sim-random.ts';

/** As the real clock has it: what end-of-turn callbacks queue still runs in the same turn, so often. */
const ROUNDS_PER_TURN = 8;

/** Events that are due together are handled in one turn, so many of them at most. */
const EVENTS_PER_TURN = 6;

/** A real process would be busy for ever and hear nothing more. */
const MOST_ROUNDS = 10_000;

const MOST_EVENTS_PER_MS = 100_000;

interface Event {
  readonly dueUs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * The event loop of a simulated world: events in order of their virtual time, each followed by every
 * promise that it settles, then the end of the turn. Nothing else runs, so one seed gives one run.
 */
export class SimLoop {
  readonly #random: SimRandom;
  /** Resolves when no promise is left to run. */
  readonly #settle: () => Promise<void>;
  readonly #processes: SimProcess[] = [];
  #heap: Event[] = [];
  #order = 0;
  /** Microseconds, whole ones: a sum of fractions could stand still. */
  #nowUs = 0;
  /** Called after every event, when its promises have run. */
  afterEvent: () => void = () => {};
  events = 0;
  #progressMs = 0;
  #progressEvents = 0;

  constructor(random: SimRandom, settle: () => Promise<void>) {
    this.#random = random;
    this.#settle = settle;
  }

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowUs / 1000;
  }

  /** Runs `callback` in `delayMs`. */
  after(delayMs: number, callback: () => void): Timer {
    const event: Event = {
      dueUs: this.#nowUs + Math.max(0, Math.ceil(delayMs * 1000)),
      order: this.#order++,
      callback,
    };
    push(this.#heap, event);
    return {
      cancel: () => {
        event.callback = undefined;
      },
    };
  }

  /** A process of its own: its clock, and its death. */
  process(startMs: number): SimProcess {
    const process = new SimProcess(this, startMs);
    this.#processes.push(process);
    return process;
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Runs until `isDone`; throws when nothing is left to happen before it is, or `limitMs` have passed. */
  async run(isDone: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.nowMs + limitMs;
    await this.#settle();
    await this.#endTurn();
    while (!isDone()) {
      if (this.nowMs > endMs) throw new Error(`nothing came of it in ${limitMs} simulated ms`);
      if (!(await this.#turn())) throw new Error('nothing is left to happen');
    }
  }

  async #turn(): Promise<boolean> {
    let isFirst = true;
    for (let left = EVENTS_PER_TURN; left > 0; left--) {
      const event = this.#next(isFirst);
      if (!event) break;
      isFirst = false;
      event.callback?.();
      await this.#settle();
      this.events++;
      this.afterEvent();
      this.#checkProgress(event);
      if (this.#random.int(3) === 0) break;
    }
    if (isFirst) return false;
    await this.#endTurn();
    for (const process of this.#processes) this.#nowUs += process.takeWorkMs() * 1000;
    return true;
  }

  /** Events that bring about events at once, without end, are a busy loop too. */
  #checkProgress({ callback }: Event): void {
    if (this.nowMs > this.#progressMs + 1) {
      this.#progressMs = this.nowMs;
      this.#progressEvents = this.events;
    } else if (this.events > this.#progressEvents + MOST_EVENTS_PER_MS) {
      throw new Error(`a millisecond has no end: ${callback}`);
    }
  }

  /** The next event; after the first of a turn only one that is due by now. */
  #next(isFirst: boolean): Event | undefined {
    for (;;) {
      const event = this.#heap[0];
      if (!event) return undefined;
      if (event.callback === undefined) {
        pop(this.#heap);
        continue;
      }
      if (!isFirst && event.dueUs > this.#nowUs + 50) return undefined;
      pop(this.#heap);
      this.#nowUs = Math.max(this.#nowUs, event.dueUs);
      return event;
    }
  }

  async #endTurn(): Promise<void> {
    let ran = true;
    for (let round = 0; ran; round++) {
      ran = false;
      for (const process of this.#processes) {
        if (!process.hasQueued) continue;
        ran = true;
        if (round > MOST_ROUNDS) throw new Error(`a turn has no end: ${process.nextQueued}`);
        process.runQueue();
        await this.#settle();
        this.afterEvent();
      }
    }
  }

  /** For processes: the dead need no turn. */
  forget(process: SimProcess): void {
    const index = this.#processes.indexOf(process);
    if (index >= 0) this.#processes.splice(index, 1);
  }
}

/** What looking at the clock takes, with what lies between two looks. */
const LOOK_MS = 0.02;

/** The clock of one simulated process. When the process is dead nothing of it runs any more. */
export class SimProcess implements Clock {
  readonly #loop: SimLoop;
  readonly #bornMs: number;
  #wallOffsetMs: number;
  #queue: (() => void)[] = [];
  #isAlive = true;
  #workMs = 0;
  /** Hears how long a turn of its event loop took, where anything in it took time. */
  onTurn: (ms: number) => void = () => {};

  constructor(loop: SimLoop, startMs: number) {
    this.#loop = loop;
    this.#bornMs = loop.nowMs;
    this.#wallOffsetMs = startMs;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  kill(): void {
    this.#isAlive = false;
    this.#queue = [];
    this.#loop.forget(this);
  }

  /** Somebody sets the machine's clock. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  now(): number {
    return Math.floor(this.#wallOffsetMs + this.#loop.nowMs);
  }

  /** Each look at it takes a little time, so that what goes on and on is seen to take long. */
  monotonicMs(): number {
    this.work(LOOK_MS);
    return this.#loop.nowMs - this.#bornMs + this.#workMs;
  }

  /** It does something that takes so long, and everybody else in the process waits. */
  work(ms: number): void {
    this.#workMs += ms;
  }

  /** For the loop, at the end of a turn: how long it took. */
  takeWorkMs(): number {
    const ms = this.#workMs;
    this.#workMs = 0;
    if (ms > 0 && this.#isAlive) this.onTurn(ms);
    return ms;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#loop.after(delayMs, () => this.#run(callback));
  }

  endOfTurn(callback: () => void): void {
    if (this.#isAlive) this.#queue.push(callback);
  }

  nextTurn(callback: () => void): void {
    this.after(0, callback);
  }

  /** The source of what comes next, to say who keeps a turn from ending. */
  get nextQueued(): string {
    return String(this.#queue[0]);
  }

  get hasQueued(): boolean {
    return this.#queue.length > 0;
  }

  /** For the loop. */
  runQueue(): void {
    for (let round = 0; round < ROUNDS_PER_TURN && this.#queue.length > 0; round++) {
      const current = this.#queue;
      this.#queue = [];
      for (const callback of current) this.#run(callback);
    }
  }

  /** What the process throws when it dies in the middle is no concern of anybody's. */
  #run(callback: () => void): void {
    if (!this.#isAlive) return;
    try {
      callback();
    } catch (error) {
      if (this.#isAlive) throw error;
    }
  }
}

const isSooner = (one: Event, other: Event): boolean =>
  one.dueUs < other.dueUs || (one.dueUs === other.dueUs && one.order < other.order);

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (!isSooner(event, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isSooner(heap[child + 1]!, heap[child]!)) child++;
    if (!isSooner(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
