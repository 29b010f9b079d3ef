// What must be true of a log after any number of kills, as a pure check of what was acknowledged
// against what is read.

/** A record as it was read back. */
export interface ReadRecord {
  readonly offset: number;
  readonly value: Buffer;
}

/** What one producer sent to its partition: records 0 to `sent` - 1, in this order. */
export interface ProducerHistory {
  readonly name: string;
  /** Retries with its sequence numbers until acknowledged, so every record is there exactly once. */
  readonly idempotent: boolean;
  readonly sent: number;
  /** Offset by record number, for those acknowledged. */
  readonly acknowledged: ReadonlyMap<number, number>;
}

/** Something acknowledged is not so. */
export class HistoryViolation extends Error {
  override name = 'HistoryViolation';
}

const PAD = Buffer.alloc(1024, 'the record is padded with a text that compresses well; ');

/** The bytes of a producer's record: who sent it, its number, and padding that follows from these. */
export function recordValue(producer: string, number: number): Buffer {
  const head = Buffer.from(`${producer}#${number}#`);
  return Buffer.concat([head, PAD.subarray(0, (number * 7919) % 701)]);
}

/** The producer and number that a value claims. */
export function identify(value: Buffer): { producer: string; number: number } {
  const [producer = '', number = ''] = value.subarray(0, 64).toString().split('#', 2);
  return { producer, number: Number(number) };
}

/**
 * Checks a partition's records, read from offset `from` to its end. Throws HistoryViolation for a gap
 * in the offsets, a value that nobody sent or that is damaged, a record twice or out of its
 * producer's order, and for an acknowledged record that is missing or elsewhere.
 */
export function checkPartition(
  records: readonly ReadRecord[],
  producers: readonly ProducerHistory[],
  from = 0,
): void {
  const byName = new Map(producers.map((producer) => [producer.name, producer]));
  const lastOf = new Map<string, number>();
  let expectedOffset = from;
  for (const { offset, value } of records) {
    if (offset !== expectedOffset) {
      throw new HistoryViolation(`offset ${expectedOffset} is missing, next comes ${offset}`);
    }
    expectedOffset++;
    const { producer: name, number } = identify(value);
    const producer = byName.get(name);
    if (!producer || !(number < producer.sent) || !value.equals(recordValue(name, number))) {
      throw new HistoryViolation(`the record at offset ${offset} was never sent: ${value}`);
    }
    const last = lastOf.get(name);
    if (last !== undefined && number <= last) {
      const what = number === last ? 'twice' : 'out of order';
      throw new HistoryViolation(`record ${number} of ${name} is there ${what}, at ${offset}`);
    }
    if (last !== undefined && producer.idempotent && number !== last + 1) {
      throw new HistoryViolation(
        `record ${last + 1} of ${name} is missing before offset ${offset}`,
      );
    }
    lastOf.set(name, number);
  }
  for (const { name, acknowledged } of producers) {
    for (const [number, offset] of acknowledged) {
      if (offset < from) continue;
      const found = records[offset - from];
      const is = found && identify(found.value);
      if (is?.producer === name && is.number === number) continue;
      const instead = is ? `${is.producer} ${is.number} is` : 'nothing is';
      throw new HistoryViolation(
        `record ${number} of ${name} was acknowledged at offset ${offset}, but ${instead} there`,
      );
    }
  }
}
