import type { Clock } from '../base/clock.ts';
import { BufferPool } from '../base/collections/buffer-pool.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { WorkThread } from '../base/work-thread.ts';
import { AppendQueue } from './append/append-queue.ts';
import { LoopSyncs } from './append/loop-syncs.ts';
import { FileRemover } from './files/file-remover.ts';
import { GuardedFileSystem } from './files/guarded-file-system.ts';
import { RelievedFileSystem } from './files/relieved-file-system.ts';
import { IndexCache } from './index/index-cache.ts';
import { TurnQuota } from './read/turn-quota.ts';
import { FileHandles } from './segment/file-handles.ts';
import { Limiter } from './segment/segment-io.ts';

/** Reads on the thread pool at a time: one of its four threads stays free for syncs. */
const COLD_READS = 3;

/** What all readers together read on the event loop in one turn; then the thread pool goes on. */
const READ_BYTES_PER_TURN = 2 * 1024 * 1024;

/** Logs that sync at a time because somebody waits; the thread pool's last thread is for reads. */
const COMMIT_SYNCS = 3;

/** Logs that are emptied at a time: most of the thread pool is for others. */
const RETENTION_SYNCS = 1;

/** Free read buffers kept for reuse. */
const RETAINED_READ_BYTES = 32 * 1024 * 1024;

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
  /** Those of retention, for which nobody does. */
  readonly retentionSyncs: Limiter;
  /** Syncs on the event loop. */
  readonly loopSyncs: LoopSyncs;
  readonly appendQueue: AppendQueue;
  readonly remover: FileRemover;
  /** Where records are decompressed that hold much. */
  readonly work: WorkThread;
  /** Idle producers are forgotten after this. */
  producerIdExpirationMs: number;
}

/** What storage takes from the world. */
export interface StorageWorld {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Knows STORAGE_TASKS. */
  readonly work: WorkThread;
}

/** `assertOwned`, before each change: throws where the data is not this process's any more; absent in tests. */
export function storageContext(
  { fileSystem: disk, clock, random, logger, work }: StorageWorld,
  settings: { readonly maxOpenFiles: number; readonly producerIdExpirationMs: number },
  assertOwned: (() => void) | undefined,
): StorageContext {
  const guarded = assertOwned ? new GuardedFileSystem(disk, assertOwned) : disk;
  const fileSystem = new RelievedFileSystem(guarded);
  const handles = new FileHandles(fileSystem, settings.maxOpenFiles);
  fileSystem.relieve = () => handles.closeIdle() > 0;
  return {
    fileSystem,
    clock,
    random,
    logger,
    handles,
    readBuffers: new BufferPool({ maxRetainedBytes: RETAINED_READ_BYTES }),
    indexCache: new IndexCache(),
    readsOfTurn: new TurnQuota(clock, READ_BYTES_PER_TURN),
    coldReads: new Limiter(COLD_READS),
    syncs: new Limiter(COMMIT_SYNCS),
    retentionSyncs: new Limiter(RETENTION_SYNCS),
    loopSyncs: new LoopSyncs(clock),
    appendQueue: new AppendQueue(clock),
    remover: new FileRemover(fileSystem, clock, logger),
    work,
    producerIdExpirationMs: settings.producerIdExpirationMs,
  };
}
