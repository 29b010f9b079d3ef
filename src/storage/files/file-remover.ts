import type { Clock, Timer } from '../../base/clock.ts';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import { Limiter } from '../segment/segment-io.ts';

/** Removes files later and on the thread pool, so that readers finish and the event loop goes on. */
export class FileRemover {
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timers = new Set<Timer>();
  /** A file can take long: one after the other, however many go, and most of the thread pool is for others. */
  readonly #oneAtATime = new Limiter(1);
  /** What is in a folder is looked at when its turn comes: reading thousands of them takes long, too. */
  readonly #oneFolderAtATime = new Limiter(1);
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
    try {
      await this.#fileSystem.erase(path);
    } catch (error) {
      this.#logger.warn({ path, error }, 'could not remove a file; the next start tries again');
    }
  }

  /** Resolves when the folder and its files are gone, or could not be removed. */
  removeFolder(path: string): Promise<void> {
    return this.#oneFolderAtATime.run(() => this.#removeFolder(path));
  }

  async #removeFolder(path: string): Promise<void> {
    try {
      for (const name of this.#fileSystem.list(path)) {
        const child = `${path}/${name}`;
        // Of ours there are only files.
        if (this.#fileSystem.stat(child)?.isFolder) this.#fileSystem.removeFolder(child);
        else await this.remove(child);
      }
      await this.#oneAtATime.run(() => this.#fileSystem.erase(path));
    } catch (error) {
      this.#logger.warn({ path, error }, 'could not remove a folder; the next start tries again');
    }
  }
}
