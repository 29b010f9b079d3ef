import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Store } from './store.ts';

/** After a session that could not be opened or prepared; doubles up to the longest. */
const RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;

export interface StoreSessionsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opens a session; undefined where the store is gone for good. */
  readonly open: () => Store | undefined;
}

/**
 * The broker's session with the store, whichever it is: where one is lost, with everything that lived as long as it,
 * another is opened, prepared (the broker is registered again), and told to those who work with it.
 */
export class StoreSessions {
  readonly #options: StoreSessionsOptions;
  readonly #listeners = new Set<(store: Store) => void>();
  #current: Store;
  #prepare: (store: Store) => Promise<void> = async () => {};
  #unsubscribe: () => void = () => {};
  #retry: Timer | undefined;
  #isClosed = false;

  /** `first`: the session that the start opened. */
  constructor(first: Store, options: StoreSessionsOptions) {
    this.#options = options;
    this.#current = first;
    this.#follow(first);
  }

  get current(): Store {
    return this.#current;
  }

  /** What every session needs before it is used, this one and those after it. Rejects as `prepare` does for this one. */
  async prepare(prepare: (store: Store) => Promise<void>): Promise<void> {
    this.#prepare = prepare;
    await prepare(this.#current);
  }

  /** Called with each session after the first. Returns an unsubscriber. */
  onSession(listener: (store: Store) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** No other session is opened. */
  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#unsubscribe();
  }

  #follow(store: Store): void {
    this.#unsubscribe();
    this.#unsubscribe = store.onSessionState((state) => {
      if (state === 'lost') this.#replaceAfter(0);
    });
  }

  #replaceAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#retry = this.#options.clock.after(delayMs, () => void this.#replace(delayMs));
  }

  async #replace(waitedMs: number): Promise<void> {
    const { open, logger } = this.#options;
    const store = open();
    if (!store) return;
    try {
      await this.#prepare(store);
    } catch (error) {
      const retryMs = Math.min(Math.max(RETRY_MS, 2 * waitedMs), LONGEST_RETRY_MS);
      logger.warn({ error, retryMs }, 'a new session with the store could not be prepared');
      this.#replaceAfter(retryMs);
      return;
    }
    if (this.#isClosed) return;
    this.#current = store;
    this.#follow(store);
    logger.info({}, 'a new session with the store takes the place of the one that was lost');
    for (const listener of this.#listeners) listener(store);
  }
}
