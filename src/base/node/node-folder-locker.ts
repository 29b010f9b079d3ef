import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { type FolderLock, FolderLockedError, type FolderLocker } from '../folder-lock.ts';

/** Kafka's own name for it. */
export const LOCK_FILE = '.lock';

/** Who holds a folder, as its lock file says. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  /** Tells a process from a later one with the same id; empty where the system cannot tell. */
  readonly start: string;
}

/**
 * Locks folders for this process by a file that names the owner. A file whose owner is dead, or that
 * only shares the id of a living process (a restarted container is process 1 again), is taken over.
 */
export class NodeFolderLocker implements FolderLocker {
  readonly #held = new Set<string>();

  lock(folder: string): FolderLock {
    const path = join(resolve(folder), LOCK_FILE);
    mkdirSync(folder, { recursive: true });
    const owner: LockOwner = {
      pid: process.pid,
      host: hostname(),
      since: new Date().toISOString(),
      start: startOf(process.pid),
    };
    const text = `${JSON.stringify(owner)}\n`;
    for (let tries = 0; ; tries++) {
      try {
        writeFileSync(path, text, { flag: 'wx' });
        break;
      } catch (error) {
        if (!isExists(error)) throw error;
      }
      const found = readText(path);
      const holder = found === undefined ? undefined : parseOwner(found);
      const alive = holder && (holder.pid === process.pid ? this.#held.has(path) : isAlive(holder));
      if (holder && alive) throw new FolderLockedError(folder, ownerText(holder));
      if (tries > 10) throw new FolderLockedError(folder, 'a process that keeps taking it');
      if (found !== undefined) removeStale(path, found);
    }
    this.#held.add(path);
    return {
      release: () => {
        if (!this.#held.delete(path)) return;
        if (readText(path) === text) rmSync(path, { force: true });
      },
    };
  }
}

/** The living owner of a folder, or undefined. */
export function lockOwner(folder: string): LockOwner | undefined {
  const text = readText(join(folder, LOCK_FILE));
  const owner = text === undefined ? undefined : parseOwner(text);
  return owner && isAlive(owner) ? owner : undefined;
}

export function ownerText({ pid, host, since }: LockOwner): string {
  return `process ${pid} on ${host}, since ${since}`;
}

/** Moves the file away first: only one of several starters can, and it sees what it moved. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Another starter was first.
  }
  // Somebody took the folder between the look and the move: that lock holds.
  if (readText(aside) !== stale) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

function isAlive({ pid, start }: LockOwner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // No permission to signal it means that it is there.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = startOf(pid);
  return start === '' || now === '' || start === now;
}

/** Linux tells when a process began, in ticks since the boot. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold blanks; the start is the 20th field after it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== 'object' || found === null || !('pid' in found)) return undefined;
    const { pid, host, since, start } = found as Partial<LockOwner>;
    if (!Number.isSafeInteger(pid) || pid === undefined || pid < 1) return undefined;
    return { pid, host: host ?? 'this machine', since: since ?? 'unknown', start: start ?? '' };
  } catch {
    return undefined; // Kafka's own lock file is empty, and a torn one names nobody.
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
