import type { Terminal } from './terminal.ts';

const EVERY_MS = 200;
/** Back to the line's beginning, and nothing on it. */
const CLEAR = '\r\u001b[K';

/**
 * One line about long work on standard error, written over itself; nothing where that is no terminal, so that a pipe
 * or a log file stays quiet.
 */
export class Progress {
  readonly #terminal: Pick<Terminal, 'err' | 'errIsTerminal'>;
  readonly #nowMs: () => number;
  #shownMs = Number.NEGATIVE_INFINITY;
  #isShown = false;

  constructor(
    terminal: Pick<Terminal, 'err' | 'errIsTerminal'>,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
  }

  /** `text` is asked for only when it is shown: a few times a second. */
  update(text: () => string): void {
    if (this.#terminal.errIsTerminal !== true) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#shownMs < EVERY_MS) return;
    this.#shownMs = nowMs;
    this.#isShown = true;
    this.#terminal.err(`${CLEAR}${text()}`);
  }

  /** Shows `text` of the seconds so far until the work is done, and resolves or fails as it does. */
  async during<T>(work: Promise<T>, text: (seconds: number) => string): Promise<T> {
    if (this.#terminal.errIsTerminal !== true) return work;
    const startMs = this.#nowMs();
    const seconds = () => Math.floor((this.#nowMs() - startMs) / 1000);
    const timer = setInterval(() => this.update(() => text(seconds())), EVERY_MS);
    try {
      return await work;
    } finally {
      clearInterval(timer);
      this.end();
    }
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) this.#terminal.err(CLEAR);
    this.#isShown = false;
  }
}
