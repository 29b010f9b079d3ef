import type { Clock } from './clock.ts';
import { type Job, MOST_WAITING_BYTES, type TaskResult, WorkRefusedError } from './work-thread.ts';

/** A job whose bytes are in one piece that belongs to nobody else. */
export interface ReadyJob {
  readonly task: string;
  readonly detail: unknown;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Does a job; resolves or rejects when it is done, in a later turn. */
export type Perform = (job: ReadyJob) => Promise<TaskResult>;

/** Copied in a turn of the event loop; a megabyte takes a fifth of a millisecond. */
const COPY_BYTES_PER_TURN = 1024 * 1024;

interface WaitingJob extends Job {
  readonly sizeInBytes: number;
  resolve(result: TaskResult): void;
  reject(error: unknown): void;
}

/** Jobs in their order, one at a time, with their bytes copied out of the buffers of others. */
export class WorkQueue {
  readonly figures = { jobs: 0, bytes: 0, failedJobs: 0, waitingJobs: 0, waitingBytes: 0 };
  readonly #clock: Clock;
  readonly #perform: Perform;
  readonly #waiting: WaitingJob[] = [];
  #isBusy = false;
  #isStopped = false;

  constructor(clock: Clock, perform: Perform) {
    this.#clock = clock;
    this.#perform = perform;
  }

  run(job: Job): Promise<TaskResult> {
    let sizeInBytes = 0;
    for (const piece of job.pieces) sizeInBytes += piece.length;
    const { figures } = this;
    if (this.#isStopped) return Promise.reject(new WorkRefusedError('the broker stops'));
    if (figures.waitingJobs > 0 && figures.waitingBytes + sizeInBytes > MOST_WAITING_BYTES) {
      const detail = `${figures.waitingBytes} bytes wait to be worked on already`;
      return Promise.reject(new WorkRefusedError(detail));
    }
    figures.waitingJobs++;
    figures.waitingBytes += sizeInBytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...job, sizeInBytes, resolve, reject });
      void this.#work();
    });
  }

  /** The one that is under way goes on. */
  stop(): void {
    this.#isStopped = true;
    for (const job of this.#waiting.splice(0)) {
      this.#leave(job);
      job.reject(new WorkRefusedError('the broker stops'));
    }
  }

  get isIdle(): boolean {
    return !this.#isBusy;
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      try {
        job.resolve(await this.#do(job));
      } catch (error) {
        job.reject(error);
      }
      this.#leave(job);
    }
    this.#isBusy = false;
  }

  async #do(job: WaitingJob): Promise<TaskResult> {
    if (job.isWanted?.() === false) throw new WorkRefusedError('nobody waits for it');
    const bytes = await this.#copy(job);
    this.figures.jobs++;
    this.figures.bytes += job.sizeInBytes;
    return this.#perform({ task: job.task, detail: job.detail, bytes });
  }

  async #copy({ pieces, sizeInBytes }: WaitingJob): Promise<Uint8Array<ArrayBuffer>> {
    // Of its own, and not of a pool: it is given away whole.
    const target = new Uint8Array(new ArrayBuffer(sizeInBytes));
    let at = 0;
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        const end = Math.min(piece.length, from + COPY_BYTES_PER_TURN - (at % COPY_BYTES_PER_TURN));
        target.set(piece.subarray(from, end), at);
        at += end - from;
        from = end;
        const isTurnOver = at % COPY_BYTES_PER_TURN === 0 && at < sizeInBytes;
        if (isTurnOver) await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
      }
    }
    return target;
  }

  #leave({ sizeInBytes }: WaitingJob): void {
    this.figures.waitingJobs--;
    this.figures.waitingBytes -= sizeInBytes;
  }
}
