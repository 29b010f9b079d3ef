import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { BatchOptions, RecordInput } from '../../src/protocol/records/batch-builder.ts';
import type { OwnedLog } from '../../src/storage/log-owner.ts';
import type { FlushPolicy } from '../../src/storage/log-types.ts';
import { mustHold } from '../violation.ts';
import type { FoundRecord } from './read-log.ts';

export interface AppendedBatch {
  readonly records: readonly (RecordInput & { readonly value: string })[];
  readonly options: BatchOptions;
  firstOffset: number;
  isAcknowledged: boolean;
}

const PAD = 'the record is padded with a text of some length that differs from one to the next. ';

/** One partition's log, and what is known of it from outside. */
export class StoredPartition {
  readonly index: number;
  readonly topicId: string;
  log!: OwnedLog;
  #wasOpened = false;
  readonly #random: SimRandom;
  /** What was appended since, in order; what a start no longer has is taken out. */
  #batches: AppendedBatch[] = [];
  #nextValue = 0;
  #sequence = 0;
  #producerId: number;
  /** No record at or beyond this may be missing because it was deleted. */
  #highestStart = 0;
  /** Below this nothing may come back. */
  #deletedForGood = 0;
  /** The largest end that was known to be synced. */
  #synced = 0;
  #lossAllowedFrom = Number.POSITIVE_INFINITY;
  #lastEnds = { start: 0, end: 0 };

  constructor(index: number, random: SimRandom) {
    this.index = index;
    this.#random = random;
    this.#producerId = 1000 * (index + 1);
    this.topicId = `AAAAAAAAAAAAAAAAAAAAA${'QghwA'.charAt(index % 3)}`;
  }

  opened(log: OwnedLog): void {
    this.log = log;
    this.#wasOpened = true;
    this.#lastEnds = { start: log.logStartOffset, end: log.logEndOffset };
  }

  /** The next batch to append; half of them idempotent. */
  next(now: number): AppendedBatch {
    const random = this.#random;
    const count = 1 + random.int(4);
    const records = Array.from({ length: count }, () => {
      const number = this.#nextValue++;
      const padding = PAD.repeat(4).slice(0, random.int(random.pick([20, 300])));
      return { timestamp: now, value: `${number}#${padding}` };
    });
    const isIdempotent = random.chance(0.5);
    const options: BatchOptions = isIdempotent
      ? { producerId: this.#producerId, producerEpoch: 0, baseSequence: this.#sequence }
      : {};
    if (isIdempotent) this.#sequence += count;
    return { records, options, firstOffset: -1, isAcknowledged: false };
  }

  appended(batch: AppendedBatch, firstOffset: number): void {
    const last = this.#batches.at(-1);
    const expected = last ? last.firstOffset + last.records.length : undefined;
    mustHold(expected === undefined || expected === firstOffset, () => {
      return `${this.log.name} gave out offset ${firstOffset} after ${expected}`;
    });
    batch.firstOffset = firstOffset;
    this.#batches.push(batch);
  }

  acknowledged(batch: AppendedBatch): void {
    batch.isAcknowledged = true;
  }

  deleteBefore(offset: number): void {
    this.#highestStart = Math.max(this.#highestStart, offset);
    void this.log.incrementLogStartOffset(offset).then((error) => {
      if (!error) this.#deletedForGood = Math.max(this.#deletedForGood, offset);
    });
  }

  /** Cheap, and always so. */
  checkOffsets(): void {
    const { name, logStartOffset, lastStableOffset, logEndOffset, recoveryPoint } = this.log;
    const ends = { logStartOffset, lastStableOffset, logEndOffset, recoveryPoint };
    mustHold(
      logStartOffset <= lastStableOffset && lastStableOffset <= logEndOffset,
      () => `${name} has its offsets out of order: ${JSON.stringify(ends)}`,
    );
    mustHold(
      logStartOffset >= this.#lastEnds.start && logEndOffset >= this.#lastEnds.end,
      () => `${name} went back from ${JSON.stringify(this.#lastEnds)} to ${JSON.stringify(ends)}`,
    );
    this.#lastEnds = { start: logStartOffset, end: logEndOffset };
    this.#note();
  }

  /** Its last life is over: how far it got. `names` are those in its folder at that moment. */
  died(names: readonly string[]): void {
    if (!this.#wasOpened) return;
    this.#note();
    // A deletion under way has taken files of which the log itself does not know yet.
    const basesOf = (suffix: string) =>
      names.filter((name) => name.endsWith(suffix)).map((name) => Number.parseInt(name, 10));
    const lastDeleted = Math.max(-1, ...basesOf('.log.deleted'));
    const next = basesOf('.log').find((base) => base > lastDeleted);
    if (lastDeleted >= 0 && next !== undefined) {
      this.#highestStart = Math.max(this.#highestStart, next);
    }
  }

  #note(): void {
    const { logStartOffset, logEndOffset, recoveryPoint } = this.log;
    this.#highestStart = Math.max(this.#highestStart, logStartOffset);
    this.#synced = Math.max(this.#synced, Math.min(recoveryPoint, logEndOffset));
  }

  /** The machine lost power: under `os` what was not synced may be gone. */
  powerCut(policy: FlushPolicy): void {
    if (policy === 'os') this.#lossAllowedFrom = Math.min(this.#lossAllowedFrom, this.#synced);
  }

  /**
   * After a start: what is served is what was appended, up to some point, and nothing that was promised
   * lies beyond it. How many acknowledged records were lost, as the policy allows.
   */
  check(found: readonly FoundRecord[]): number {
    const { name, logStartOffset, logEndOffset } = this.log;
    mustHold(
      logStartOffset <= this.#highestStart,
      () => `${name} starts at ${logStartOffset}, but was deleted up to ${this.#highestStart}`,
    );
    mustHold(
      logStartOffset >= this.#deletedForGood,
      () =>
        `${name} starts at ${logStartOffset}, but was deleted to ${this.#deletedForGood} for good`,
    );
    const expected = new Map<number, string>();
    for (const batch of this.#batches) {
      for (const [index, { value }] of batch.records.entries()) {
        expected.set(batch.firstOffset + index, value);
      }
    }
    let offset = logStartOffset;
    for (const record of found) {
      // A power cut may bring back a part of what was deleted: a hole there is no loss.
      const isDeletedHole = record.offset > offset && record.offset <= this.#highestStart;
      mustHold(
        record.offset === offset || isDeletedHole,
        () => `${name} misses offset ${offset}, then comes ${record.offset}`,
      );
      offset = record.offset;
      mustHold(
        record.value === expected.get(offset),
        () => `${name} has at ${offset} "${record.value}", appended was "${expected.get(offset)}"`,
      );
      offset++;
    }
    mustHold(offset === logEndOffset, () => `${name} ends at ${offset}, not at ${logEndOffset}`);
    let forgotten = 0;
    for (const batch of this.#batches) {
      const end = batch.firstOffset + batch.records.length;
      if (!batch.isAcknowledged || end <= logEndOffset || end <= this.#highestStart) continue;
      mustHold(
        batch.firstOffset >= this.#lossAllowedFrom,
        () => `${name} ends at ${logEndOffset}, but ${end - 1} was acknowledged`,
      );
      forgotten += batch.records.length;
    }
    const isAllDeleted = logEndOffset <= this.#highestStart;
    mustHold(
      logEndOffset >= this.#synced || isAllDeleted,
      () => `${name} ends at ${logEndOffset}, but was synced up to ${this.#synced}`,
    );
    this.#forget(logEndOffset);
    // Somebody has seen them now: they are promised like those that were answered.
    for (const batch of this.#batches) batch.isAcknowledged = true;
    return forgotten;
  }

  /** What is gone is gone: offsets from here on are given out again. */
  #forget(logEndOffset: number): void {
    // A log that lost what was left of it after a deletion goes on where the deletion ended.
    const isEmpty = this.log.logStartOffset === logEndOffset;
    const kept = this.#batches.filter(
      ({ firstOffset, records }) => !isEmpty && firstOffset + records.length <= logEndOffset,
    );
    // What was appended and never answered is there or not; the producer begins anew either way.
    this.#batches = kept;
    this.#producerId++;
    this.#sequence = 0;
    this.#lossAllowedFrom = Number.POSITIVE_INFINITY;
    this.#synced = Math.min(this.#synced, logEndOffset);
    this.#highestStart = Math.min(this.#highestStart, logEndOffset);
  }
}
