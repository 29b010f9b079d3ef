import type { File, FileStat, FileSystem, VolumeSpace } from '../base/file-system.ts';
import { MemoryFileBytes } from './memory-file-bytes.ts';

interface Folder {
  readonly kind: 'folder';
  readonly entries: Map<string, Entry>;
}
type Entry = Folder | { readonly kind: 'file'; readonly bytes: MemoryFileBytes };

/** What the volume claims to have: memory runs out elsewhere. */
const VOLUME_BYTES = 2 ** 40;

/**
 * A disk in memory, for brokers whose data need not outlive them. Unlike the simulated one it keeps no
 * history, so it costs the bytes once. Syncing does nothing: what was written is as durable as it gets.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #now: () => number;
  readonly #root: Folder = { kind: 'folder', entries: new Map() };
  readonly #ids = new WeakMap<object, string>();
  #nextId = 1;

  constructor(now: () => number) {
    this.#now = now;
  }

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    const bytes = this.#file(path, mode === 'create');
    const isWritable = mode !== 'read';
    return new MemoryFile(path, bytes, { now: this.#now, isWritable, id: this.#idOf(bytes) });
  }

  readFile(path: string): Buffer {
    return this.#file(path, false).contents();
  }

  writeFile(path: string, data: Uint8Array | string): void {
    const bytes = this.#file(path, true);
    bytes.truncate(0);
    bytes.write(typeof data === 'string' ? Buffer.from(data) : data, 0);
    bytes.modifiedMs = this.#now();
  }

  makeFolder(path: string): void {
    let folder = this.#root;
    for (const name of namesOf(path)) {
      let entry = folder.entries.get(name);
      if (!entry) {
        entry = { kind: 'folder', entries: new Map() };
        folder.entries.set(name, entry);
      }
      if (entry.kind !== 'folder') throw fileError('EEXIST', path);
      folder = entry;
    }
  }

  list(path: string): string[] {
    return [...this.#folder(path).entries.keys()].sort();
  }

  stat(path: string): FileStat | undefined {
    const entry = this.#find(namesOf(path));
    if (!entry) return undefined;
    if (entry.kind === 'folder') {
      return { size: 0, modifiedMs: 0, isFolder: true, id: this.#idOf(entry) };
    }
    const { size, modifiedMs } = entry.bytes;
    return { size, modifiedMs, isFolder: false, id: this.#idOf(entry.bytes) };
  }

  #idOf(inode: object): string {
    const known = this.#ids.get(inode);
    if (known !== undefined) return known;
    const id = `memory:${this.#nextId++}`;
    this.#ids.set(inode, id);
    return id;
  }

  rename(from: string, to: string): void {
    const source = this.#parent(from);
    const target = this.#parent(to);
    const entry = source.folder.entries.get(source.name);
    if (!entry) throw fileError('ENOENT', from);
    const replaced = target.folder.entries.get(target.name);
    if (replaced?.kind === 'folder' && replaced.entries.size > 0) throw fileError('ENOTEMPTY', to);
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, entry);
  }

  removeFile(path: string): void {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    const folder = this.#find(names);
    if (folder?.kind !== 'folder') return;
    if (folder.entries.get(name)?.kind === 'folder') throw fileError('EISDIR', path);
    folder.entries.delete(name);
  }

  removeFolder(path: string): void {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    const folder = this.#find(names);
    if (folder?.kind === 'folder') folder.entries.delete(name);
  }

  async erase(path: string): Promise<void> {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    const folder = this.#find(names);
    if (folder?.kind !== 'folder') return;
    const entry = folder.entries.get(name);
    if (entry?.kind === 'folder' && entry.entries.size > 0) throw fileError('ENOTEMPTY', path);
    folder.entries.delete(name);
  }

  syncFolder(path: string): void {
    this.#folder(path);
  }

  async space(): Promise<VolumeSpace> {
    return { freeBytes: VOLUME_BYTES, totalBytes: VOLUME_BYTES };
  }

  #file(path: string, create: boolean): MemoryFileBytes {
    const { folder, name } = this.#parent(path);
    let entry = folder.entries.get(name);
    if (!entry && create) {
      entry = { kind: 'file', bytes: new MemoryFileBytes(this.#now()) };
      folder.entries.set(name, entry);
    }
    if (!entry) throw fileError('ENOENT', path);
    if (entry.kind === 'folder') throw fileError('EISDIR', path);
    return entry.bytes;
  }

  #find(names: readonly string[]): Entry | undefined {
    let entry: Entry | undefined = this.#root;
    for (const name of names) {
      if (entry?.kind !== 'folder') return undefined;
      entry = entry.entries.get(name);
    }
    return entry;
  }

  #folder(path: string): Folder {
    return this.#folderAt(namesOf(path), path);
  }

  #parent(path: string): { folder: Folder; name: string } {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    return { folder: this.#folderAt(names, path), name };
  }

  #folderAt(names: readonly string[], path: string): Folder {
    const entry = this.#find(names);
    if (!entry) throw fileError('ENOENT', path);
    if (entry.kind !== 'folder') throw fileError('ENOTDIR', path);
    return entry;
  }
}

class MemoryFile implements File {
  readonly path: string;
  readonly #bytes: MemoryFileBytes;
  readonly #now: () => number;
  readonly #isWritable: boolean;
  readonly #id: string;
  #closed = false;

  constructor(
    path: string,
    bytes: MemoryFileBytes,
    { now, isWritable, id }: { now: () => number; isWritable: boolean; id: string },
  ) {
    this.path = path;
    this.#bytes = bytes;
    this.#now = now;
    this.#isWritable = isWritable;
    this.#id = id;
  }

  size(): number {
    this.#checkOpen();
    return this.#bytes.size;
  }

  id(): string {
    return this.#id;
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#checkOpen();
    return this.#bytes.read(target.subarray(targetOffset, targetOffset + length), position);
  }

  async read(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.readSync(target, targetOffset, length, position);
  }

  writeSync(buffers: readonly Uint8Array[], position: number): void {
    this.#checkWritable();
    let at = position;
    for (const buffer of buffers) {
      this.#bytes.write(buffer, at);
      at += buffer.length;
    }
    this.#bytes.modifiedMs = this.#now();
  }

  truncate(size: number): void {
    this.#checkWritable();
    this.#bytes.truncate(size);
    this.#bytes.modifiedMs = this.#now();
  }

  async sync(): Promise<void> {
    this.#checkOpen();
  }

  syncSync(): void {
    this.#checkOpen();
  }

  close(): void {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw fileError('EBADF', this.path);
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (!this.#isWritable) throw fileError('EBADF', this.path);
  }
}

/** Both kinds of separators, since paths are joined as the platform does; a drive is just a name. */
function namesOf(path: string): string[] {
  return path.split(/[\\/]+/).filter((name) => name !== '' && name !== '.');
}

function fileError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path} (in memory)`), { code, path });
}
