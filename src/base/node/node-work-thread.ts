import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { LoopWork } from '../loop-work.ts';
import { type ReadyJob, WorkQueue } from '../work-queue.ts';
import {
  type Job,
  type TaskResult,
  WorkFailedError,
  type WorkFigures,
  WorkRefusedError,
  type WorkThread,
} from '../work-thread.ts';
import type { WorkOrder, WorkReport } from './serve-work.ts';

/** The thread's program lies beside the bundle; where there is none, as in tests, the event loop does the work. */
export function nodeWorkThread(clock: Clock, logger: Logger): (fallback: LoopWork) => WorkThread {
  const entry = new URL('./work.mjs', import.meta.url);
  return (fallback) =>
    existsSync(entry) ? new NodeWorkThread({ entry, clock, logger, fallback }) : fallback;
}

/** An idle thread goes, and with it the memory that its codecs keep. */
const IDLE_MS = 20_000;

/**
 * Of JavaScript objects. Buffers come in addition: what tasks make of their bytes is for the tasks to bound.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

export interface NodeWorkThreadOptions {
  /** The program of the thread, which calls `serveWork`. */
  readonly entry: URL;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Does the jobs where the program is not to be found. */
  readonly fallback: LoopWork;
}

interface Thread {
  readonly worker: Worker;
  /** Whether it came to be; then what it gets it does. */
  readonly started: Promise<boolean>;
  isReady: boolean;
  onStarted(isReady: boolean): void;
}

/** A thread of Node's, started when there is something to do and ended when there was nothing for a while. */
export class NodeWorkThread implements WorkThread {
  readonly #options: NodeWorkThreadOptions;
  readonly #queue: WorkQueue;
  #thread: Thread | undefined;
  #settle: ((outcome: TaskResult | Error) => void) | undefined;
  #idleTimer: Timer | undefined;
  #isUnavailable = false;
  #isStopped = false;

  constructor(options: NodeWorkThreadOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock, (job) => this.#perform(job));
  }

  get figures(): WorkFigures {
    return this.#queue.figures;
  }

  run(job: Job): Promise<TaskResult> {
    return this.#queue.run(job);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#queue.stop();
    await this.#end();
  }

  async #perform(job: ReadyJob): Promise<TaskResult> {
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
    try {
      return await this.#performOnThread(job);
    } finally {
      this.#idleTimer = this.#options.clock.after(IDLE_MS, () => {
        if (this.#queue.isIdle) void this.#end();
      });
    }
  }

  async #performOnThread(job: ReadyJob): Promise<TaskResult> {
    if (this.#isUnavailable) return this.#options.fallback.perform(job);
    const thread = this.#thread ?? this.#start();
    this.#thread = thread;
    // Sooner, and the bytes were lost with it.
    const isStarted = await thread.started;
    if (this.#isStopped) throw new WorkRefusedError('the broker stops');
    if (!isStarted) return this.#options.fallback.perform(job);
    const { task, bytes, detail } = job;
    const outcome = await new Promise<TaskResult | Error>((resolve) => {
      this.#settle = resolve;
      const order: WorkOrder = { task, bytes, detail };
      thread.worker.postMessage(order, [bytes.buffer]);
    });
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  #start(): Thread {
    const worker = new Worker(this.#options.entry, {
      name: 'sluice-work',
      // Nothing of what was said to the program around it.
      argv: [],
      execArgv: [],
      resourceLimits: RESOURCE_LIMITS,
    });
    // Whoever has nothing else to wait for may end.
    worker.unref();
    let onStarted: (isReady: boolean) => void = () => {};
    const started = new Promise<boolean>((resolve) => {
      onStarted = resolve;
    });
    const thread: Thread = { worker, started, isReady: false, onStarted };
    worker.on('message', (report: WorkReport) => this.#onReport(thread, report));
    worker.on('error', (error) => this.#onEnd(thread, error));
    worker.on('exit', (code) => this.#onEnd(thread, new Error(`it ended with ${code}`)));
    return thread;
  }

  #onReport(thread: Thread, report: WorkReport): void {
    switch (report.kind) {
      case 'ready':
        thread.isReady = true;
        thread.onStarted(true);
        return;
      case 'done': {
        const { value, bytes } = report;
        this.#settled(bytes ? { value, bytes: asBuffer(bytes) } : { value });
        return;
      }
      case 'failed': {
        const error = new Error(report.message);
        error.name = report.name;
        this.#settled(error);
      }
    }
  }

  /** By itself, which it never should: out of memory, or a codec's fault. The next job gets a new one. */
  #onEnd(thread: Thread, reason: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    void thread.worker.terminate();
    const { logger } = this.#options;
    if (thread.isReady) {
      this.#queue.figures.failedJobs++;
      logger.error({ error: reason }, `the work thread died: ${reason.message}; its job failed`);
    } else {
      this.#isUnavailable = true;
      logger.error(
        { error: reason },
        `the work thread does not start: ${reason.message}; until a restart the event loop does its work, and clients wait meanwhile`,
      );
      thread.onStarted(false);
    }
    this.#settled(new WorkFailedError(`the work thread died: ${reason.message}`));
  }

  #settled(outcome: TaskResult | Error): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }

  async #end(): Promise<void> {
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.onStarted(false);
    this.#settled(new WorkFailedError('the work thread was ended'));
    await thread?.worker.terminate();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
