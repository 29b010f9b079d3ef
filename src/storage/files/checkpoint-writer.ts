import type { FileSystem } from '../../base/file-system.ts';
import { replaceFile } from './atomic-file.ts';

/** Replaces small files on the thread pool; for each path one write at a time, the newest wins. */
export class CheckpointWriter {
  readonly #fileSystem: FileSystem;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, { text: () => string; done: Promise<void> }>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** Resolves when a content at least as new as this one is on the disk. Rejects with its error. */
  write(path: string, text: () => string): Promise<void> {
    const running = this.#running.get(path);
    if (!running) return this.#start(path, text);
    const next = this.#next.get(path);
    if (next) {
      next.text = text;
      return next.done;
    }
    const done = running
      .catch(() => undefined)
      .then(() => {
        const newest = this.#next.get(path)?.text ?? text;
        this.#next.delete(path);
        return this.#start(path, newest);
      });
    this.#next.set(path, { text, done });
    return done;
  }

  #start(path: string, text: () => string): Promise<void> {
    const run = replaceFile(this.#fileSystem, path, text()).finally(() => {
      this.#running.delete(path);
    });
    this.#running.set(path, run);
    return run;
  }

  /** Resolves when nothing is being written. */
  async settle(): Promise<void> {
    while (this.#running.size > 0 || this.#next.size > 0) {
      const following = Array.from(this.#next.values(), ({ done }) => done);
      await Promise.allSettled([...this.#running.values(), ...following]);
    }
  }
}
