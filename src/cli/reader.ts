import type { Consumer, ConsumerRecord } from '../client/index.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** A tool that was told to stop waits no longer than this for brokers. */
const CLOSE_MS = 5000;
/** What passes by itself sooner is not worth a line. */
const TROUBLE_MS = 1000;

/**
 * How a tool reads: it stops at a signal, also where no broker answers, says what it waits for, and ends in a bounded
 * time.
 */
export class Reader {
  readonly #consumer: Consumer;
  readonly #terminal: Terminal;
  #isStopped = false;
  #troubleSinceMs: number | undefined;
  #isTroubleTold = false;

  constructor(consumer: Consumer, terminal: Terminal) {
    this.#consumer = consumer;
    this.#terminal = terminal;
    terminal.onInterrupt(() => {
      this.#isStopped = true;
      consumer.wakeup();
    });
  }

  /** Nobody said stop, and somebody takes what is printed. */
  get goesOn(): boolean {
    return !this.#isStopped && !this.#terminal.outClosed;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  async poll(timeoutMs: number): Promise<ConsumerRecord[]> {
    const records = await this.#consumer.poll(timeoutMs);
    this.#tellTrouble();
    return records;
  }

  /** `why` nothing came any more; throws where that is the brokers' fault. */
  failIfTroubled(why: string): void {
    const { trouble } = this.#consumer;
    if (trouble) throw new CliError(`${why}: ${trouble.message}`);
  }

  async close(): Promise<void> {
    const failure = await this.#consumer.close(CLOSE_MS);
    if (failure) {
      this.#terminal.err(
        `WARNING: what was read last is not committed, and will be read again: ${failure.message}\n`,
      );
    }
  }

  #tellTrouble(): void {
    const { trouble } = this.#consumer;
    const nowMs = performance.now();
    if (!trouble) {
      if (this.#isTroubleTold) this.#terminal.err('WARNING: it goes on.\n');
      this.#troubleSinceMs = undefined;
      this.#isTroubleTold = false;
      return;
    }
    this.#troubleSinceMs ??= nowMs;
    if (this.#isTroubleTold || nowMs - this.#troubleSinceMs < TROUBLE_MS) return;
    this.#isTroubleTold = true;
    this.#terminal.err(`WARNING: ${trouble.message}; trying again until it is better\n`);
  }
}
