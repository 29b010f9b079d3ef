/** Exclusive ownership of a folder among the processes of this machine, as a port. */
export interface FolderLocker {
  /**
   * Takes `folder`, which must exist, for this process; a dead owner's lock is taken over. Rejects
   * with FolderLockedError when a living process owns it, with Node's error when the folder cannot
   * be used.
   */
  lock(folder: string): Promise<FolderLock>;
}

export interface FolderLock {
  /** Idempotent. */
  release(): Promise<void>;
}

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
