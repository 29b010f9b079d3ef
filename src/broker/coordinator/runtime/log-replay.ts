import type { Logger } from '../../../base/logger.ts';
import type { LoadedBatch, LoadedRecord } from './coordinator-log.ts';
import type { CoordinatorKind, Shard } from './shard.ts';

const COMMIT_MARKER = 1;

/** Fills a shard from what its partition's log holds, batch by batch. */
export class LogReplay<Rec, Context, State extends Shard<Rec, Context>> {
  readonly shard: State;
  readonly #kind: CoordinatorKind<Rec, Context, State>;
  readonly #logger: Logger;
  #recordCount = 0;
  #unknownCount = 0;
  #unreadableCount = 0;

  constructor(kind: CoordinatorKind<Rec, Context, State>, logger: Logger) {
    this.shard = kind.newShard();
    this.#kind = kind;
    this.#logger = logger;
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  add(batch: LoadedBatch): void {
    for (const record of batch.records) {
      this.#recordCount++;
      if (batch.isControl) this.shard.endTransaction(batch.producerId, isCommitMarker(record));
      else this.#addRecord(batch, record);
    }
  }

  /** The log has been read to its end: says what was left out. */
  end(): void {
    if (this.#unknownCount > 0) {
      this.#logger.warn(
        { records: this.#unknownCount },
        'records that only a newer version knows are ignored',
      );
    }
    if (this.#unreadableCount > 0) {
      this.#logger.error({ records: this.#unreadableCount }, 'unreadable records are ignored');
    }
  }

  #addRecord(batch: LoadedBatch, { offset, key, value }: LoadedRecord): void {
    try {
      if (key === null) throw new Error('the record has no key');
      const record = this.#kind.decode(key, value);
      if (record === undefined) this.#unknownCount++;
      else this.shard.replay(record, batch.isTransactional ? batch.producerId : undefined);
    } catch (error) {
      // One bad record must not hide the thousands of good ones behind it.
      if (this.#unreadableCount++ === 0) {
        this.#logger.error({ offset, error }, 'a record cannot be read');
      }
    }
  }
}

/** The key of a marker: version, then type. */
function isCommitMarker({ key }: LoadedRecord): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === COMMIT_MARKER;
}
