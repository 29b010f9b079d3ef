import { EntryTable } from './entry-table.ts';

const ENTRY_SIZE = 8;

export interface OffsetPosition {
  offset: number;
  position: number;
}

/**
 * Where batches lie in a segment's file, one entry every index.interval.bytes: the last offset of a
 * batch relative to the segment's base (int32) and the batch's position (int32), both ascending.
 */
export class OffsetIndex {
  readonly baseOffset: number;
  readonly table: EntryTable;

  constructor(baseOffset: number, bytes?: Buffer) {
    this.baseOffset = baseOffset;
    this.table = new EntryTable(ENTRY_SIZE, bytes);
  }

  /** Whether `count` entries are all that a file of `maxBytes` holds. */
  isFull(maxBytes: number): boolean {
    return this.table.count >= Math.floor(maxBytes / ENTRY_SIZE);
  }

  /** The entry with the largest offset at or below `offset`, or the segment's start. */
  lookup(offset: number): OffsetPosition {
    const { bytes } = this.table;
    const relative = offset - this.baseOffset;
    return this.#entry(this.table.lastAtOrBelow((at) => bytes.readInt32BE(at) <= relative));
  }

  last(): OffsetPosition {
    return this.#entry(this.table.count - 1);
  }

  /** Ignored unless `offset` is beyond the last entry's. */
  append(offset: number, position: number): void {
    if (this.table.count > 0 && offset <= this.last().offset) return;
    const at = this.table.push();
    this.table.bytes.writeInt32BE(offset - this.baseOffset, at);
    this.table.bytes.writeInt32BE(position, at + 4);
  }

  /** Drops the entries at or beyond `offset`. */
  truncateTo(offset: number): void {
    const { bytes } = this.table;
    const relative = offset - this.baseOffset;
    this.table.truncate(this.table.lastAtOrBelow((at) => bytes.readInt32BE(at) < relative) + 1);
  }

  /**
   * Drops everything from the first entry that cannot be right (not ascending, or beyond
   * `fileSize`): zeros that a crash left behind the last entry, or noise. Whether it dropped any.
   */
  dropInvalid(fileSize: number): boolean {
    const { bytes, count } = this.table;
    let offset = -1;
    let position = -1;
    for (let index = 0; index < count; index++) {
      const nextOffset = bytes.readInt32BE(index * ENTRY_SIZE);
      const nextPosition = bytes.readInt32BE(index * ENTRY_SIZE + 4);
      if (nextOffset <= offset || nextPosition <= position || nextPosition >= fileSize) {
        this.table.truncate(index);
        return true;
      }
      offset = nextOffset;
      position = nextPosition;
    }
    return false;
  }

  #entry(index: number): OffsetPosition {
    if (index < 0) return { offset: this.baseOffset, position: 0 };
    const at = index * ENTRY_SIZE;
    return {
      offset: this.baseOffset + this.table.bytes.readInt32BE(at),
      position: this.table.bytes.readInt32BE(at + 4),
    };
  }
}
