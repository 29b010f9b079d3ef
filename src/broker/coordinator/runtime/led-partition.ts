import type { Timer } from '../../../base/clock.ts';
import { Shard } from '../group/group-shard.ts';
import type { GroupCoordinatorPorts } from '../group/ports.ts';
import { Replay } from '../group/replay.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * One partition of `__consumer_offsets` while this broker leads it: first loading, then a shard. A
 * load that fails is tried again, since the groups exist only in that log.
 */
export class LedPartition {
  readonly partition: number;
  readonly leaderEpoch: number;
  /** Resolves when loaded, or given up because the leadership ended. Never rejects. */
  readonly loaded: Promise<void>;
  readonly #ports: GroupCoordinatorPorts;
  #shard: Shard | undefined;
  #closed = false;
  #retry: Timer | undefined;
  #endLoading: () => void = () => {};

  constructor(partition: number, leaderEpoch: number, ports: GroupCoordinatorPorts) {
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.#ports = ports;
    this.loaded = new Promise((resolve) => {
      this.#endLoading = resolve;
    });
  }

  /** Undefined while it is loading. */
  get shard(): Shard | undefined {
    return this.#shard;
  }

  load(retryMs = FIRST_RETRY_MS): void {
    const { log, logger, clock } = this.#ports;
    const where = { partition: this.partition, leaderEpoch: this.leaderEpoch };
    const replay = new Replay(logger.child(where));
    const startedMs = clock.monotonicMs();
    const isStale = () => this.#closed;
    log
      .load(this.partition, (batch) => replay.add(batch), isStale)
      .then(
        () => {
          if (this.#closed) return;
          const shard = new Shard(this.partition, this.#ports);
          const groups = replay.groups(shard.now());
          shard.adopt(groups);
          this.#shard = shard;
          if (groups.length > 0) {
            const tookMs = Math.round(clock.monotonicMs() - startedMs);
            logger.info({ ...where, groups: groups.length, tookMs }, 'groups are loaded');
          }
          this.#endLoading();
        },
        (error: unknown) => {
          if (this.#closed) return;
          logger.error({ ...where, error, retryMs }, 'groups cannot be loaded, trying again');
          this.#retry = clock.after(retryMs, () => this.load(Math.min(retryMs * 2, LAST_RETRY_MS)));
        },
      );
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#shard?.close('NOT_COORDINATOR');
    this.#shard = undefined;
    this.#endLoading();
  }
}
