import type { Limiter } from '../segment/segment-io.ts';

/** A log as the group commit sees it. */
export interface CommittedLog {
  /** Syncs everything written by now, and tells who waited for it. Rejects when the disk fails. */
  flush(): Promise<void>;
}

/**
 * Syncs that somebody waits for, of the logs of one directory. One round at a time: whatever is
 * written meanwhile, by whichever request and to whichever log, joins the next. The busier the
 * directory, the more records share a sync.
 */
export class GroupCommit {
  readonly #syncs: Limiter;
  #next = new Set<CommittedLog>();
  #isRunning = false;

  /** `syncs` bounds how many logs sync at a time: they run on the thread pool. */
  constructor(syncs: Limiter) {
    this.#syncs = syncs;
  }

  /** `log` has written something that is to be synced soon. */
  join(log: CommittedLog): void {
    this.#next.add(log);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    // The other logs of this event-loop turn are about to join, and belong to the same round.
    await undefined;
    while (this.#next.size > 0) {
      const logs = this.#next;
      this.#next = new Set();
      await Promise.all(
        // A failure takes the whole directory offline, which answers everybody who waits.
        Array.from(logs, (log) => this.#syncs.run(() => log.flush()).catch(() => undefined)),
      );
    }
    this.#isRunning = false;
  }
}
