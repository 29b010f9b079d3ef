import * as fs from 'node:fs';
import * as net from 'node:net';
import { join } from 'node:path';
import { type FileIdentity, isSameFile } from './lock-record.ts';

/** Held by listening on it: the kernel lets go of it when the process ends, however it ends. */
export const SOCKET_FILE = '.lock.socket';

const ANSWER_TIMEOUT_MS = 2_000;
const REQUEST_BYTES = 16;

/** The longest path of a socket that every system takes. */
const SOCKET_PATH_BYTES = 100;

export type LockRequest = 'who' | 'stop';

/** What came of asking a folder's socket. */
export type LockAnswer =
  /** There is no socket. */
  | { readonly kind: 'absent' }
  /** There is one, and nobody listens on it. */
  | { readonly kind: 'dead' }
  /** Somebody listens; `text` is what it says of itself, '' for nothing. */
  | { readonly kind: 'alive'; readonly text: string }
  /** Nobody can tell: this user may not ask. */
  | { readonly kind: 'barred'; readonly code: string };

/** Asks whoever listens on a folder's socket. It is another process, or another broker of this one. */
export async function askSocket(folder: string, request: LockRequest): Promise<LockAnswer> {
  const short = shortPath(folder, SOCKET_FILE);
  try {
    return await ask(short.path(SOCKET_FILE), request);
  } finally {
    short.close();
  }
}

/** A socket of ours that is not yet, or no longer, the one that others ask. */
export class LockSocket {
  readonly #folder: string;
  readonly #nonce: string;
  readonly #server: net.Server;
  readonly #short: ShortPath;
  readonly #open = new Set<net.Socket>();
  readonly identity: FileIdentity;

  /**
   * Listens in `folder` under a name of its own. Undefined where the file system has no sockets.
   * Rejects with the system's error when the folder cannot be written to.
   */
  static async open(
    folder: string,
    nonce: string,
    answer: (request: LockRequest) => string,
  ): Promise<LockSocket | undefined> {
    if (process.platform === 'win32') return undefined;
    const short = shortPath(folder, privateName(nonce));
    const open = new Set<net.Socket>();
    const server = net.createServer((socket) => serve(socket, open, answer));
    try {
      await listen(server, short.path(privateName(nonce)));
      // Who may ask for a stop: this user, and root.
      fs.chmodSync(join(folder, privateName(nonce)), 0o600);
      // Holding the lock alone must not keep a process alive.
      server.unref();
      return new LockSocket({ folder, nonce, server, short, open });
    } catch (error) {
      short.close();
      if (hasNoSockets(error)) return undefined;
      throw error;
    }
  }

  private constructor(parts: {
    folder: string;
    nonce: string;
    server: net.Server;
    short: ShortPath;
    open: Set<net.Socket>;
  }) {
    this.#folder = parts.folder;
    this.#nonce = parts.nonce;
    this.#server = parts.server;
    this.#short = parts.short;
    this.#open = parts.open;
    const identity = fileIdentity(join(parts.folder, privateName(parts.nonce)));
    if (!identity) throw new Error(`${join(parts.folder, privateName(parts.nonce))} is gone`);
    this.identity = identity;
  }

  /** Makes it the folder's socket, where there is none: it listens before anybody sees it. */
  publish(): 'published' | 'taken' {
    const from = join(this.#folder, privateName(this.#nonce));
    const to = join(this.#folder, SOCKET_FILE);
    try {
      fs.linkSync(from, to);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return 'taken';
      // No second names here. A rename would replace what is there, so look first.
      if (fileIdentity(to)) return 'taken';
      fs.renameSync(from, to);
      return 'published';
    }
    fs.rmSync(from, { force: true });
    return 'published';
  }

  /** Whether it is the one that others find. */
  get isPublished(): boolean {
    return isSameFile(fileIdentity(join(this.#folder, SOCKET_FILE)), this.identity);
  }

  async close(): Promise<void> {
    try {
      if (this.isPublished) fs.rmSync(join(this.#folder, SOCKET_FILE), { force: true });
      fs.rmSync(join(this.#folder, privateName(this.#nonce)), { force: true });
    } catch {
      // The folder is gone, or not ours to change any more: what is left is dead.
    }
    for (const socket of this.#open) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Not before: the server removes the path that it was given, which goes through the descriptor.
    this.#short.close();
  }
}

/**
 * Takes a dead owner's socket out of the way. It is moved first and looked at then: what is moved by
 * mistake, since another process was faster, goes back.
 */
export async function removeDeadSocket(folder: string, nonce: string): Promise<void> {
  const aside = `${privateName(nonce)}.dead`;
  const from = join(folder, SOCKET_FILE);
  const to = join(folder, aside);
  if (fs.lstatSync(from, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`${from} is a folder, where the lock's socket should be; move it away`);
  }
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const short = shortPath(folder, aside);
  try {
    const { kind } = await ask(short.path(aside), 'who');
    if (kind === 'alive' || kind === 'barred') fs.linkSync(to, from);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    short.close();
    fs.rmSync(to, { force: true });
  }
}

/** What starts that were killed left behind. */
export async function removeLitter(folder: string): Promise<void> {
  for (const name of fs.readdirSync(folder)) {
    if (!/^\.lock\.socket\.[0-9a-f]{16}(\.dead)?$/.test(name)) continue;
    const short = shortPath(folder, name);
    try {
      const { kind } = await ask(short.path(name), 'who');
      if (kind === 'dead') fs.rmSync(join(folder, name), { force: true });
    } finally {
      short.close();
    }
  }
}

export function fileIdentity(path: string): FileIdentity | undefined {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  return stat && { device: stat.dev, inode: stat.ino };
}

function privateName(nonce: string): string {
  return `${SOCKET_FILE}.${nonce.slice(0, 16)}`;
}

function serve(
  socket: net.Socket,
  open: Set<net.Socket>,
  answer: (request: LockRequest) => string,
): void {
  open.add(socket);
  let request = '';
  socket.setEncoding('utf8').setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
  socket.unref();
  socket.on('error', () => {});
  socket.on('close', () => open.delete(socket));
  socket.on('data', (chunk) => {
    request += String(chunk);
    const line = /^(who|stop)\n/.exec(request)?.[1];
    if (line === 'who' || line === 'stop') socket.end(answer(line), () => socket.destroy());
    else if (request.length > REQUEST_BYTES) socket.destroy();
  });
}

function ask(path: string, request: LockRequest): Promise<LockAnswer> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    let text = '';
    let failure: LockAnswer = { kind: 'alive', text };
    socket.setEncoding('utf8').setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.once('connect', () => socket.write(`${request}\n`));
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      failure = failedAnswer(error.code ?? '');
    });
    // One that listens and does not answer is alive all the same.
    socket.once('close', () => resolve(text === '' ? failure : { kind: 'alive', text }));
  });
}

function failedAnswer(code: string): LockAnswer {
  if (code === 'ENOENT') return { kind: 'absent' };
  if (code === 'ECONNREFUSED' || code === 'ENOTSOCK') return { kind: 'dead' };
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'barred', code };
  // Its queue is full, or it was there a moment ago.
  return { kind: 'alive', text: '' };
}

function listen(server: net.Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // In a worker of a cluster its primary would listen, and let every worker have it.
    server.listen({ path, exclusive: true }, resolve);
  });
}

/** Shared folders of virtual machines, Windows drives and others; the lock file has to do then. */
function hasNoSockets(error: unknown): boolean {
  const code = codeOf(error);
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENXIO'].includes(code ?? '');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

interface ShortPath {
  path(name: string): string;
  close(): void;
}

/**
 * A Unix socket's path has about 100 bytes, a folder's may be longer. On Linux the folder's descriptor
 * stands in for it; elsewhere the path is used as it is. The descriptor stays open as long as the path
 * is used: its number could become another folder's.
 */
function shortPath(folder: string, longestName: string): ShortPath {
  const isShort = Buffer.byteLength(join(folder, longestName)) + 5 < SOCKET_PATH_BYTES;
  if (process.platform !== 'linux' || isShort) {
    return { path: (name) => join(folder, name), close() {} };
  }
  let descriptor: number | undefined = fs.openSync(folder, 'r');
  return {
    path: (name) => `/proc/self/fd/${descriptor}/${name}`,
    close() {
      if (descriptor !== undefined) fs.closeSync(descriptor);
      descriptor = undefined;
    },
  };
}
