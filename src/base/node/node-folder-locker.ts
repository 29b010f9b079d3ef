import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import { join } from 'node:path';
import { type FolderLock, FolderLockedError, type FolderLocker } from '../folder-lock.ts';
import { makeFolder } from './make-folder.ts';

/** Names the owner to people and to `sluice stop`; Kafka's own lock file has this name too. */
export const LOCK_FILE = '.lock';

/** Held by listening on it: the kernel lets go of it when the process ends, however it ends. */
const SOCKET_FILE = '.lock.socket';

/** Serializes those who found a dead owner's socket. */
const TAKEOVER_FOLDER = '.lock.takeover';
/** A takeover is a few system calls; one this old belongs to a process that died in it. */
const STALE_TAKEOVER_MS = 10_000;

const ANSWER_TIMEOUT_MS = 2_000;

/** What LOCK_FILE holds while the folder is owned. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Locks a folder by listening on a Unix socket inside it. Unlike a file with a process id it cannot be
 * left behind by a crash and then be mistaken for a living owner, nor be taken from a living owner in
 * another container, whose process ids mean nothing here.
 */
export class NodeFolderLocker implements FolderLocker {
  async lock(folder: string): Promise<FolderLock> {
    makeFolder(folder);
    const path = join(folder, LOCK_FILE);
    const kafka = kernelLockHolder(path);
    if (kafka !== undefined) throw new FolderLockedError(folder, `process ${kafka}`);
    const owner = { pid: process.pid, host: os.hostname(), since: new Date().toISOString() };
    let server: net.Server | undefined = await hold(folder, owner);
    fs.writeFileSync(path, `${JSON.stringify(owner)}\n`);
    return {
      async release() {
        const held = server;
        if (!held) return;
        server = undefined;
        fs.writeFileSync(path, '');
        await new Promise((resolve) => held.close(resolve));
      },
    };
  }
}

/**
 * The living owner of a folder, or undefined. It is asked, not looked up: after a crash the process id
 * in the lock file may long be somebody else's.
 */
export async function lockOwner(folder: string): Promise<LockOwner | undefined> {
  if (!fs.existsSync(folder)) return undefined;
  const answer = await withShortPath(folder, ask);
  if (answer === undefined) return undefined;
  return parseOwner(answer) ?? readOwner(folder);
}

export function ownerText({ pid, host, since }: LockOwner): string {
  return `process ${pid} on ${host}, since ${since}`;
}

async function hold(folder: string, owner: LockOwner): Promise<net.Server> {
  return withShortPath(folder, async (path) => {
    const first = await listen(path, owner);
    if (first) return first;
    await refuseIfAlive(folder, path);
    const takeover = join(folder, TAKEOVER_FOLDER);
    if (!makeTakeover(takeover)) throw new FolderLockedError(folder, 'a process just starting');
    try {
      // Again, now that nobody else can take over.
      await refuseIfAlive(folder, path);
      fs.rmSync(path, { force: true });
      const server = await listen(path, owner);
      if (!server) throw new FolderLockedError(folder, 'a process just starting');
      return server;
    } finally {
      fs.rmSync(takeover, { recursive: true, force: true });
    }
  });
}

/**
 * A Unix socket's path has about 100 bytes, a folder's may be longer. On Linux the folder's descriptor
 * stands in for it; elsewhere the path is used as it is.
 */
async function withShortPath<T>(folder: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, SOCKET_FILE);
  if (process.platform !== 'linux' || Buffer.byteLength(path) < 100) return use(path);
  const descriptor = fs.openSync(folder, 'r');
  try {
    return await use(`/proc/self/fd/${descriptor}/${SOCKET_FILE}`);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The listening server, or undefined when the path is taken. */
function listen(path: string, owner: LockOwner): Promise<net.Server | undefined> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify(owner));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => {
      // Holding the lock alone must not keep a process alive.
      server.unref();
      resolve(server);
    });
  });
}

async function refuseIfAlive(folder: string, path: string): Promise<void> {
  const answer = await ask(path);
  if (answer === undefined) return;
  // One that listens and does not answer is alive all the same.
  const owner = parseOwner(answer) ?? readOwner(folder);
  throw new FolderLockedError(folder, owner ? ownerText(owner) : 'another process');
}

/** What the owner says of itself ('' for nothing); undefined when nobody listens. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    let text = '';
    let isConnected = false;
    socket.setEncoding('utf8').setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(isConnected ? text : undefined));
  });
}

/** False when somebody else is at it. */
function makeTakeover(path: string): boolean {
  try {
    fs.mkdirSync(path);
    return true;
  } catch {
    const since = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since < STALE_TAKEOVER_MS) return false;
    fs.rmSync(path, { recursive: true, force: true });
    fs.mkdirSync(path);
    return true;
  }
}

/**
 * A Kafka broker holds a record lock on the lock file. Node cannot ask for such locks, but Linux lists
 * them: the process that holds one, undefined when there is none or nothing can be known.
 */
function kernelLockHolder(path: string): number | undefined {
  try {
    const { ino } = fs.statSync(path);
    for (const line of fs.readFileSync('/proc/locks', 'utf8').split('\n')) {
      // "1: POSIX  ADVISORY  WRITE 1234 fe:01:5678 0 EOF"
      const [, , , , pid, file] = line.trim().split(/\s+/);
      if (file?.endsWith(`:${ino}`) && Number(pid) > 0) return Number(pid);
    }
  } catch {
    // No such file yet, or not Linux.
  }
  return undefined;
}

function readOwner(folder: string): LockOwner | undefined {
  try {
    return parseOwner(fs.readFileSync(join(folder, LOCK_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Kafka's own lock file is empty, and a torn one names nobody. */
function parseOwner(text: string): LockOwner | undefined {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== 'object' || found === null) return undefined;
    const { pid, host, since } = found as Partial<LockOwner>;
    if (!Number.isSafeInteger(pid) || pid === undefined || pid < 1) return undefined;
    return { pid, host: host ?? 'this machine', since: since ?? 'unknown' };
  } catch {
    return undefined;
  }
}
