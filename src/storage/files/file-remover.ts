import type { Clock, Timer } from '../../base/clock.ts';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import { Limiter } from '../segment/segment-io.ts';

/** Freeing a large file in one go blocks the event loop: it is cut down in steps of this size. */
const STEP_BYTES = 256 * 1024 * 1024;

/** Removing goes on for about this long without letting anybody else have the event loop. */
const LONGEST_STRETCH_MS = 10;

/** Removes files later and gently, so that readers finish and the event loop goes on. */
export class FileRemover {
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timers = new Set<Timer>();
  /** A file can take milliseconds: one after the other, however many go. */
  readonly #oneAtATime = new Limiter(1);
  /** Spent on removing since the event loop turned. */
  #stretchMs = 0;
  #isStopped = false;

  constructor(fileSystem: FileSystem, clock: Clock, logger: Logger) {
    this.#fileSystem = fileSystem;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** A file that cannot be removed is logged and left to the next start. */
  removeAfter(delayMs: number, paths: readonly string[]): void {
    if (this.#isStopped) return;
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      for (const path of paths) void this.remove(path);
    });
    this.#timers.add(timer);
  }

  /** What is not removed yet waits for the next start, which knows it by its name. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** Resolves when the file is gone, or could not be removed. */
  remove(path: string): Promise<void> {
    return this.#oneAtATime.run(() => this.#remove(path));
  }

  async #remove(path: string): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    try {
      let size = this.#fileSystem.stat(path)?.size ?? 0;
      while (size > STEP_BYTES) {
        size -= STEP_BYTES;
        const file = this.#fileSystem.open(path, 'write');
        try {
          file.truncate(size);
        } finally {
          file.close();
        }
        await new Promise<void>((resolve) => this.#clock.after(1, resolve));
      }
      this.#fileSystem.removeFile(path);
    } catch (error) {
      this.#logger.warn({ path, error }, 'could not remove a file; the next start tries again');
    }
    this.#stretchMs += this.#clock.monotonicMs() - startMs;
    if (this.#stretchMs < LONGEST_STRETCH_MS) return;
    this.#stretchMs = 0;
    await new Promise<void>((resolve) => this.#clock.endOfTurn(resolve));
  }

  /** Resolves when the folder and its files are gone, or could not be removed. */
  async removeFolder(path: string): Promise<void> {
    try {
      for (const name of this.#fileSystem.list(path)) {
        const child = `${path}/${name}`;
        if (this.#fileSystem.stat(child)?.isFolder === false) await this.remove(child);
      }
      this.#fileSystem.removeFolder(path);
    } catch (error) {
      this.#logger.warn({ path, error }, 'could not remove a folder; the next start tries again');
    }
  }
}
