import { assert } from '../assert.ts';

/** What a disk loses whole: a sector is written or it is not. */
const SECTOR_BYTES = 512;

type Change =
  | { kind: 'write'; position: number; data: Buffer }
  | { kind: 'truncate'; size: number };

/**
 * How much of what was never synced survives: everything (the process died, the machine lives on),
 * nothing, a prefix of each file's changes with the last one torn (`torn`), or any sectors of any of
 * them, in whatever order the disk liked (`scattered`).
 */
export type CrashSurvival = 'all' | 'none' | 'torn' | 'scattered';

/** Bytes that grow at the end without being copied each time. */
class Bytes {
  #bytes: Buffer = Buffer.alloc(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get view(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  set(bytes: Buffer): void {
    this.#bytes = Buffer.from(bytes);
    this.#size = bytes.length;
  }

  apply(change: Change): void {
    if (change.kind === 'write') this.put(change.data, change.position);
    else this.resize(change.size);
  }

  put(data: Buffer, position: number): void {
    if (position + data.length > this.#size) this.resize(position + data.length);
    data.copy(this.#bytes, position);
  }

  resize(size: number): void {
    assert(size >= 0, 'a file size is not negative');
    if (size > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(size, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    } else if (size < this.#size) {
      this.#bytes.fill(0, size, this.#size);
    }
    this.#size = size;
  }
}

/**
 * A file's bytes: what a reader sees now, and what the disk holds for certain. The difference is the
 * list of changes since the last sync, of which a crash keeps a part.
 */
export class SimInode {
  modifiedMs: number;
  readonly #seen = new Bytes();
  readonly #durable = new Bytes();
  #unsynced: Change[] = [];
  /** Changes that are durable, of all there ever were: the number of the first in `#unsynced`. */
  #syncedChanges = 0;

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }

  get size(): number {
    return this.#seen.size;
  }

  get unsyncedChanges(): number {
    return this.#unsynced.length;
  }

  /** A copy of everything. */
  contents(): Buffer {
    return Buffer.from(this.#seen.view);
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    if (position >= this.size) return 0;
    const end = Math.min(position + length, this.size);
    target.set(this.#seen.view.subarray(position, end), targetOffset);
    return end - position;
  }

  write(data: Uint8Array, position: number): void {
    if (data.length === 0) return;
    const copy = Buffer.from(data);
    this.#seen.put(copy, position);
    this.#unsynced.push({ kind: 'write', position, data: copy });
  }

  truncate(size: number): void {
    this.#seen.resize(size);
    this.#unsynced.push({ kind: 'truncate', size });
  }

  /** All changes so far, for `sync`: one that takes a while covers what was there when it began. */
  get changes(): number {
    return this.#syncedChanges + this.#unsynced.length;
  }

  /** The first `upTo` changes are on the disk. */
  sync(upTo = this.changes): void {
    const count = upTo - this.#syncedChanges;
    if (count <= 0) return;
    for (const change of this.#unsynced.splice(0, count)) this.#durable.apply(change);
    this.#syncedChanges = upTo;
  }

  /**
   * Goes back to what the disk holds: `keep(n)` chooses how many of n units survive. Where all does,
   * only a process died: the system's memory still has what was not synced, and may still lose it.
   */
  crash(survival: CrashSurvival, keep: (unitCount: number) => number): void {
    if (survival === 'all') return;
    const changes = this.#unsynced;
    this.#unsynced = [];
    this.#syncedChanges += changes.length;
    this.#seen.set(this.#durable.view);
    if (survival === 'torn') this.#applyTorn(changes, keep);
    else if (survival === 'scattered') this.#applyScattered(changes, keep);
    if (survival !== 'none') this.#durable.set(this.#seen.view);
  }

  #applyTorn(changes: readonly Change[], keep: (unitCount: number) => number): void {
    const whole = keep(changes.length);
    for (const change of changes.slice(0, whole)) this.#seen.apply(change);
    const torn = changes[whole];
    if (torn?.kind === 'write') {
      const sectors = keep(Math.ceil(torn.data.length / SECTOR_BYTES));
      this.#seen.put(torn.data.subarray(0, sectors * SECTOR_BYTES), torn.position);
    }
  }

  /** Sectors that did not arrive read as zeros where the file was made longer behind them. */
  #applyScattered(changes: readonly Change[], keep: (unitCount: number) => number): void {
    for (const change of changes) {
      if (keep(3) === 0) continue;
      if (change.kind === 'truncate') {
        this.#seen.resize(change.size);
        continue;
      }
      const { data, position } = change;
      const loses = keep(1) === 0;
      for (let at = 0; at < data.length; ) {
        // A sector is a place of the disk, not of the write.
        const end = Math.min(data.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
        if (!loses || keep(2) > 0) this.#seen.put(data.subarray(at, end), position + at);
        at = end;
      }
    }
  }
}
