export interface EpochEntry {
  epoch: number;
  /** Offset of the first record of the epoch. */
  startOffset: number;
}

/**
 * Which leader epoch began where (KIP-101), ascending in both. Changes set `dirty`; whoever saves
 * the entries clears it. An epoch without records is not worth a write: loading drops it anyway.
 */
export class LeaderEpochCache {
  #entries: readonly EpochEntry[];
  /** The latest epoch has no records yet. */
  #latestIsEmpty = false;
  dirty = false;

  /** Entries that contradict an earlier one drop it, as `assign` does. */
  constructor(entries: readonly EpochEntry[] = []) {
    this.#entries = [];
    for (const entry of entries) this.assign(entry.epoch, entry.startOffset);
    this.dirty = false;
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  /** -1 when none is known. */
  get latestEpoch(): number {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  /** A batch of `epoch` lies at `startOffset`; entries that this contradicts go. */
  assign(epoch: number, startOffset: number): void {
    if (epoch < 0) return;
    const latest = this.#entries.at(-1);
    if (!latest || latest.epoch !== epoch || startOffset < latest.startOffset) {
      this.#put(epoch, startOffset);
      this.dirty = true;
    } else if (this.#latestIsEmpty) this.dirty = true;
    this.#latestIsEmpty = false;
  }

  /** A leader of `epoch` takes over; its first record will lie at `endOffset`. */
  begin(epoch: number, endOffset: number): void {
    const latest = this.#entries.at(-1);
    if (epoch < 0 || (latest && latest.epoch === epoch && endOffset >= latest.startOffset)) return;
    this.#put(epoch, endOffset);
    this.#latestIsEmpty = true;
  }

  #put(epoch: number, startOffset: number): void {
    let count = this.#entries.length;
    while (
      count > 0 &&
      (this.#entries[count - 1]!.epoch >= epoch ||
        this.#entries[count - 1]!.startOffset >= startOffset)
    ) {
      count--;
    }
    if (this.#entries.slice(count).some((entry) => entry.startOffset < startOffset)) {
      this.dirty = true;
    }
    this.#entries = this.#entries.slice(0, count).concat({ epoch, startOffset });
  }

  /** The epoch that wrote `offset`, -1 when unknown. */
  epochOf(offset: number): number {
    let epoch = -1;
    for (const entry of this.#entries) {
      if (entry.startOffset > offset) break;
      epoch = entry.epoch;
    }
    return epoch;
  }

  /** The largest epoch at or below `epoch` and where it ends; both -1 when that is not known. */
  endOffsetOf(epoch: number, logEndOffset: number): { leaderEpoch: number; endOffset: number } {
    const unknown = { leaderEpoch: -1, endOffset: -1 };
    // Any other negative one lies before the first, as Kafka has it.
    if (epoch === -1) return unknown;
    if (epoch === this.latestEpoch) return { leaderEpoch: epoch, endOffset: logEndOffset };
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    if (next < 0) return unknown;
    // Before the first known epoch: that one did not write anything here, so it ends where it begins.
    return {
      leaderEpoch: next === 0 ? epoch : this.#entries[next - 1]!.epoch,
      endOffset: this.#entries[next]!.startOffset,
    };
  }

  /** The log now ends at `endOffset`: epochs that began there or later go. */
  truncateFromEnd(endOffset: number): void {
    const kept = this.#entries.filter((entry) => entry.startOffset < endOffset);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.#latestIsEmpty = false;
    this.dirty = true;
  }

  /** The log now starts at `startOffset`: the epoch that covers it begins there. */
  truncateFromStart(startOffset: number): void {
    let covering = -1;
    while (
      covering + 1 < this.#entries.length &&
      this.#entries[covering + 1]!.startOffset <= startOffset
    ) {
      covering++;
    }
    if (covering < 0 || (covering === 0 && this.#entries[0]!.startOffset === startOffset)) return;
    const epoch = this.#entries[covering]!.epoch;
    this.#entries = [{ epoch, startOffset }, ...this.#entries.slice(covering + 1)];
    this.dirty = true;
  }

  clear(): void {
    if (this.#entries.length > 0) this.dirty = true;
    this.#entries = [];
  }
}
