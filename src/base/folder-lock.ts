/** Exclusive ownership of a folder among all processes that can reach it, as a port. */
export interface FolderLocker {
  /**
   * Takes `folder`, which must exist, for this broker; a dead owner's lock is taken over. Rejects with
   * FolderLockedError when somebody living owns it, with FolderNamedTwiceError when this very locker
   * does, with the system's error when the folder cannot be used.
   */
  lock(folder: string, options?: LockOptions): Promise<FolderLock>;
}

export interface LockOptions {
  /**
   * There is data that nobody closed. Where no owner's name is left either, a living one may have had
   * its lock removed beneath it, and is given the time to say so.
   */
  readonly mayBeInUse?: boolean;
  /** Says why taking the folder needs seconds. */
  readonly tell?: (text: string) => void;
  /** Somebody else has the folder now. Nothing may be written to it any more. */
  readonly onLost?: (error: FolderLostError) => void;
}

export interface FolderLock {
  /**
   * Throws FolderLostError unless the folder was seen to be ours a moment ago. For every write: almost
   * always it compares two numbers.
   */
  assertHeld(): void;
  /** Idempotent. */
  release(): Promise<void>;
}

/** A lock for folders that nobody else can see. */
export const NO_LOCK: FolderLock = { assertHeld() {}, async release() {} };

/** Another process owns the folder. */
export class FolderLockedError extends Error {
  override name = 'FolderLockedError';
  readonly folder: string;
  /** Who holds it, for a person: process id, host, since when. */
  readonly owner: string;

  constructor(folder: string, owner: string) {
    super(`${folder} is in use by ${owner}`);
    this.folder = folder;
    this.owner = owner;
  }
}

/** One folder under two names. */
export class FolderNamedTwiceError extends Error {
  override name = 'FolderNamedTwiceError';

  constructor(first: string, second: string) {
    super(`log.dirs names one folder twice, as ${first} and as ${second}; name it once`);
  }
}

/** A folder that was ours is another's, or cannot be seen to be ours. */
export class FolderLostError extends Error {
  override name = 'FolderLostError';
}
