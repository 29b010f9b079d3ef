import type { Clock } from './clock.ts';
import { type ReadyJob, WorkQueue } from './work-queue.ts';
import type { Job, TaskResult, Tasks, WorkFigures, WorkThread } from './work-thread.ts';

/**
 * What stands in for a thread where there is none: each job has a turn of the event loop for itself. For
 * simulations and tests, whose every run must be the same, and for a broker whose thread does not start.
 */
export class LoopWork implements WorkThread {
  readonly #clock: Clock;
  readonly #tasks: Tasks;
  readonly #queue: WorkQueue;

  constructor(clock: Clock, tasks: Tasks) {
    this.#clock = clock;
    this.#tasks = tasks;
    this.#queue = new WorkQueue(clock, (job) => this.perform(job));
  }

  get figures(): WorkFigures {
    return this.#queue.figures;
  }

  run(job: Job): Promise<TaskResult> {
    return this.#queue.run(job);
  }

  async stop(): Promise<void> {
    this.#queue.stop();
  }

  /** One job, past the queue. */
  async perform({ task, bytes, detail }: ReadyJob): Promise<TaskResult> {
    // As on the way to a thread: nothing is shared.
    const cloned: unknown = structuredClone(detail);
    await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
    return performTask(this.#tasks, task, bytes, cloned);
  }
}

/** What the task of this name makes of it. Throws what the task throws. */
export function performTask(
  tasks: Tasks,
  name: string,
  bytes: Uint8Array,
  detail: unknown,
): TaskResult {
  const task = tasks[name];
  if (!task) throw new Error(`no task has the name ${name}`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return task(buffer, detail as never);
}
