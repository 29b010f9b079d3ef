import type { Timer } from '../../../base/clock.ts';
import { LogReplay } from './log-replay.ts';
import { type ServingPorts, ServingShard } from './serving-shard.ts';
import type { CoordinatorKind, Shard } from './shard.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** A load that takes longer says how far it is, this often. */
const PROGRESS_MS = 10_000;

/**
 * One partition of an internal topic while this broker leads it: first loading, then serving. A load
 * that fails is tried again, since the state exists only in that log.
 */
export class LedPartition<Rec, Context, State extends Shard<Rec, Context>> {
  readonly partition: number;
  readonly leaderEpoch: number;
  /** Resolves when loaded, or given up because the leadership ended. Never rejects. */
  readonly loaded: Promise<void>;
  /** The same, or a first load has failed: then nobody knows how long it takes. */
  readonly tried: Promise<void>;
  readonly #kind: CoordinatorKind<Rec, Context, State>;
  readonly #ports: ServingPorts;
  #serving: ServingShard<Rec, Context, State> | undefined;
  #isClosed = false;
  #retry: Timer | undefined;
  #endLoading: () => void = () => {};
  #endTrying: () => void = () => {};
  readonly #afterLoading: ((shard: ServingShard<Rec, Context, State>) => void)[] = [];

  constructor(
    partition: number,
    leaderEpoch: number,
    kind: CoordinatorKind<Rec, Context, State>,
    ports: ServingPorts,
  ) {
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.#kind = kind;
    this.#ports = ports;
    this.loaded = new Promise((resolve) => {
      this.#endLoading = resolve;
    });
    const failed = new Promise<void>((resolve) => {
      this.#endTrying = resolve;
    });
    this.tried = Promise.race([this.loaded, failed]);
  }

  /** Undefined while it is loading. */
  get serving(): ServingShard<Rec, Context, State> | undefined {
    return this.#serving;
  }

  /** Called with the shard if it is loaded after all; to be called while it is not. */
  onceLoaded(callback: (shard: ServingShard<Rec, Context, State>) => void): void {
    this.#afterLoading.push(callback);
  }

  load(retryMs = FIRST_RETRY_MS): void {
    const { log, clock } = this.#ports;
    const { noun } = this.#kind;
    const logger = this.#ports.logger.child({
      partition: this.partition,
      leaderEpoch: this.leaderEpoch,
    });
    const replay = new LogReplay(this.#kind, logger);
    const startedMs = clock.monotonicMs();
    let saidMs = startedMs;
    log
      .load(
        this.partition,
        (batch) => {
          replay.add(batch);
          if (clock.monotonicMs() - saidMs < PROGRESS_MS) return;
          saidMs = clock.monotonicMs();
          const { baseOffset: offset } = batch;
          logger.info({ offset, records: replay.recordCount }, `${noun} are being loaded`);
        },
        () => this.#isClosed,
      )
      .then(
        () => {
          if (this.#isClosed) return;
          replay.end();
          const { shard } = replay;
          this.#serving = new ServingShard(this.partition, shard, this.#kind, this.#ports);
          if (shard.size > 0) {
            const tookMs = Math.round(clock.monotonicMs() - startedMs);
            logger.info({ [noun]: shard.size, tookMs }, `${noun} are loaded`);
          }
          for (const callback of this.#afterLoading.splice(0)) callback(this.#serving);
          this.#endLoading();
        },
        (error: unknown) => {
          if (this.#isClosed) return;
          logger.error({ error, retryMs }, `${noun} cannot be loaded, trying again`);
          this.#endTrying();
          this.#retry = clock.after(retryMs, () => this.load(Math.min(retryMs * 2, LAST_RETRY_MS)));
        },
      );
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#serving?.close('NOT_COORDINATOR');
    this.#serving = undefined;
    this.#endLoading();
  }
}
