import type { LogFields, Logger } from '../../src/base/logger.ts';
import type { CrashSurvival } from '../../src/base/testing/sim-file.ts';
import { SimFileSystem } from '../../src/base/testing/sim-file-system.ts';
import { SimLoop, type SimProcess } from '../../src/base/testing/sim-loop.ts';
import { SimRandom } from '../../src/base/testing/sim-random.ts';
import { Trace } from './trace.ts';

/** Where the wall clock of every world begins: 2026-01-01. */
export const WORLD_STARTS_MS = 1_767_225_600_000;

export interface WorldOptions {
  readonly seed: number;
  readonly settle: () => Promise<void>;
  /** Names of folders survive a power cut in any order, not only in that of their changes. */
  readonly anyOrder?: boolean;
  /** For `--trace`. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export type DiskSpeed = 'fast' | 'slow' | 'stuttering';

/** What a simulated world has beside its programs: time, chance, one disk, and the record of it all. */
export class World {
  readonly random: SimRandom;
  readonly loop: SimLoop;
  readonly disk: SimFileSystem;
  readonly trace = new Trace();
  diskSpeed: DiskSpeed = 'fast';
  /** Counts down with every operation that changes the disk; at 0 the machine or process ends. */
  operationsLeft = Number.POSITIVE_INFINITY;
  onLastOperation: () => void = () => {};
  /** What went wrong with an operation; asked for each. */
  diskError: (operation: string, path: string) => string | undefined = () => undefined;
  readonly #diskRandom: SimRandom;

  constructor({ seed, settle, onLine, anyOrder = false }: WorldOptions) {
    this.random = new SimRandom(seed);
    this.#diskRandom = this.random.fork();
    this.trace.onLine = onLine;
    this.loop = new SimLoop(this.random.fork(), settle);
    this.disk = new SimFileSystem({
      now: () => WORLD_STARTS_MS + Math.floor(this.loop.nowMs),
      defer: (finish) => void this.loop.after(this.#diskDelayMs(), finish),
    });
    this.disk.isJournaled = !anyOrder;
    this.disk.fault = (operation, path) => {
      if (operation !== 'read' && operation !== 'list' && operation !== 'open') {
        this.trace.note(`${this.#when()} disk ${operation} ${path}`);
      }
      if (this.operationsLeft !== Number.POSITIVE_INFINITY && --this.operationsLeft <= 0) {
        this.operationsLeft = Number.POSITIVE_INFINITY;
        this.onLastOperation();
        // The operation itself does not happen any more.
        return 'EIO';
      }
      const code = this.diskError(operation, path);
      if (code) this.trace.note(`${this.#when()} disk ${operation} ${path} fails with ${code}`);
      return code;
    };
  }

  note(what: string): void {
    this.trace.note(`${this.#when()} ${what}`);
  }

  /** The lines of one process become part of the record; `onLine` also sees them. */
  logger(process: SimProcess, onLine: (level: string, message: string, fields: LogFields) => void) {
    const at = (level: string, bound: LogFields) => (fields: LogFields, message: string) => {
      if (!process.isAlive) return;
      const all = { ...bound, ...fields };
      const { error } = all;
      const cause = error instanceof Error ? ` (${error.name}: ${error.message})` : '';
      if (level !== 'debug') this.note(`log ${level}: ${message}${cause}`);
      onLine(level, message + cause, all);
    };
    const bind = (bound: LogFields): Logger => ({
      debug: at('debug', bound),
      info: at('info', bound),
      warn: at('warn', bound),
      error: at('error', bound),
      child: (fields) => bind({ ...bound, ...fields }),
    });
    return bind({});
  }

  /** The machine loses power, or only a process of it ends. */
  crash(survival: CrashSurvival): void {
    this.note(`crash, of what is not synced survives: ${survival}`);
    this.disk.crash(survival, this.#diskRandom);
    this.operationsLeft = Number.POSITIVE_INFINITY;
    this.diskError = () => undefined;
    this.diskSpeed = 'fast';
    this.disk.capacityBytes = Number.POSITIVE_INFINITY;
  }

  #when(): string {
    return this.loop.nowMs.toFixed(3);
  }

  #diskDelayMs(): number {
    const random = this.#diskRandom;
    if (this.diskSpeed === 'slow') return 20 + random.float() * 200;
    if (this.diskSpeed === 'stuttering' && random.chance(0.05)) return random.float() * 3000;
    return 0.05 + random.float() * 3;
  }
}
