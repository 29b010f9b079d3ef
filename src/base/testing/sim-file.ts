import { assert } from '../assert.ts';

/** What a disk loses whole: a sector is written or it is not. */
const SECTOR_BYTES = 512;

type Change =
  | { kind: 'write'; position: number; data: Buffer }
  | { kind: 'truncate'; size: number };

/** How much of what was never synced survives a crash. */
export type CrashSurvival = 'all' | 'none' | 'torn';

/**
 * A file's bytes: what a reader sees now, and what the disk holds for certain. The difference is the
 * list of changes since the last sync, of which a crash keeps any prefix, the last one torn.
 */
export class SimInode {
  modifiedMs: number;
  #bytes: Buffer = Buffer.alloc(0);
  #size = 0;
  #durable: Buffer = Buffer.alloc(0);
  #unsynced: Change[] = [];

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }

  get size(): number {
    return this.#size;
  }

  get unsyncedChanges(): number {
    return this.#unsynced.length;
  }

  /** A copy of everything. */
  contents(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#size));
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    if (position >= this.#size) return 0;
    const end = Math.min(position + length, this.#size);
    target.set(this.#bytes.subarray(position, end), targetOffset);
    return end - position;
  }

  write(data: Uint8Array, position: number): void {
    if (data.length === 0) return;
    const copy = Buffer.from(data);
    this.#put(copy, position);
    this.#unsynced.push({ kind: 'write', position, data: copy });
  }

  truncate(size: number): void {
    this.#resize(size);
    this.#unsynced.push({ kind: 'truncate', size });
  }

  sync(): void {
    if (this.#unsynced.length === 0) return;
    this.#durable = this.contents();
    this.#unsynced = [];
  }

  /** Goes back to what the disk holds: `keep(n)` chooses how many of n units survive. */
  crash(survival: CrashSurvival, keep: (unitCount: number) => number): void {
    const changes = this.#unsynced;
    this.#unsynced = [];
    if (survival !== 'all') {
      this.#bytes = Buffer.from(this.#durable);
      this.#size = this.#durable.length;
      if (survival === 'torn') this.#applyTorn(changes, keep);
    }
    this.#durable = this.contents();
  }

  #applyTorn(changes: readonly Change[], keep: (unitCount: number) => number): void {
    const whole = keep(changes.length);
    for (const change of changes.slice(0, whole)) this.#apply(change);
    const torn = changes[whole];
    if (torn?.kind === 'write') {
      const sectors = keep(Math.ceil(torn.data.length / SECTOR_BYTES));
      this.#put(torn.data.subarray(0, sectors * SECTOR_BYTES), torn.position);
    }
  }

  #apply(change: Change): void {
    if (change.kind === 'write') this.#put(change.data, change.position);
    else this.#resize(change.size);
  }

  #put(data: Buffer, position: number): void {
    if (position + data.length > this.#size) this.#resize(position + data.length);
    data.copy(this.#bytes, position);
  }

  #resize(size: number): void {
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
