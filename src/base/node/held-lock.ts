import { FolderLostError, type LockOptions } from '../folder-lock.ts';
import { kernelLockHolder } from './kernel-locks.ts';
import { ownerText } from './lock-record.ts';
import type { LockSettings } from './lock-settings.ts';
import type { Taken } from './lock-taking.ts';

/** What an owner does as long as it is one. */
export class HeldLock {
  readonly #taken: Taken;
  readonly #settings: LockSettings;
  readonly #options: LockOptions;
  readonly #timer: NodeJS.Timeout;
  #seenMs = performance.now();
  #seenAt = Date.now();
  #problem: unknown;
  #lost: FolderLostError | undefined;
  #isReleased = false;

  constructor(taken: Taken, settings: LockSettings, options: LockOptions) {
    this.#taken = taken;
    this.#settings = settings;
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), settings.lookMs).unref();
  }

  assertHeld(): void {
    if (this.#lost) throw this.#lost;
    if (this.#isFresh()) return;
    // The process stood still, or the machine slept: by now another one may have taken over.
    this.#look();
    if (this.#lost) throw this.#lost;
    if (this.#isFresh()) return;
    const { path } = this.#taken;
    const reason = this.#problem instanceof Error ? `: ${this.#problem.message}` : '';
    this.#lose(new FolderLostError(`${path} cannot be seen to be this broker's any more${reason}`));
    throw this.#lost;
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearInterval(this.#timer);
    const { file, socket, record } = this.#taken;
    try {
      // Another's name stays.
      if (file.look(record).kind === 'own') file.writeReleased(new Date().toISOString());
    } finally {
      await socket?.close();
      file.close();
    }
  }

  /** By both clocks: one stands still while the machine sleeps, the other can be set. */
  #isFresh(): boolean {
    const { leaseMs } = this.#settings;
    const isRecent = performance.now() - this.#seenMs < leaseMs;
    return isRecent && Math.abs(Date.now() - this.#seenAt) < leaseMs;
  }

  #look(): void {
    if (this.#lost || this.#isReleased) return;
    const [startMs, startAt] = [performance.now(), Date.now()];
    const { file, record, path } = this.#taken;
    try {
      const seen = file.look(record);
      // The file was removed, or emptied: the owner is still here.
      if (seen.kind === 'nobody') file.write({ ...record, file: file.identity });
      const kafka = kernelLockHolder(file.path);
      if (seen.kind === 'owner') {
        this.#lose(new FolderLostError(`${path} was taken over by ${ownerText(seen.record)}`));
      } else if (kafka !== undefined) {
        this.#lose(new FolderLostError(`${path} was locked by process ${kafka}, as a Kafka does`));
      }
      this.#seenMs = startMs;
      this.#seenAt = startAt;
    } catch (error) {
      this.#problem = error;
    }
  }

  #lose(error: FolderLostError): void {
    if (this.#lost) return;
    this.#lost = error;
    clearInterval(this.#timer);
    this.#options.onLost?.(error);
  }
}
