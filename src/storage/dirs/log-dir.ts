import { join } from 'node:path';
import { Complaints } from '../../base/complaints.ts';
import { FileGoneError, isGone, isOutOfHandles, isOutOfSpace } from '../../base/disk-error.ts';
import {
  type FolderLock,
  FolderLockedError,
  type FolderLocker,
  FolderNamedTwiceError,
} from '../../base/folder-lock.ts';
import { withSentence } from '../../base/system-error.ts';
import { GroupCommit } from '../append/group-commit.ts';
import { LogFlusher } from '../append/log-flusher.ts';
import { toError } from '../append/log-writer.ts';
import { UnsyncedBudget } from '../append/unsynced-budget.ts';
import { makeFolderDurably } from '../files/atomic-file.ts';
import type { OffsetCheckpoint } from '../files/checkpoint-file.ts';
import { CheckpointWriter } from '../files/checkpoint-writer.ts';
import type { LogManagerSettings } from '../log-manager-settings.ts';
import type { LogOwner, OwnedLog } from '../log-owner.ts';
import { logName } from '../log-types.ts';
import type { StorageContext } from '../storage-context.ts';
import { CLEAN_SHUTDOWN_FILE } from './clean-shutdown-file.ts';
import { DiskSpace } from './disk-space.ts';
import { takenOutName } from './folder-kind.ts';
import {
  checkpointOf,
  deletedBeforeOf,
  LOG_START_OFFSET_CHECKPOINT,
  type OffsetOf,
  RECOVERY_POINT_CHECKPOINT,
  readCheckpoint,
  recoveryPointOf,
} from './log-dir-checkpoints.ts';
import { closeLogDir } from './log-dir-closing.ts';
import { type LoadDirOptions, loadLogDir } from './log-dir-loader.ts';
import { LogDirPlace } from './log-dir-place.ts';
import { META_PROPERTIES_FILE } from './meta-properties.ts';
import { createLog, isObstructed, type NewLog } from './new-log.ts';

/** A disk that cannot keep up makes somebody wait many times a second. */
const SLOW_DISK_RATE = { lines: 1, windowMs: 60_000 };

/** A log that another topic of the same name, or damage, keeps from being used. */
export class LogUnusableError extends Error {
  override name = 'LogUnusableError';
}

export interface LogDirPorts {
  readonly context: StorageContext;
  readonly settings: () => LogManagerSettings;
  /** It is offline from now on, and so are its logs. */
  readonly onFailure: (dir: LogDir, error: Error) => void;
  /** No file handle is free, here or anywhere. */
  readonly onOutOfHandles: (error: Error) => void;
}

/**
 * One directory of log.dirs: its lock, its logs and what they share of the disk, its checkpoints. An I/O error
 * takes it out of use until the next start.
 */
export class LogDir implements LogOwner {
  readonly path: string;
  /** KIP-858's id; known once the directory was looked at. */
  id: string | undefined;
  readonly logs = new Map<string, OwnedLog>();
  /** Partitions whose folder could not be loaded, and why; they are not made anew. */
  readonly unusable = new Map<string, Error>();
  /** Folders that have a partition's name and hold nothing of one; they are left alone. */
  readonly hollow: string[] = [];
  readonly space: DiskSpace;
  readonly unsynced: UnsyncedBudget;
  readonly #context: StorageContext;
  readonly #ports: LogDirPorts;
  readonly #place: LogDirPlace;
  readonly #checkpoints: CheckpointWriter;
  readonly #complaints: Complaints;
  /** Syncs that somebody waits for. */
  readonly #commits: GroupCommit;
  /** Syncs that nobody waits for. */
  readonly #flusher: LogFlusher;
  #lock: FolderLock | undefined;
  #failure: Error | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(path: string, ports: LogDirPorts) {
    const { context, settings } = ports;
    const { fileSystem, clock, logger } = context;
    this.path = path;
    this.#ports = ports;
    this.#context = context;
    this.#place = new LogDirPlace(fileSystem, path);
    this.#checkpoints = new CheckpointWriter(fileSystem);
    this.#complaints = new Complaints(clock, logger);
    const reservedBytes = () => settings().reservedBytes;
    this.space = new DiskSpace({ path, fileSystem, clock, logger, reservedBytes });
    this.unsynced = new UnsyncedBudget({
      limitBytes: () => settings().maxUnsyncedBytes,
      freeBytes: () => settings().backgroundFlushBytes,
      onWait: () => this.#warnOfSlowDisk(),
    });
    this.#commits = new GroupCommit(context.syncs);
    this.#flusher = new LogFlusher(clock, settings);
  }

  /** Why it is offline; undefined in good health. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Makes the folder where it is missing. */
  make(): void {
    try {
      makeFolderDurably(this.#context.fileSystem, this.path);
    } catch (error) {
      this.fail(toError(withSentence(error, { path: this.path })));
    }
  }

  /**
   * `onLost`: later on, another process has taken it over. Rejects with FolderLockedError and
   * FolderNamedTwiceError; any other failure is the directory's own.
   */
  async takeLock(locker: FolderLocker | undefined, onLost: (error: Error) => void): Promise<void> {
    if (this.#failure) return;
    const { fileSystem, logger } = this.#context;
    try {
      const isKnown = fileSystem.stat(this.file(META_PROPERTIES_FILE)) !== undefined;
      const isClosed = fileSystem.stat(this.file(CLEAN_SHUTDOWN_FILE)) !== undefined;
      this.#lock = await locker?.lock(this.path, {
        mayBeInUse: isKnown && !isClosed,
        tell: (text) => logger.warn({ logDir: this.path }, text),
        onLost,
      });
    } catch (error) {
      if (error instanceof FolderLockedError || error instanceof FolderNamedTwiceError) throw error;
      this.fail(toError(withSentence(error, { path: this.path })));
    }
  }

  /** Throws FolderLockedError where another process has it. */
  assertHeld(): void {
    if (!this.#failure) this.#lock?.assertHeld();
  }

  /** From now on it has to be this folder, with these of the files. */
  watch(files: readonly string[]): void {
    this.#place.watch(files);
  }

  /** Loads every log, and recovers those that were not closed in order. */
  async load(options: LoadDirOptions, before: () => void): Promise<void> {
    if (this.#failure) return;
    try {
      before();
      const { hasStrayOffsets } = await loadLogDir(
        this.#context,
        { owner: this, into: this },
        options,
      );
      for (const log of this.logs.values()) {
        if (log.recoveryPoint < log.logEndOffset) this.written(log);
      }
      // Those of a topic whose deletion was interrupted: a new one of its name must not take them over.
      if (hasStrayOffsets) await this.checkpoint();
    } catch (error) {
      this.fail(toError(withSentence(error, { path: this.path })));
    }
    if (!this.#failure) this.space.check();
  }

  /** Everything is loaded: syncs in the background begin. */
  start(): void {
    this.#flusher.start();
  }

  /** Makes an empty log. Throws LogUnusableError, and what the disk throws. */
  create(wanted: NewLog): OwnedLog {
    if (!this.isInPlace()) throw this.#failure;
    const name = logName(wanted.topic, wanted.partition);
    try {
      const log = createLog(this.#context, this, wanted);
      this.logs.set(name, log);
      return log;
    } catch (error) {
      if (isObstructed(this.#context.fileSystem, this.path, name)) {
        throw new LogUnusableError(
          `${this.file(name)} is a file, or a link that leads nowhere, where the folder of ${name} should be; move it away, and start the broker again`,
        );
      }
      this.diskFailed(toError(error));
      throw error;
    }
  }

  /** The log is not used any more, and its folder has another name; the new path. Throws what the disk throws. */
  takeOut(log: OwnedLog, suffix: 'delete' | 'stray'): string {
    const { fileSystem, handles, random } = this.#context;
    this.#flusher.forget(log);
    log.goOffline(new Error(`${log.name} is deleted`));
    handles.closeUnder(log.folder);
    const path = this.file(takenOutName(log, random.bytes(16).toString('hex'), suffix));
    try {
      fileSystem.rename(log.folder, path);
    } catch (error) {
      this.diskFailed(toError(error));
      throw error;
    }
    this.logs.delete(log.name);
    return path;
  }

  written(log: OwnedLog): void {
    this.#flusher.written(log);
  }

  commit(log: OwnedLog): void {
    this.#commits.join(log);
  }

  async logStartOffsetMoved(): Promise<Error | undefined> {
    try {
      await this.#write(LOG_START_OFFSET_CHECKPOINT, deletedBeforeOf);
      return undefined;
    } catch (error) {
      const cause = toError(error);
      this.diskFailed(cause);
      return cause;
    }
  }

  /** Where the files of one log were taken away, and the directory is there, the others go on. */
  failed(log: OwnedLog, error: Error): void {
    if (!isGone(error) || !this.isInPlace()) {
      this.diskFailed(error);
      return;
    }
    this.#flusher.forget(log);
    const { name: partition, logStartOffset, logEndOffset } = log;
    const gone =
      error instanceof FileGoneError
        ? error
        : new FileGoneError(
            `a file was removed from ${partition} while it was in use (${error.message})`,
            { cause: error },
          );
    this.#context.logger.error(
      { log: partition, error, logStartOffset, logEndOffset },
      `${partition} goes offline, ${logStartOffset < logEndOffset ? `with the offsets ${logStartOffset} to ${logEndOffset - 1}` : 'without records'}: ${gone.message}; put the file back, or start the broker again without it`,
    );
    log.goOffline(gone);
  }

  /** Whether it is still what was opened; where it is not, it goes offline. */
  isInPlace(): boolean {
    if (this.#failure) return false;
    try {
      const problem = this.#place.problem();
      if (problem) this.fail(problem);
    } catch (error) {
      this.diskFailed(toError(error));
    }
    return !this.#failure;
  }

  /** Want of space or handles passes, and what failed is tried again; everything else is final. */
  diskFailed(error: Error): void {
    if (isOutOfSpace(error)) this.space.exhausted(error);
    else if (isOutOfHandles(error)) this.#ports.onOutOfHandles(error);
    else this.fail(error);
  }

  /** Out of use until the next start. */
  fail(error: Error): void {
    if (this.#failure || this.#state === 'closed') return;
    this.#failure = error;
    this.space.stop();
    this.#context.logger.error(
      { logDir: this.path, error, logs: this.logs.size },
      `log directory ${this.path} failed and goes offline: ${error.message}`,
    );
    for (const log of this.logs.values()) {
      this.#flusher.forget(log);
      log.goOffline(error);
    }
    this.#ports.onFailure(this, error);
  }

  /** What does not work, a sentence for each. */
  troubles(): string[] {
    if (this.#failure) return [`log directory ${this.path} is offline: ${this.#failure.message}`];
    const found: string[] = [];
    if (this.space.isLow) found.push(`producers must wait: ${this.space.reason}`);
    const offline = [...this.logs.values()].filter((log) => log.failure);
    const [first] = offline;
    if (first?.failure) {
      const count = offline.length === 1 ? '1 partition' : `${offline.length} partitions`;
      found.push(
        `${count} of ${this.path} offline, ${first.name} for one: ${first.failure.message}`,
      );
    }
    return found;
  }

  #warnOfSlowDisk(): void {
    const megabytes = Math.round(this.unsynced.bytes / 1024 / 1024);
    this.#complaints.warn(
      { about: this.path, kind: 'slow disk', rate: SLOW_DISK_RATE },
      { logDir: this.path },
      `the disk of ${this.path} is behind: ${megabytes} MB are written and not synced, the most there may be (log.unsynced.max.bytes), so producers of its busiest partitions wait`,
    );
  }

  /** Empty where there is no such file, or (with a log line) none that can be read. */
  readCheckpoint(name: string): OffsetCheckpoint {
    const { fileSystem, logger } = this.#context;
    return readCheckpoint(fileSystem, logger, this.file(name));
  }

  /** Keeps an offset of each log in the file, atomically; a failure is the directory's. */
  async writeCheckpoint(name: string, offsetOf: OffsetOf): Promise<void> {
    if (this.#state !== 'open' || !this.isInPlace()) return;
    try {
      await this.#write(name, offsetOf);
    } catch (error) {
      this.diskFailed(toError(error));
    }
  }

  async checkpoint(): Promise<void> {
    await this.writeCheckpoint(RECOVERY_POINT_CHECKPOINT, recoveryPointOf);
    await this.writeCheckpoint(LOG_START_OFFSET_CHECKPOINT, deletedBeforeOf);
  }

  #write(name: string, offsetOf: OffsetOf): Promise<void> {
    return this.writeFile(name, () => checkpointOf(this.logs, offsetOf));
  }

  /** Replaces a small file, the newest text winning. Rejects with what the disk throws. */
  writeFile(name: string, text: () => string): Promise<void> {
    return this.#checkpoints.write(this.file(name), text);
  }

  /** Nothing is synced or written in the background any more: what is left is written by `close`, once. */
  async stop(): Promise<void> {
    await this.#flusher.stop();
    this.#state = 'closing';
    await this.#checkpoints.settle();
  }

  /** Writes and syncs everything, writes the checkpoints, marks the stop clean. */
  async close(): Promise<void> {
    this.space.stop();
    if (this.#failure) return;
    try {
      await closeLogDir(this.#context.fileSystem, this);
    } catch (error) {
      this.fail(toError(error));
    }
  }

  /** Its logs answer nothing any more, and another process may have it. */
  async release(): Promise<void> {
    this.#state = 'closed';
    for (const log of this.logs.values()) log.goOffline(new Error('The broker has stopped'));
    try {
      await this.#lock?.release();
    } catch (error) {
      // The end of the process gives it up too, where the disk does not even take this any more.
      this.#context.logger.warn({ logDir: this.path, error }, 'could not give up the lock');
    }
  }
}
