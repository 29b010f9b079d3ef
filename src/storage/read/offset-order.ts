const MAX_RELATIVE_OFFSET = 2 ** 31 - 1;

/** Which batch must be wrong: the one looked at, or the one before it, which began at `position`. */
export type OrderProblem =
  | { readonly blamed: 'this'; readonly problem: string }
  | { readonly blamed: 'previous'; readonly position: number; readonly problem: string };

/**
 * Whether the offsets of a segment's batches follow each other. The base offset lies outside a
 * batch's checksum, so order is all that tells of damage to it. A gap alone is no sign: compaction
 * leaves gaps. A gap whose end is then gone back behind is, and the batch after the gap is the wrong one.
 */
export class OffsetOrder {
  readonly #baseOffset: number;
  /** Where the next batch may begin. */
  #nextOffset: number;
  /** What `#nextOffset` was before the last batch. */
  #previousNext: number;
  #previousPosition = -1;
  #previousLeftGap = false;
  #gaps = 0;

  constructor(baseOffset: number) {
    this.#baseOffset = baseOffset;
    this.#nextOffset = baseOffset;
    this.#previousNext = baseOffset;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Whether offsets are missing between the batches, or before the first. */
  get hasGaps(): boolean {
    return this.#gaps > 0;
  }

  /** Takes the last batch back, after it was blamed. Once; not twice in a row. */
  forgetLast(): void {
    this.#nextOffset = this.#previousNext;
    if (this.#previousLeftGap) this.#gaps--;
    this.#previousLeftGap = false;
  }

  /** Takes a batch; undefined when it may be here. One that may not is not taken. */
  take(batch: {
    baseOffset: number;
    lastOffset: number;
    position: number;
  }): OrderProblem | undefined {
    const { baseOffset, lastOffset, position } = batch;
    if (baseOffset < this.#nextOffset) {
      if (this.#previousLeftGap && baseOffset >= this.#previousNext) {
        return {
          blamed: 'previous',
          position: this.#previousPosition,
          problem: `its offsets end at ${this.#nextOffset - 1}, and offset ${baseOffset} comes next`,
        };
      }
      const problem = `offset ${baseOffset} comes after ${this.#nextOffset - 1}`;
      return { blamed: 'this', problem };
    }
    if (lastOffset - this.#baseOffset > MAX_RELATIVE_OFFSET) {
      const problem = `offset ${lastOffset} is too far from the segment's base offset`;
      return { blamed: 'this', problem };
    }
    this.#previousNext = this.#nextOffset;
    this.#previousPosition = position;
    this.#previousLeftGap = baseOffset > this.#nextOffset;
    if (this.#previousLeftGap) this.#gaps++;
    this.#nextOffset = lastOffset + 1;
    return undefined;
  }
}
