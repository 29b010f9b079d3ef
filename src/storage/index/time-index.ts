import { type Int64, readInt64, writeInt64 } from '../../base/int64.ts';
import { EntryTable } from './entry-table.ts';

const ENTRY_SIZE = 12;

export interface TimestampOffset {
  timestamp: Int64;
  offset: number;
}

/**
 * The largest timestamp so far (int64) and the last offset of the batch that brought it, relative to
 * the segment's base (int32). Both ascend. The last entry of a closed segment is its maximum.
 */
export class TimeIndex {
  readonly baseOffset: number;
  readonly table: EntryTable;

  constructor(baseOffset: number, bytes?: Buffer) {
    this.baseOffset = baseOffset;
    this.table = new EntryTable(ENTRY_SIZE, bytes);
  }

  /** One entry less than fits, since closing the segment adds the maximum. */
  isFull(maxBytes: number): boolean {
    return this.table.count >= Math.floor(maxBytes / ENTRY_SIZE) - 1;
  }

  /** The entry with the largest timestamp at or below `timestamp`, or the segment's start. */
  lookup(timestamp: Int64): TimestampOffset {
    const { bytes } = this.table;
    return this.#entry(this.table.lastAtOrBelow((at) => readInt64(bytes, at) <= timestamp));
  }

  last(): TimestampOffset {
    return this.#entry(this.table.count - 1);
  }

  /** Ignored unless `timestamp` is beyond the last entry's. */
  append(timestamp: Int64, offset: number): void {
    if (timestamp <= this.last().timestamp) return;
    const at = this.table.push();
    writeInt64(this.table.bytes, timestamp, at);
    this.table.bytes.writeInt32BE(offset - this.baseOffset, at + 8);
  }

  /** Drops the entries at or beyond `offset`. */
  truncateTo(offset: number): void {
    const { bytes } = this.table;
    const relative = offset - this.baseOffset;
    this.table.truncate(this.table.lastAtOrBelow((at) => bytes.readInt32BE(at + 8) < relative) + 1);
  }

  /** Drops everything from the first entry that cannot be right; whether it dropped any. */
  dropInvalid(): boolean {
    const { bytes, count } = this.table;
    let timestamp: Int64 = -1;
    let offset = -1;
    for (let index = 0; index < count; index++) {
      const nextTimestamp = readInt64(bytes, index * ENTRY_SIZE);
      const nextOffset = bytes.readInt32BE(index * ENTRY_SIZE + 8);
      if (nextTimestamp <= timestamp || nextOffset < Math.max(offset, 0)) {
        this.table.truncate(index);
        return true;
      }
      timestamp = nextTimestamp;
      offset = nextOffset;
    }
    return false;
  }

  #entry(index: number): TimestampOffset {
    if (index < 0) return { timestamp: -1, offset: this.baseOffset };
    const at = index * ENTRY_SIZE;
    return {
      timestamp: readInt64(this.table.bytes, at),
      offset: this.baseOffset + this.table.bytes.readInt32BE(at + 8),
    };
  }
}
