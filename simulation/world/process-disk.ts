import type { File, FileStat, FileSystem, VolumeSpace } from '../../src/base/file-system.ts';
import type { SimFileSystem } from '../../src/base/testing/sim-file-system.ts';
import type { SimProcess } from '../../src/base/testing/sim-loop.ts';

/** What a process gets that is dead already; nobody is there to see it. */
class ProcessIsDead extends Error {
  override name = 'ProcessIsDead';
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** A disk is this slow where the event loop waits for a sync; other calls are answered from memory. */
const SYNC_MS = 10;
const CALL_MS = 0.05;

/**
 * The disk as one process sees it. Dead, it changes nothing any more, and what it waited for never
 * comes.
 */
export class ProcessDisk implements FileSystem {
  readonly #disk: SimFileSystem;
  readonly #process: SimProcess;

  constructor(disk: SimFileSystem, process: SimProcess) {
    this.#disk = disk;
    this.#process = process;
  }

  /** For its files. */
  async whileAlive<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    let result: T;
    try {
      result = await work();
    } catch (error) {
      if (!this.#process.isAlive) return never<T>();
      throw error;
    }
    return this.#process.isAlive ? result : never<T>();
  }

  check(): void {
    if (!this.#process.isAlive) throw new ProcessIsDead();
    this.#process.work(CALL_MS);
  }

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    this.check();
    return new ProcessFile(this, this.#disk.open(path, mode));
  }

  readFile(path: string): Buffer {
    this.check();
    return this.#disk.readFile(path);
  }

  writeFile(path: string, data: Uint8Array | string): void {
    this.check();
    this.#disk.writeFile(path, data);
  }

  makeFolder(path: string): void {
    this.check();
    this.#disk.makeFolder(path);
  }

  list(path: string): string[] {
    this.check();
    return this.#disk.list(path);
  }

  stat(path: string): FileStat | undefined {
    this.check();
    return this.#disk.stat(path);
  }

  rename(from: string, to: string): void {
    this.check();
    this.#disk.rename(from, to);
  }

  removeFile(path: string): void {
    this.check();
    this.#disk.removeFile(path);
  }

  removeFolder(path: string): void {
    this.check();
    this.#disk.removeFolder(path);
  }

  erase(path: string): Promise<void> {
    return this.whileAlive(() => this.#disk.erase(path));
  }

  syncFolder(path: string): void {
    this.check();
    this.#process.work(SYNC_MS);
    this.#disk.syncFolder(path);
  }

  space(): Promise<VolumeSpace> {
    this.check();
    return this.#disk.space();
  }
}

class ProcessFile implements File {
  readonly path: string;
  readonly #owner: ProcessDisk;
  readonly #file: File;

  constructor(owner: ProcessDisk, file: File) {
    this.#owner = owner;
    this.#file = file;
    this.path = file.path;
  }

  size(): number {
    this.#owner.check();
    return this.#file.size();
  }

  id(): string {
    return this.#file.id();
  }

  readSync(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#owner.check();
    return this.#file.readSync(target, targetOffset, length, position);
  }

  read(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.#owner.whileAlive(() => this.#file.read(target, targetOffset, length, position));
  }

  writeSync(buffers: readonly Uint8Array[], position: number): void {
    this.#owner.check();
    this.#file.writeSync(buffers, position);
  }

  truncate(size: number): void {
    this.#owner.check();
    this.#file.truncate(size);
  }

  sync(): Promise<void> {
    return this.#owner.whileAlive(() => this.#file.sync());
  }

  syncSync(): void {
    this.#owner.check();
    this.#file.syncSync();
  }

  close(): void {
    this.#file.close();
  }
}
