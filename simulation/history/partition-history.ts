import { mustHold } from '../violation.ts';
import { identify, recordId, recordKey } from './record-id.ts';

export interface ReadRecord {
  readonly offset: number;
  readonly value: string;
}

interface KnownProducer {
  readonly isIdempotent: boolean;
  /** Records 0 to `sent` - 1 were sent, in this order. */
  sent: number;
}

export interface PartitionHistoryOptions {
  /** `<topic>-<partition>` */
  readonly name: string;
  /** Retention may delete old records at any time. */
  readonly mayExpire: boolean;
  /** Records may go where a later one has their key. */
  readonly isCompacted: boolean;
}

const keyOf = (value: string): string => recordKey(value.slice(0, value.lastIndexOf('#')));

/** What clients know about a partition: who sent what, what was acknowledged, what was read where. */
export class PartitionHistory {
  readonly name: string;
  readonly options: PartitionHistoryOptions;
  readonly #producers = new Map<string, KnownProducer>();
  /** The record at an offset, as an acknowledgement or a read told. */
  #known = new Map<number, string>();
  readonly #acknowledged = new Set<number>();
  /** Records below it were deleted on request, or might have been. */
  #deletedTo = 0;
  /** Below this nothing may come back. */
  #deletedForGood = 0;
  #losses = 0;

  constructor(options: PartitionHistoryOptions) {
    this.name = options.name;
    this.options = options;
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  /** One past the last offset of which anything is known. */
  get knownEnd(): number {
    let end = 0;
    for (const offset of this.#known.keys()) end = Math.max(end, offset + 1);
    return end;
  }

  /** How many power cuts may have taken records of which something was known. */
  get losses(): number {
    return this.#losses;
  }

  addProducer(name: string, isIdempotent: boolean): void {
    this.#producers.set(name, { isIdempotent, sent: 0 });
  }

  sending(producer: string, count: number): void {
    this.#producers.get(producer)!.sent += count;
  }

  acknowledged(producer: string, first: number, count: number, baseOffset: number): void {
    for (let index = 0; index < count; index++) {
      this.#learn(baseOffset + index, recordId(producer, first + index), 'acknowledged');
      this.#acknowledged.add(baseOffset + index);
    }
  }

  /** DeleteRecords was asked for: from now on these may be gone. */
  deleting(beforeOffset: number): void {
    this.#deletedTo = Math.max(this.#deletedTo, beforeOffset);
  }

  /** DeleteRecords was answered: nothing below comes back, whatever happens. */
  deletedForGood(beforeOffset: number): void {
    this.#deletedForGood = Math.max(this.#deletedForGood, beforeOffset);
  }

  /** The log start offset that somebody saw. */
  checkStart(logStartOffset: number): void {
    if (this.options.mayExpire) this.deleting(logStartOffset);
    mustHold(
      logStartOffset <= this.#deletedTo,
      () => `${this.name} starts at ${logStartOffset}, but was deleted to ${this.#deletedTo} only`,
    );
  }

  /** Records as they were read, beginning at `fromOffset` and with nothing left out up to `toOffset`. */
  read(records: readonly ReadRecord[], fromOffset: number, toOffset: number): void {
    let expected = fromOffset;
    for (const { offset, value } of records) {
      mustHold(offset >= expected, () => `${this.name} reads ${offset} after ${expected - 1}`);
      this.#checkSkipped(expected, offset);
      const who = identify(value);
      const producer = who && this.#producers.get(who.producer);
      mustHold(
        who !== undefined && producer !== undefined && who.number < producer.sent,
        () => `${this.name} has at ${offset} what nobody sent: "${value}"`,
      );
      this.#learn(offset, recordId(who.producer, who.number), 'read');
      expected = offset + 1;
    }
    this.#checkSkipped(expected, toOffset);
  }

  /** All records from the log start to the end: order of producers, and none twice. */
  checkAll(records: readonly ReadRecord[], logStartOffset: number, endOffset: number): void {
    this.checkStart(logStartOffset);
    this.read(records, logStartOffset, endOffset);
    if (this.options.isCompacted) this.#checkKeys(records, endOffset);
    const lastOf = new Map<string, number>();
    for (const { offset, value } of records) {
      const who = identify(value);
      if (!who) continue;
      const last = lastOf.get(who.producer);
      lastOf.set(who.producer, who.number);
      if (last === undefined) continue;
      const id = recordId(who.producer, who.number);
      mustHold(
        who.number > last,
        () => `${this.name} has ${id} at ${offset}, after number ${last} of the same producer`,
      );
      const isGapless = this.#producers.get(who.producer)?.isIdempotent && !this.#mayHaveGaps;
      mustHold(
        !isGapless || who.number === last + 1,
        () => `${this.name} misses number ${last + 1} of ${who.producer} before offset ${offset}`,
      );
    }
  }

  /**
   * The broker is back with this log. `mayLose`: a power cut under a policy that promises nothing of
   * what was not synced. How many acknowledged records are gone.
   */
  restarted(at: { logStartOffset: number; logEndOffset: number }, mayLose: boolean): number {
    const { name } = this;
    mustHold(
      at.logStartOffset >= this.#deletedForGood,
      () => `${name} starts at ${at.logStartOffset}, but was deleted to ${this.#deletedForGood}`,
    );
    let forgotten = 0;
    for (const [offset, id] of this.#known) {
      if (offset < at.logEndOffset || offset < this.#deletedTo) continue;
      const how = this.#acknowledged.has(offset) ? 'acknowledged' : 'read';
      mustHold(
        mayLose,
        () => `${name} ends at ${at.logEndOffset}, but ${id} was ${how} at ${offset}`,
      );
      this.#known.delete(offset);
      if (this.#acknowledged.delete(offset)) forgotten++;
    }
    if (mayLose) {
      this.#losses++;
      // What was deleted may come back; the offsets beyond the end are given out again.
      this.#deletedTo = Math.max(at.logStartOffset, Math.min(this.#deletedTo, at.logEndOffset));
      for (const offset of this.#known.keys()) {
        if (offset >= at.logEndOffset) this.#known.delete(offset);
      }
    }
    if (at.logEndOffset < this.#deletedTo) this.#deletedTo = Math.max(0, at.logEndOffset);
    if (!this.options.mayExpire) this.checkStart(at.logStartOffset);
    else this.deleting(at.logStartOffset);
    return forgotten;
  }

  get #mayHaveGaps(): boolean {
    // The sequence of an idempotent producer may miss what was lost.
    return this.#losses > 0 || this.options.isCompacted;
  }

  #learn(offset: number, id: string, how: string): void {
    const known = this.#known.get(offset);
    mustHold(
      known === undefined || known === id,
      () => `${this.name} has ${id} at ${offset} (${how}), where ${known} was before`,
    );
    this.#known.set(offset, id);
  }

  /** Offsets in [from, to) hold nothing: none of them may be known, unless it may have gone. */
  #checkSkipped(from: number, to: number): void {
    for (let offset = from; offset < to; offset++) {
      if (offset < this.#deletedTo) continue;
      // Whether a later record has its key is seen when all are read.
      if (this.options.isCompacted) continue;
      const id = this.#known.get(offset) ?? 'some record';
      mustHold(false, () => `${this.name} has nothing at ${offset}, where ${id} was`);
    }
  }

  /** What compaction took must have a successor of its key: the last known one is there. */
  #checkKeys(records: readonly ReadRecord[], endOffset: number): void {
    const lastOf = new Map<string, number>();
    for (const { offset, value } of records) lastOf.set(keyOf(value), offset);
    for (const [offset, id] of this.#known) {
      if (offset >= endOffset) continue;
      const last = lastOf.get(recordKey(id));
      mustHold(
        last !== undefined && last >= offset,
        () => `${this.name} lost ${id} at ${offset}, and nothing after it has its key`,
      );
    }
  }
}
