import type { Clock, Timer } from './clock.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** Work that holds all others up for longer has a line in the log. */
const WORTH_A_LINE_MS = 100;

/** And for so long it is a warning. */
const WORTH_A_WARNING_MS = 1000;

/** The same cause has one line in a minute, and the longest turns of the last one to two minutes are kept. */
const WINDOW_MS = 60_000;

/** APIs times steps, and some duties: beyond it nothing new is kept. */
const MOST_CAUSES = 500;

/** How often it is looked at whether the loop was held up, while unmeasured work is under way. */
const LOOK_MS = 10;

/** And for so long at most for one piece of work. */
const LONGEST_LOOKED_AT_MS = 10_000;

/** Whose work it was. */
export interface TurnCause {
  /** The API, or the name of a duty in the background. */
  readonly of: string;
  readonly step: 'decode' | 'handle' | 'encode' | 'duty';
  readonly clientId?: string;
}

interface Longest {
  readonly cause: TurnCause;
  windowBeganMs: number;
  longestMs: number;
  longestBeforeMs: number;
  lineAtMs: number;
}

/**
 * Measures how long work keeps the event loop to itself, which is how long everybody else waits for it:
 * the longest of each kind are a metric, and a line in the log names whose work it was.
 */
export class TurnWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #kinds = new Map<string, Longest>();
  readonly #underWay = new Set<{ readonly cause: TurnCause; readonly beganMs: number }>();
  #look: Timer | undefined;

  constructor(clock: Clock, logger: Logger, metrics?: Metrics) {
    this.#clock = clock;
    this.#logger = logger;
    metrics?.gauge(
      'sluice_longest_turn_seconds',
      'The longest time in the last one to two minutes that one piece of work kept the event loop to itself, by API or duty, and step.',
      () => this.#longest(),
    );
  }

  /**
   * Work goes on in pieces that nobody measures one by one, as what is written with `await` does, until the returned
   * function is called. Meanwhile a timer tells how long the loop was held up, which is put down to all such work.
   */
  underWay(cause: TurnCause): () => void {
    const work = { cause, beganMs: this.#clock.monotonicMs() };
    this.#underWay.add(work);
    this.#lookLater();
    return () => {
      this.#underWay.delete(work);
      if (this.#underWay.size > 0) return;
      this.#look?.cancel();
      this.#look = undefined;
    };
  }

  #lookLater(): void {
    if (this.#look) return;
    const dueMs = this.#clock.monotonicMs() + LOOK_MS;
    const cpuBefore = this.#cpuMs();
    this.#look = this.#clock.after(LOOK_MS, () => {
      this.#look = undefined;
      const now = this.#clock.monotonicMs();
      // Where others have the processor, nothing here held it up.
      const heldMs = Math.min(now - dueMs, this.#cpuMs() - cpuBefore);
      for (const work of this.#underWay) {
        this.observe(heldMs, work.cause);
        // It rather waits than works.
        if (now - work.beganMs > LONGEST_LOOKED_AT_MS) this.#underWay.delete(work);
      }
      if (this.#underWay.size > 0) this.#lookLater();
    });
  }

  #cpuMs(): number {
    return this.#clock.cpuMs?.() ?? this.#clock.monotonicMs();
  }

  /** Work has kept the loop to itself for `ms`. */
  observe(ms: number, cause: TurnCause): void {
    if (ms < 1) return;
    const now = this.#clock.monotonicMs();
    const key = `${cause.of} ${cause.step}`;
    let kind = this.#kinds.get(key);
    if (!kind) {
      if (this.#kinds.size >= MOST_CAUSES) return;
      kind = {
        cause,
        windowBeganMs: now,
        longestMs: 0,
        longestBeforeMs: 0,
        lineAtMs: Number.NEGATIVE_INFINITY,
      };
      this.#kinds.set(key, kind);
    }
    moveWindow(kind, now);
    kind.longestMs = Math.max(kind.longestMs, ms);
    if (ms < WORTH_A_LINE_MS || now - kind.lineAtMs < WINDOW_MS) return;
    kind.lineAtMs = now;
    const { of, step, clientId } = cause;
    // On a machine that is busy with other things a tenth of a second is nothing to be warned of.
    const level = ms < WORTH_A_WARNING_MS ? 'info' : 'warn';
    this.#logger[level](
      { ms: Math.round(ms), of, step, ...(clientId !== undefined && { clientId }) },
      `${of} kept everybody else waiting for ${Math.round(ms)} ms (${step}); see sluice_longest_turn_seconds`,
    );
  }

  *#longest() {
    const now = this.#clock.monotonicMs();
    for (const kind of this.#kinds.values()) {
      moveWindow(kind, now);
      const { cause, longestMs, longestBeforeMs } = kind;
      const value = Math.max(longestMs, longestBeforeMs) / 1000;
      if (value > 0) yield { labels: { of: cause.of, step: cause.step }, value };
    }
  }
}

function moveWindow(kind: Longest, now: number): void {
  const age = now - kind.windowBeganMs;
  if (age < WINDOW_MS) return;
  kind.longestBeforeMs = age < 2 * WINDOW_MS ? kind.longestMs : 0;
  kind.longestMs = 0;
  kind.windowBeganMs = now;
}
