import type { OffsetIndex } from './offset-index.ts';
import type { TimeIndex } from './time-index.ts';

export interface SegmentIndexes {
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
}

/** Loaded indexes of closed segments, the least recently used dropped beyond a number of bytes. */
export class IndexCache {
  readonly #maxBytes: number;
  readonly #loaded = new Map<object, SegmentIndexes>();
  #bytes = 0;

  constructor(maxBytes = 64 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The owner's indexes, loaded when they are not there. */
  get(owner: object, load: () => SegmentIndexes): SegmentIndexes {
    const found = this.#loaded.get(owner);
    if (found) {
      this.#loaded.delete(owner);
      this.#loaded.set(owner, found);
      return found;
    }
    const indexes = load();
    this.#loaded.set(owner, indexes);
    this.#bytes += sizeOf(indexes);
    for (const other of this.#loaded.keys()) {
      if (this.#bytes <= this.#maxBytes || other === owner) break;
      this.drop(other);
    }
    return indexes;
  }

  drop(owner: object): void {
    const indexes = this.#loaded.get(owner);
    if (!indexes) return;
    this.#loaded.delete(owner);
    this.#bytes -= sizeOf(indexes);
  }
}

function sizeOf(indexes: SegmentIndexes): number {
  return indexes.offsets.table.capacityBytes + indexes.times.table.capacityBytes;
}
