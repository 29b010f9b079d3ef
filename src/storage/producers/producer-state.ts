import { type Int64, saturated } from '../../base/int64.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import { addToSequence } from '../../protocol/records/record-batch.ts';
import type { AppendOrigin } from '../log-types.ts';

/** Batches remembered per producer: as many as a client may have in flight. */
const REMEMBERED_BATCHES = 5;

const MAX_SEQUENCE = 2 ** 31 - 1;

export interface RememberedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly timestamp: Int64;
}

/** What is known of one producer in one partition. */
export interface ProducerEntry {
  readonly producerId: Int64;
  /** -1 when nothing but a marker's coordinator epoch is known. */
  epoch: number;
  /** Of the last transaction marker, -1 for none. */
  coordinatorEpoch: number;
  lastTimestamp: Int64;
  /** -1 when no transaction is open. */
  transactionFirstOffset: number;
  /** The newest last. */
  batches: RememberedBatch[];
}

/** A producer's data batch about to be appended, or found in the log. */
export interface ProducerBatch {
  readonly producerId: Int64;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: Int64;
  readonly isTransactional: boolean;
}

/** A transaction marker. */
export interface ProducerMarker {
  readonly producerId: Int64;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly isAbort: boolean;
  readonly offset: number;
  readonly timestamp: Int64;
}

export interface Refusal {
  readonly error: ErrorName;
  readonly detail: string;
}

/** The end of what a producer wrote. */
export interface LastRecord {
  /** Undefined where its last record is a transaction marker and nothing of its epoch came since. */
  readonly dataOffset: number | undefined;
  readonly epoch: number;
}

/** What DescribeProducers shows of one producer. */
export interface ActiveProducer {
  readonly producerId: Int64;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: Int64;
  /** -1 when no transaction marker was seen. */
  readonly coordinatorEpoch: number;
  /** -1 when no transaction is open. */
  readonly currentTransactionStartOffset: number;
}

/** A transaction that a marker ended. */
export interface CompletedTransaction {
  readonly producerId: Int64;
  readonly firstOffset: number;
  /** Offset of the marker. */
  readonly lastOffset: number;
  readonly isAbort: boolean;
  /** The last stable offset once the marker counts. */
  readonly lastStableOffset: number;
}

const NO_PRODUCERS: ReadonlyMap<Int64, ProducerEntry> = new Map();
const NONE: readonly never[] = [];

interface OpenTransaction {
  readonly producerId: Int64;
  readonly firstOffset: number;
}

/**
 * The idempotent and transactional producers of one partition (KIP-98), as of the last appended
 * batch, written or not: the checks of one turn's appends count those before them.
 */
export class ProducerState {
  /** Undefined while there is none: an empty map would be most of what an idle partition takes. */
  #producers: Map<Int64, ProducerEntry> | undefined;
  /** By first offset. */
  #open: readonly OpenTransaction[] = NONE;
  /** Ended, but the marker is not yet below the high watermark. By first offset. */
  #unreplicated: readonly { firstOffset: number; lastOffset: number }[] = NONE;

  get size(): number {
    return this.#producers?.size ?? 0;
  }

  entries(): IterableIterator<ProducerEntry> {
    return (this.#producers ?? NO_PRODUCERS).values();
  }

  get(producerId: Int64): ProducerEntry | undefined {
    return this.#producers?.get(producerId);
  }

  /** The remembered batch that has the same epoch and sequences. */
  findDuplicate(batch: ProducerBatch): RememberedBatch | undefined {
    const entry = this.#producers?.get(batch.producerId);
    if (!entry || entry.epoch !== batch.producerEpoch) return undefined;
    return entry.batches.find(
      (known) =>
        known.firstSequence === batch.baseSequence && known.lastSequence === batch.lastSequence,
    );
  }

  /**
   * For compaction: where each producer's last data batch ends, and its epoch. That batch has to
   * stay, or after a recovery the producer's next one would not follow.
   */
  lastRecords(): Map<Int64, LastRecord> {
    const records = new Map<Int64, LastRecord>();
    for (const { producerId, epoch, batches } of this.entries()) {
      records.set(producerId, { dataOffset: batches.at(-1)?.lastOffset, epoch });
    }
    return records;
  }

  describe(): ActiveProducer[] {
    return Array.from(this.entries(), (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.epoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionStartOffset: entry.transactionFirstOffset,
    }));
  }

  /** Why the batch may not be appended. Decides alone, changes nothing. */
  checkBatch(batch: ProducerBatch, origin: AppendOrigin): Refusal | undefined {
    if (origin === 'replication') return undefined;
    const entry = this.#producers?.get(batch.producerId);
    if (!entry) return undefined;
    return (
      checkEpoch(entry, batch) ??
      (origin === 'client' ? checkSequence(entry, batch) : undefined) ??
      checkTransaction(entry, batch)
    );
  }

  checkMarker(marker: ProducerMarker, origin: AppendOrigin): Refusal | undefined {
    if (origin === 'replication') return undefined;
    const entry = this.#producers?.get(marker.producerId);
    if (!entry) return undefined;
    const refusal = checkEpoch(entry, marker);
    if (refusal) return refusal;
    if (marker.coordinatorEpoch < entry.coordinatorEpoch) {
      return {
        error: 'TRANSACTION_COORDINATOR_FENCED',
        detail: `coordinator epoch ${marker.coordinatorEpoch} is older than ${entry.coordinatorEpoch}`,
      };
    }
    return undefined;
  }

  /** The batch is in the log. */
  addBatch(batch: ProducerBatch): void {
    const entry = this.#entryOf(batch.producerId);
    setEpoch(entry, batch.producerEpoch);
    entry.batches.push({
      firstSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      firstOffset: batch.firstOffset,
      lastOffset: batch.lastOffset,
      timestamp: batch.maxTimestamp,
    });
    if (entry.batches.length > REMEMBERED_BATCHES) entry.batches.shift();
    entry.lastTimestamp = batch.maxTimestamp;
    if (batch.isTransactional && entry.transactionFirstOffset < 0) {
      entry.transactionFirstOffset = batch.firstOffset;
      const { producerId, firstOffset } = batch;
      this.#open = [...this.#open, { producerId, firstOffset }];
    }
  }

  /** The marker is in the log; the transaction that it ended, if one was open. */
  addMarker(marker: ProducerMarker): CompletedTransaction | undefined {
    const entry = this.#entryOf(marker.producerId);
    setEpoch(entry, marker.producerEpoch);
    const firstOffset = entry.transactionFirstOffset;
    entry.transactionFirstOffset = -1;
    entry.coordinatorEpoch = marker.coordinatorEpoch;
    entry.lastTimestamp = marker.timestamp;
    if (firstOffset < 0) return undefined;
    this.#open = this.#open.filter((open) => open.firstOffset !== firstOffset);
    this.#unreplicated = [...this.#unreplicated, { firstOffset, lastOffset: marker.offset }];
    return {
      producerId: marker.producerId,
      firstOffset,
      lastOffset: marker.offset,
      isAbort: marker.isAbort,
      lastStableOffset: this.#open[0]?.firstOffset ?? marker.offset + 1,
    };
  }

  /** The first offset that is not decided for a reader: markers count once they are below the high watermark. */
  firstUnstableOffset(highWatermark: number): number | undefined {
    this.forgetReplicated(highWatermark);
    let first = this.#open[0]?.firstOffset;
    for (const { firstOffset } of this.#unreplicated) {
      if (first === undefined || firstOffset < first) first = firstOffset;
    }
    return first;
  }

  /** Markers below the high watermark count from now on. */
  forgetReplicated(highWatermark: number): void {
    if (this.#unreplicated.length === 0) return;
    this.#unreplicated = this.#unreplicated.filter((txn) => txn.lastOffset >= highWatermark);
  }

  /** Forgets producers idle for `expirationMs` that have no open transaction. */
  expire(now: number, expirationMs: number): void {
    if (!this.#producers) return;
    for (const entry of this.#producers.values()) {
      if (isExpired(entry, now, expirationMs)) this.#producers.delete(entry.producerId);
    }
    if (this.#producers.size === 0) this.#producers = undefined;
  }

  /** Starts from a snapshot's entries instead. */
  load(entries: readonly ProducerEntry[], now: number, expirationMs: number): void {
    this.clear();
    const kept = entries.filter((entry) => !isExpired(entry, now, expirationMs));
    if (kept.length === 0) return;
    this.#producers = new Map(kept.map((entry) => [entry.producerId, entry]));
    this.#open = kept
      .filter((entry) => entry.transactionFirstOffset >= 0)
      .map(({ producerId, transactionFirstOffset }) => ({
        producerId,
        firstOffset: transactionFirstOffset,
      }))
      .sort((a, b) => a.firstOffset - b.firstOffset);
  }

  clear(): void {
    this.#producers = undefined;
    this.#open = NONE;
    this.#unreplicated = NONE;
  }

  #entryOf(producerId: Int64): ProducerEntry {
    this.#producers ??= new Map();
    let entry = this.#producers.get(producerId);
    if (!entry) {
      entry = {
        producerId,
        epoch: -1,
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        transactionFirstOffset: -1,
        batches: [],
      };
      this.#producers.set(producerId, entry);
    }
    return entry;
  }
}

function isExpired(entry: ProducerEntry, now: number, expirationMs: number): boolean {
  return entry.transactionFirstOffset < 0 && now - saturated(entry.lastTimestamp) >= expirationMs;
}

/** A new epoch forgets the batches of the one before. */
function setEpoch(entry: ProducerEntry, epoch: number): void {
  if (entry.epoch === epoch) return;
  entry.epoch = epoch;
  entry.batches = [];
}

function checkEpoch(entry: ProducerEntry, batch: { producerEpoch: number }): Refusal | undefined {
  if (batch.producerEpoch >= entry.epoch) return undefined;
  return {
    error: 'INVALID_PRODUCER_EPOCH',
    detail: `epoch ${batch.producerEpoch} of producer ${entry.producerId} is older than ${entry.epoch}`,
  };
}

function checkSequence(entry: ProducerEntry, batch: ProducerBatch): Refusal | undefined {
  const outOfOrder = (expected: string): Refusal => ({
    error: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    detail: `sequence ${batch.baseSequence} of producer ${entry.producerId} epoch ${batch.producerEpoch}: ${expected}`,
  });
  // Nothing is known of the epoch (retention took its records): any sequence may follow.
  if (entry.epoch < 0) return undefined;
  if (batch.producerEpoch !== entry.epoch) {
    return batch.baseSequence === 0 ? undefined : outOfOrder('a new epoch begins with 0');
  }
  const last = entry.batches.at(-1)?.lastSequence ?? -1;
  const expected = last === MAX_SEQUENCE ? 0 : addToSequence(last, 1);
  return batch.baseSequence === expected ? undefined : outOfOrder(`${expected} comes next`);
}

function checkTransaction(entry: ProducerEntry, batch: ProducerBatch): Refusal | undefined {
  if (entry.transactionFirstOffset < 0 || batch.isTransactional) return undefined;
  return {
    error: 'INVALID_TXN_STATE',
    detail: `producer ${entry.producerId} has a transaction open, and this batch is not part of it`,
  };
}
