import { posix } from 'node:path';
import type { File, FileStat, FileSystem, VolumeSpace } from '../file-system.ts';
import type { Random } from '../random.ts';
import { type CrashSurvival, SimInode } from './sim-file.ts';
import {
  change,
  changesOf,
  crashFolder,
  type Entry,
  newFolder,
  type SimFolder,
  syncNames,
} from './sim-folder.ts';

export type FileOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'makeFolder'
  | 'list'
  | 'syncFolder';

/** Returns the code of the error an operation shall fail with, or undefined to let it pass. */
export type FaultHook = (operation: FileOperation, path: string) => string | undefined;

/** What a volume without a limit calls its size. */
const UNLIMITED_VOLUME_BYTES = 2 ** 40;

export interface SimFileSystemOptions {
  /** Time of last modification; the constant 0 by default. */
  now?: () => number;
  /** Writes beyond it fail with ENOSPC, after a part was written as on a real disk. No limit by default. */
  capacityBytes?: number;
  /** When thread-pool reads and syncs finish; by default as soon as promises run. */
  defer?: (finish: () => void) => void;
}

/**
 * A disk in memory that knows what was synced. `crash` brings back what the disk would hold; `fault`
 * makes any operation fail. Paths are POSIX paths; relative ones count from the root.
 */
export class SimFileSystem implements FileSystem {
  /** Asked before every operation. */
  fault: FaultHook = () => undefined;
  capacityBytes: number;
  /** Names of a folder survive a crash in the order of their changes, as on ext4, XFS and Btrfs. */
  isJournaled = false;
  readonly now: () => number;
  readonly #defer: (finish: () => void) => void;
  readonly #root: SimFolder = newFolder();
  #generation = 0;
  readonly #ids = new WeakMap<object, string>();
  #nextId = 1;

  constructor(options: SimFileSystemOptions = {}) {
    this.now = options.now ?? (() => 0);
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.#defer = options.defer ?? ((finish) => queueMicrotask(finish));
  }

  /**
   * The machine loses power: open files are gone, and of what was not synced survive all, nothing or
   * (with `random`) a part: some of the changes of each folder's names, each whole, in or out of
   * order; of each file's changes a prefix (`torn`) or any sectors (`scattered`).
   */
  crash(survival: CrashSurvival, random?: Random): void {
    if ((survival === 'torn' || survival === 'scattered') && !random) {
      throw new Error(`a ${survival} crash needs randomness`);
    }
    this.#generation++;
    const keep = (count: number) => random?.int(count + 1) ?? 0;
    const { isJournaled } = this;
    crashFolder(this.#root, survival, keep, { isJournaled, seen: new Set() });
  }

  /** Every file under `path` with its bytes, for comparisons. */
  files(path = '/'): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    const walk = (folder: SimFolder, at: string) => {
      for (const name of [...folder.names.keys()].sort()) {
        const entry = folder.names.get(name)!;
        const full = posix.join(at, name);
        if (entry.kind === 'folder') walk(entry, full);
        else found.set(full, entry.inode.contents());
      }
    };
    const start = this.#find(path);
    if (start?.kind === 'folder') walk(start, path);
    return found;
  }

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    this.check('open', path);
    const { folder, name } = this.#parent(path);
    let entry = folder.names.get(name);
    if (!entry && mode === 'create') {
      entry = { kind: 'file', inode: new SimInode(this.now()) };
      change(folder, [[name, entry]]);
    }
    if (!entry) throw fileError('ENOENT', path);
    if (entry.kind === 'folder') {
      if (mode === 'read') return new SimFolderHandle(this, path, entry);
      throw fileError('EISDIR', path);
    }
    return new SimFile(this, path, entry.inode, mode !== 'read');
  }

  readFile(path: string): Buffer {
    this.check('open', path);
    this.check('read', path);
    const entry = this.#find(path);
    if (!entry) throw fileError('ENOENT', path);
    if (entry.kind === 'folder') throw fileError('EISDIR', path);
    return entry.inode.contents();
  }

  writeFile(path: string, data: Uint8Array | string): void {
    const file = this.open(path, 'create');
    file.truncate(0);
    file.writeSync([typeof data === 'string' ? Buffer.from(data) : data], 0);
    file.close();
  }

  makeFolder(path: string): void {
    this.check('makeFolder', path);
    let folder = this.#root;
    for (const name of parts(path)) {
      let entry = folder.names.get(name);
      if (!entry) {
        entry = newFolder();
        change(folder, [[name, entry]]);
      }
      if (entry.kind !== 'folder') throw fileError('EEXIST', path);
      folder = entry;
    }
  }

  list(path: string): string[] {
    this.check('list', path);
    return [...this.#folder(path).names.keys()].sort();
  }

  stat(path: string): FileStat | undefined {
    const entry = this.#find(path);
    if (!entry) return undefined;
    if (entry.kind === 'folder') {
      return { size: 0, modifiedMs: 0, isFolder: true, id: this.idOf(entry) };
    }
    const { inode } = entry;
    return {
      size: inode.size,
      modifiedMs: inode.modifiedMs,
      isFolder: false,
      id: this.idOf(inode),
    };
  }

  /** The identity of a file's bytes, or of a folder. */
  idOf(inode: object): string {
    const known = this.#ids.get(inode);
    if (known !== undefined) return known;
    const id = `sim:${this.#nextId++}`;
    this.#ids.set(inode, id);
    return id;
  }

  rename(from: string, to: string): void {
    this.check('rename', from);
    const source = this.#parent(from);
    const target = this.#parent(to);
    const entry = source.folder.names.get(source.name);
    if (!entry) throw fileError('ENOENT', from);
    const replaced = target.folder.names.get(target.name);
    if (replaced?.kind === 'folder' && replaced.names.size > 0) throw fileError('ENOTEMPTY', to);
    if (source.folder === target.folder) {
      change(source.folder, [
        [source.name, undefined],
        [target.name, entry],
      ]);
      return;
    }
    change(source.folder, [[source.name, undefined]]);
    change(target.folder, [[target.name, entry]]);
  }

  removeFile(path: string): void {
    this.check('remove', path);
    const folder = this.#find(posix.dirname(posix.resolve('/', path)));
    const name = posix.basename(path);
    if (folder?.kind !== 'folder') return;
    if (folder.names.get(name)?.kind === 'folder') throw fileError('EISDIR', path);
    if (folder.names.has(name)) change(folder, [[name, undefined]]);
  }

  removeFolder(path: string): void {
    this.check('remove', path);
    const folder = this.#find(posix.dirname(posix.resolve('/', path)));
    const name = posix.basename(path);
    if (folder?.kind === 'folder' && folder.names.has(name)) change(folder, [[name, undefined]]);
  }

  async erase(path: string): Promise<void> {
    await this.later(path, () => {
      this.check('remove', path);
      const folder = this.#find(posix.dirname(posix.resolve('/', path)));
      const name = posix.basename(path);
      if (folder?.kind !== 'folder') return;
      const entry = folder.names.get(name);
      if (!entry) return;
      if (entry.kind === 'folder' && entry.names.size > 0) throw fileError('ENOTEMPTY', path);
      change(folder, [[name, undefined]]);
    });
  }

  syncFolder(path: string): void {
    this.check('syncFolder', path);
    const folder = this.#folder(path);
    syncNames(folder, changesOf(folder));
  }

  async space(): Promise<VolumeSpace> {
    const totalBytes = Math.min(this.capacityBytes, UNLIMITED_VOLUME_BYTES);
    return { freeBytes: Math.max(0, totalBytes - this.usedBytes()), totalBytes };
  }

  /** Bytes that writes may still add. */
  room(): number {
    const limit = this.capacityBytes;
    return limit === Number.POSITIVE_INFINITY ? limit : Math.max(0, limit - this.usedBytes());
  }

  /** Throws what the fault hook asks for. */
  check(operation: FileOperation, path: string): void {
    const code = this.fault(operation, path);
    if (code !== undefined) throw fileError(code, path);
  }

  /** Runs `work` where the thread pool would, unless the machine crashed meanwhile. */
  later<T>(path: string, work: () => T): Promise<T> {
    const generation = this.#generation;
    return new Promise((resolve, reject) => {
      this.#defer(() => {
        try {
          if (generation !== this.#generation) throw fileError('EBADF', path);
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  get generation(): number {
    return this.#generation;
  }

  usedBytes(): number {
    const sizeOf = (folder: SimFolder): number => {
      let total = 0;
      for (const entry of folder.names.values()) {
        total += entry.kind === 'folder' ? sizeOf(entry) : entry.inode.size;
      }
      return total;
    };
    return sizeOf(this.#root);
  }

  #find(path: string): Entry | undefined {
    let entry: Entry = this.#root;
    for (const name of parts(path)) {
      if (entry.kind !== 'folder') return undefined;
      const next = entry.names.get(name);
      if (!next) return undefined;
      entry = next;
    }
    return entry;
  }

  #folder(path: string): SimFolder {
    const entry = this.#find(path);
    if (!entry) throw fileError('ENOENT', path);
    if (entry.kind !== 'folder') throw fileError('ENOTDIR', path);
    return entry;
  }

  #parent(path: string): { folder: SimFolder; name: string } {
    const full = posix.resolve('/', path);
    return { folder: this.#folder(posix.dirname(full)), name: posix.basename(full) };
  }
}

class SimFile implements File {
  readonly path: string;
  readonly #disk: SimFileSystem;
  readonly #inode: SimInode;
  readonly #writable: boolean;
  readonly #generation: number;
  #closed = false;

  constructor(disk: SimFileSystem, path: string, inode: SimInode, writable: boolean) {
    this.path = path;
    this.#disk = disk;
    this.#inode = inode;
    this.#writable = writable;
    this.#generation = disk.generation;
  }

  size(): number {
    this.#checkOpen();
    return this.#inode.size;
  }

  id(): string {
    return this.#disk.idOf(this.#inode);
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#checkOpen();
    this.#disk.check('read', this.path);
    return this.#inode.read(target, targetOffset, length, position);
  }

  async read(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number> {
    this.#checkOpen();
    return this.#disk.later(this.path, () => {
      this.#disk.check('read', this.path);
      return this.#inode.read(target, targetOffset, length, position);
    });
  }

  writeSync(buffers: readonly Uint8Array[], position: number): void {
    this.#checkWritable();
    this.#disk.check('write', this.path);
    let at = position;
    for (const buffer of buffers) {
      const growth = Math.max(0, at + buffer.length - this.#inode.size);
      const missing = growth === 0 ? 0 : growth - this.#disk.room();
      this.#inode.write(buffer.subarray(0, buffer.length - Math.max(0, missing)), at);
      this.#inode.modifiedMs = this.#disk.now();
      if (missing > 0) throw fileError('ENOSPC', this.path);
      at += buffer.length;
    }
  }

  truncate(size: number): void {
    this.#checkWritable();
    this.#disk.check('truncate', this.path);
    this.#inode.truncate(size);
    this.#inode.modifiedMs = this.#disk.now();
  }

  async sync(): Promise<void> {
    this.#checkOpen();
    const { changes } = this.#inode;
    await this.#disk.later(this.path, () => {
      this.#disk.check('sync', this.path);
      this.#inode.sync(changes);
    });
  }

  syncSync(): void {
    this.#checkOpen();
    this.#disk.check('sync', this.path);
    this.#inode.sync();
  }

  close(): void {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed || this.#generation !== this.#disk.generation) {
      throw fileError('EBADF', this.path);
    }
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (!this.#writable) throw fileError('EBADF', this.path);
  }
}

/** A folder opened like a file, which is how it is synced on the thread pool. */
class SimFolderHandle implements File {
  readonly path: string;
  readonly #disk: SimFileSystem;
  readonly #folder: SimFolder;

  constructor(disk: SimFileSystem, path: string, folder: SimFolder) {
    this.path = path;
    this.#disk = disk;
    this.#folder = folder;
  }

  size(): number {
    return 0;
  }

  id(): string {
    return this.#disk.idOf(this.#folder);
  }

  readSync(): number {
    throw fileError('EISDIR', this.path);
  }

  async read(): Promise<number> {
    throw fileError('EISDIR', this.path);
  }

  writeSync(): void {
    throw fileError('EBADF', this.path);
  }

  truncate(): void {
    throw fileError('EBADF', this.path);
  }

  async sync(): Promise<void> {
    const upTo = changesOf(this.#folder);
    await this.#disk.later(this.path, () => {
      this.#disk.check('syncFolder', this.path);
      syncNames(this.#folder, upTo);
    });
  }

  syncSync(): void {
    this.#disk.check('syncFolder', this.path);
    syncNames(this.#folder, changesOf(this.#folder));
  }

  close(): void {}
}

function parts(path: string): string[] {
  return posix
    .resolve('/', path)
    .split('/')
    .filter((part) => part !== '');
}

function fileError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path} (simulated)`), { code, path });
}
