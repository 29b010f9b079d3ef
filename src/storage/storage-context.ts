import type { Clock } from '../base/clock.ts';
import type { BufferPool } from '../base/collections/buffer-pool.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { AppendQueue } from './append-queue.ts';
import type { FileHandles } from './file-handles.ts';
import type { FileRemover } from './file-remover.ts';
import type { IndexCache } from './index-cache.ts';
import type { Limiter } from './segment-io.ts';
import type { TurnQuota } from './turn-quota.ts';

/** What all logs of a broker share. */
export interface StorageContext {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly handles: FileHandles;
  readonly readBuffers: BufferPool;
  readonly indexCache: IndexCache;
  /** Reads on the event loop. */
  readonly readsOfTurn: TurnQuota;
  /** Reads that may go to the disk, or are large. */
  readonly coldReads: Limiter;
  /** Syncs that somebody waits for. */
  readonly syncs: Limiter;
  readonly appendQueue: AppendQueue;
  readonly remover: FileRemover;
  /** Idle producers are forgotten after this. */
  producerIdExpirationMs: number;
}
