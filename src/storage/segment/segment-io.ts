import { assert } from '../../base/assert.ts';
import type { File } from '../../base/file-system.ts';

/** Asks for up to `length` bytes at `position`; the answer is the count read, short only at the end. */
export interface ReadRequest {
  target: Buffer;
  targetOffset: number;
  length: number;
  position: number;
}

/**
 * A computation over a file that says what to read next and does not care how: at once from the page
 * cache, or on the thread pool. Written once, run either way.
 */
export type FileTask<T> = Generator<ReadRequest, T, number>;

/** Runs a task on this thread. Throws what the file throws. */
export function runSync<T>(task: FileTask<T>, file: File): T {
  const run = runWhile(task, file, () => true);
  assert(!(run instanceof RestOfTask), 'the task ran to its end');
  return run;
}

/** Runs a task on this thread as long as `mayRead` says so; what is left of it where that ends. */
export function runWhile<T>(
  task: FileTask<T>,
  file: File,
  mayRead: (bytes: number) => boolean,
): T | RestOfTask<T> {
  let step = task.next(0);
  while (!step.done) {
    if (!mayRead(step.value.length)) return new RestOfTask(task, step.value);
    const { target, targetOffset, length, position } = step.value;
    let count = 0;
    while (count < length) {
      const read = file.readSync(target, targetOffset + count, length - count, position + count);
      if (read === 0) break;
      count += read;
    }
    step = task.next(count);
  }
  return step.value;
}

/** A task that was begun and waits for a read. */
export class RestOfTask<T> {
  readonly #task: FileTask<T>;
  readonly #request: ReadRequest;

  constructor(task: FileTask<T>, request: ReadRequest) {
    this.#task = task;
    this.#request = request;
  }

  /** As a task again, from that read on. */
  *resume(): FileTask<T> {
    let step = this.#task.next(yield this.#request);
    while (!step.done) step = this.#task.next(yield step.value);
    return step.value;
  }
}

/** Runs a task with reads on the thread pool. Rejects with what the file throws. */
export async function runAsync<T>(task: FileTask<T>, file: File): Promise<T> {
  let step = task.next(0);
  while (!step.done) {
    const { target, targetOffset, length, position } = step.value;
    let count = 0;
    while (count < length) {
      const read = await file.read(target, targetOffset + count, length - count, position + count);
      if (read === 0) break;
      count += read;
    }
    step = task.next(count);
  }
  return step.value;
}

/** At most `limit` tasks at a time; the others wait in order. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
