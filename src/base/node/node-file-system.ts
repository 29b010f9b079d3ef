import * as fs from 'node:fs';
import type { File, FileStat, FileSystem, VolumeSpace } from '../file-system.ts';
import { makeFolder } from './make-folder.ts';

/** The most buffers one `pwritev` takes (IOV_MAX); the runtime refuses or cuts longer lists. */
const BUFFERS_PER_WRITE = 1024;

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** The system's error of a read does not say of which file. */
function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && !('path' in error)) Object.assign(error, { path });
  return error;
}

function naming<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw withPath(error, path);
  }
}

/** The real disk. */
export class NodeFileSystem implements FileSystem {
  open(path: string, mode: 'read' | 'write' | 'create'): File {
    const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants;
    const flags = { read: O_RDONLY, write: O_RDWR, create: O_RDWR | O_CREAT }[mode];
    return new NodeFile(path, fs.openSync(path, flags));
  }

  readFile(path: string): Buffer {
    return naming(path, () => fs.readFileSync(path));
  }

  writeFile(path: string, data: Uint8Array | string): void {
    fs.writeFileSync(path, data);
  }

  makeFolder(path: string): void {
    makeFolder(path);
  }

  list(path: string): string[] {
    return fs.readdirSync(path).sort();
  }

  stat(path: string): FileStat | undefined {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (!stat) return undefined;
    const { size, mtimeMs } = stat;
    return { size, modifiedMs: mtimeMs, isFolder: stat.isDirectory(), id: idOf(stat) };
  }

  rename(from: string, to: string): void {
    fs.renameSync(from, to);
  }

  removeFile(path: string): void {
    try {
      fs.unlinkSync(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  removeFolder(path: string): void {
    fs.rmSync(path, { recursive: true, force: true });
  }

  async erase(path: string): Promise<void> {
    try {
      await fs.promises.unlink(path);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return;
      // What systems say of a folder.
      if (code !== 'EISDIR' && code !== 'EPERM') throw error;
      if (!(await isFolder(path))) throw error;
      await fs.promises.rmdir(path);
    }
  }

  syncFolder(path: string): void {
    // Windows can't open a folder for syncing; its file systems keep names durable themselves.
    if (process.platform === 'win32') return;
    const fd = fs.openSync(path, fs.constants.O_RDONLY);
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  space(path: string): Promise<VolumeSpace> {
    return new Promise((resolve, reject) => {
      fs.statfs(path, (error, stat) => {
        if (error) reject(error);
        else resolve({ freeBytes: stat.bavail * stat.bsize, totalBytes: stat.blocks * stat.bsize });
      });
    });
  }
}

export const nodeFileSystem = new NodeFileSystem();

class NodeFile implements File {
  readonly path: string;
  readonly #fd: number;
  #id: string | undefined;
  #running = 0;
  #closing = false;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  size(): number {
    return fs.fstatSync(this.#open()).size;
  }

  id(): string {
    this.#id ??= idOf(fs.fstatSync(this.#open()));
    return this.#id;
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const fd = this.#open();
    return naming(this.path, () => fs.readSync(fd, target, targetOffset, length, position));
  }

  read(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.#onThreadPool((done) =>
      fs.read(this.#fd, target, targetOffset, length, position, done),
    );
  }

  writeSync(buffers: readonly Uint8Array[], position: number): void {
    const fd = this.#open();
    writeFully(buffers, position, (some, at) =>
      some.length === 1
        ? fs.writeSync(fd, some[0]!, 0, some[0]!.length, at)
        : fs.writevSync(fd, some, at),
    );
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#open(), size);
  }

  async sync(): Promise<void> {
    await this.#onThreadPool<void>((done) => fs.fdatasync(this.#fd, (error) => done(error)));
  }

  syncSync(): void {
    fs.fdatasyncSync(this.#open());
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#running === 0) closeDescriptor(this.#fd);
  }

  #open(): number {
    if (this.#closing) throw closedError(this.path);
    return this.#fd;
  }

  /** The descriptor stays open while the thread pool uses it: its number could be another file's. */
  #onThreadPool<T>(start: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closing) throw closedError(this.path);
      this.#running++;
      start((error, result) => {
        this.#running--;
        if (this.#closing && this.#running === 0) closeDescriptor(this.#fd);
        if (error) reject(withPath(error, this.path));
        else resolve(result as T);
      });
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await fs.promises.lstat(path)).isDirectory();
}

function idOf({ dev, ino }: fs.Stats): string {
  return `${dev}:${ino}`;
}

/** The last one to close a file that has no name any more frees its bytes: that is for the thread pool. */
function closeDescriptor(fd: number): void {
  if (fs.fstatSync(fd).nlink > 0) fs.closeSync(fd);
  else fs.close(fd, () => undefined);
}

function closedError(path: string): Error {
  return Object.assign(new Error(`EBADF: ${path} is closed`), { code: 'EBADF' });
}

/**
 * Calls `write` until all bytes are taken: it gets at most 1024 buffers and may take fewer bytes than
 * they hold, as a write to a nearly full disk does. Throws when it takes none.
 */
export function writeFully(
  buffers: readonly Uint8Array[],
  position: number,
  write: (buffers: readonly Uint8Array[], position: number) => number,
): void {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    const some = rest.length > BUFFERS_PER_WRITE ? rest.slice(0, BUFFERS_PER_WRITE) : rest;
    let size = 0;
    for (const buffer of some) size += buffer.length;
    const written = size === 0 ? 0 : write(some, at);
    if (written === 0 && size > 0) {
      throw Object.assign(new Error('EIO: the disk took no bytes'), { code: 'EIO' });
    }
    at += written;
    if (written === size) {
      if (some === rest) return;
      rest = rest.slice(some.length);
    } else {
      rest = dropBytes(rest, written);
    }
  }
}

function dropBytes(buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let left = count;
  let index = 0;
  while (left >= buffers[index]!.length) left -= buffers[index++]!.length;
  const rest = buffers.slice(index);
  rest[0] = rest[0]!.subarray(left);
  return rest;
}
