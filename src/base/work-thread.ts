/**
 * What can be done on another thread: a pure function of bytes, and of a value that structured cloning carries
 * over. What it throws is the job's error.
 */
export type Task<Detail = never> = (bytes: Buffer, detail: Detail) => TaskResult;

/** The bytes are handed over as they are, at no cost; all else is cloned and must be small. */
export interface TaskResult {
  readonly value?: unknown;
  readonly bytes?: Buffer;
}

/** By name. Both threads have the same. */
export type Tasks = Readonly<Record<string, Task>>;

export interface Job {
  readonly task: string;
  /** Its bytes, in pieces. They are copied when its turn comes, until then nobody may change them. */
  readonly pieces: readonly Uint8Array[];
  readonly detail: unknown;
  /** Asked when its turn comes: whether anybody still waits for it. */
  isWanted?(): boolean;
}

/** What has been handed over so far, for metrics. */
export interface WorkFigures {
  readonly jobs: number;
  /** Bytes handed over. */
  readonly bytes: number;
  /** Jobs that did not come to an end: the thread died, or ran out of memory. */
  readonly failedJobs: number;
  /** Jobs now, with the one that is done, and their bytes. */
  readonly waitingJobs: number;
  readonly waitingBytes: number;
}

/**
 * A thread beside the event loop, for what would hold everybody up there. It does one job after the other, in
 * order.
 */
export interface WorkThread {
  readonly figures: WorkFigures;
  /**
   * Resolves in a later turn. Rejects with what the task throws (as an Error of the same name and message),
   * WorkRefusedError or WorkFailedError.
   */
  run(job: Job): Promise<TaskResult>;
  /** Jobs that are not done are refused; resolves when the thread is gone. */
  stop(): Promise<void>;
}

/** The job was not begun: nobody wanted it any more, too much waits, or the broker stops. */
export class WorkRefusedError extends Error {
  override name = 'WorkRefusedError';
}

/** The thread died over the job. */
export class WorkFailedError extends Error {
  override name = 'WorkFailedError';
}

/**
 * Jobs that wait hold no more than their requests do, which have bounds of their own; this is for what others may
 * come to hand over.
 */
export const MOST_WAITING_BYTES = 256 * 1024 * 1024;
