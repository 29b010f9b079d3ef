import * as fs from 'node:fs';
import { resolve } from 'node:path';
import {
  type FolderLock,
  FolderLockedError,
  type FolderLocker,
  FolderNamedTwiceError,
  type LockOptions,
} from '../folder-lock.ts';
import { HeldLock } from './held-lock.ts';
import { kernelLockHolder } from './kernel-locks.ts';
import { LOCK_FILE } from './lock-file.ts';
import { type FileIdentity, isSameFile } from './lock-record.ts';
import { defaultSettings, type LockHolder, type LockSettings } from './lock-settings.ts';
import { fileIdentity } from './lock-socket.ts';
import { Taking } from './lock-taking.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Locks a folder in two ways. First by listening on a Unix socket inside it: unlike a file with a process
 * id it cannot be left behind by a crash and be mistaken for a living owner, nor be taken from a living one
 * in another container. Where that cannot tell (the folder is seen through another mount or from another
 * machine, the socket was removed), by a record in the lock file: its owner looks after it all the time,
 * answers who asks through it, and stops writing when it finds another's name there.
 */
export class NodeFolderLocker implements FolderLocker {
  readonly #holder: LockHolder;
  readonly #settings: LockSettings;
  readonly #held = new Map<string, FileIdentity>();

  constructor(holder: LockHolder, settings: Partial<LockSettings> = {}) {
    this.#holder = holder;
    this.#settings = { ...defaultSettings(), ...settings };
  }

  async lock(path: string, options: LockOptions = {}): Promise<FolderLock> {
    // The working directory may be another one when the folder is given up.
    const folder = resolve(path);
    makeFolder(folder);
    const identity = fileIdentity(fs.realpathSync(folder));
    for (const [other, held] of this.#held) {
      if (isSameFile(held, identity)) throw new FolderNamedTwiceError(other, path);
    }
    const kafka = kernelLockHolder(`${folder}/${LOCK_FILE}`);
    if (kafka !== undefined) throw new FolderLockedError(path, `process ${kafka}`);
    if (identity) this.#held.set(path, identity);
    try {
      const taken = await new Taking(folder, path, this.#holder, this.#settings).take(options);
      const held = new HeldLock(taken, this.#settings, options);
      return {
        assertHeld: () => held.assertHeld(),
        release: async () => {
          this.#held.delete(path);
          await held.release();
        },
      };
    } catch (error) {
      this.#held.delete(path);
      throw error;
    }
  }
}
