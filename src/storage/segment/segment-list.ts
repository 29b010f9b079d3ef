import { assert } from '../../base/assert.ts';
import type { Segment } from './segment.ts';

/** A log's segments by base offset; never empty. The last one is active. */
export class SegmentList {
  #segments: Segment[];

  constructor(segments: readonly Segment[]) {
    assert(segments.length > 0, 'a log has a segment');
    this.#segments = [...segments];
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get count(): number {
    return this.#segments.length;
  }

  get first(): Segment {
    return this.#segments[0]!;
  }

  get active(): Segment {
    return this.#segments.at(-1)!;
  }

  get sizeInBytes(): number {
    let size = 0;
    for (const segment of this.#segments) size += segment.sizeInBytes;
    return size;
  }

  /** The segment that `offset` belongs to: the last whose base is at or below it, else the first. */
  floor(offset: number): Segment {
    return this.#segments[this.#floorIndex(offset)]!;
  }

  /** From the segment that `offset` belongs to on. */
  from(offset: number): readonly Segment[] {
    return this.#segments.slice(this.#floorIndex(offset));
  }

  after(segment: Segment): Segment | undefined {
    const next = this.#segments[this.#floorIndex(segment.baseOffset) + 1];
    return next;
  }

  has(segment: Segment): boolean {
    return this.floor(segment.baseOffset) === segment;
  }

  add(segment: Segment): void {
    assert(segment.baseOffset > this.active.baseOffset, 'segments ascend');
    this.#segments.push(segment);
  }

  /** Takes the `count` oldest out; one at least stays. */
  removeFirst(count: number): Segment[] {
    assert(count < this.#segments.length, 'a log keeps a segment');
    return this.#segments.splice(0, count);
  }

  /** Takes the segments out that begin at or beyond `offset`, all but the first segment. */
  removeFrom(offset: number): Segment[] {
    let index = this.#segments.length;
    while (index > 1 && this.#segments[index - 1]!.baseOffset >= offset) index--;
    return this.#segments.splice(index);
  }

  /** Takes the active segment out and puts `segment` in its place. */
  replaceActive(segment: Segment): Segment {
    const removed = this.#segments.pop()!;
    this.#segments.push(segment);
    return removed;
  }

  /** Takes all out and puts `segment` in their place. */
  replaceAll(segment: Segment): Segment[] {
    const removed = this.#segments;
    this.#segments = [segment];
    return removed;
  }

  /** Whether `run` is here, one behind the other, without the active segment. */
  hasRun(run: readonly Segment[]): boolean {
    const index = this.#segments.indexOf(run[0]!);
    if (index < 0 || index + run.length >= this.#segments.length) return false;
    return run.every((segment, place) => this.#segments[index + place] === segment);
  }

  /** Puts `segment` in the place of a run of closed ones that begins where it does. */
  replaceRun(run: readonly Segment[], segment: Segment): void {
    assert(this.hasRun(run), 'the segments to be replaced are here');
    assert(run[0]!.baseOffset === segment.baseOffset, 'the segment begins where they do');
    this.#segments.splice(this.#segments.indexOf(run[0]!), run.length, segment);
  }

  #floorIndex(offset: number): number {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#segments[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
