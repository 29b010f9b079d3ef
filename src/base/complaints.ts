import type { Clock } from './clock.ts';
import type { LogFields, Logger } from './logger.ts';

/** How often the same thing is said of the same client. */
export interface ComplaintRate {
  readonly lines: number;
  readonly windowMs: number;
}

const USUAL_RATE: ComplaintRate = { lines: 10, windowMs: 60_000 };

/** Clients and kinds of complaints kept in mind; the oldest are forgotten. */
const MOST_SUBJECTS = 1000;

interface Subject {
  windowEndMs: number;
  lines: number;
  leftOut: number;
}

/**
 * Warnings about what clients do, one sentence each, and only so many of a kind about one client within
 * a time: a client that goes wrong in a loop must not fill the disk with lines. The first line after a
 * pause says how many were left out.
 */
export class Complaints {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #subjects = new Map<string, Subject>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** `about` is the client's address without its port, `kind` what sentences of one kind share. */
  warn(
    { about, kind, rate = USUAL_RATE }: { about: string; kind: string; rate?: ComplaintRate },
    fields: LogFields,
    sentence: string,
  ): void {
    const leftOut = this.#mayBeSaid(`${about} ${kind}`, rate);
    if (leftOut === undefined) return;
    const more = leftOut > 0 ? ` (${leftOut} more like it were left out)` : '';
    this.#logger.warn(fields, sentence + more);
  }

  /** How many were left out before this one; undefined when it is left out too. */
  #mayBeSaid(key: string, { lines, windowMs }: ComplaintRate): number | undefined {
    const now = this.#clock.monotonicMs();
    const subject = this.#subjects.get(key);
    if (subject && now < subject.windowEndMs) {
      if (subject.lines++ < lines) return 0;
      subject.leftOut++;
      return undefined;
    }
    this.#subjects.delete(key);
    this.#subjects.set(key, { windowEndMs: now + windowMs, lines: 1, leftOut: 0 });
    if (this.#subjects.size > MOST_SUBJECTS) {
      for (const oldest of this.#subjects.keys()) {
        this.#subjects.delete(oldest);
        break;
      }
    }
    return subject?.leftOut ?? 0;
  }
}
