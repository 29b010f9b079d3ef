import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { syncFile } from '../files/atomic-file.ts';
import { Segment } from '../segment/segment.ts';
import { CLEANED_SUFFIX } from '../segment/segment-files.ts';
import type { StorageContext } from '../storage-context.ts';
import { discardCompacted } from './segment-swap.ts';

const WRITE_BYTES = 256 * 1024;
/** Written and not yet synced at most: one sync of a whole segment would hold up the others'. */
const SYNC_BYTES = 8 * 1024 * 1024;

/** A segment that compaction is writing, in files named .cleaned. */
export class CompactedSegment {
  readonly segment: Segment;
  readonly #context: StorageContext;
  readonly #folder: string;
  readonly #indexIntervalBytes: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #unsyncedBytes = 0;

  /** Takes the place of what an earlier attempt has left. Throws what the disk throws. */
  constructor(
    context: StorageContext,
    at: { folder: string; baseOffset: number; indexIntervalBytes: number },
  ) {
    const { folder, baseOffset } = at;
    discardCompacted(context, folder, at);
    this.#context = context;
    this.#folder = folder;
    this.#indexIntervalBytes = at.indexIntervalBytes;
    this.segment = new Segment({
      context,
      folder,
      baseOffset,
      sizeInBytes: 0,
      isNew: true,
      rollJitterMs: 0,
      nameSuffix: CLEANED_SUFFIX,
    });
    this.segment.file();
  }

  /** Adds a batch, which is copied or the caller's to give. Throws what the disk throws. */
  add(batch: Buffer): void {
    const sizeInBytes = batch.length;
    const lastOffset = RecordBatch.lastOffset(batch);
    const maxTimestamp = RecordBatch.maxTimestamp(batch);
    this.segment.claim({ lastOffset, maxTimestamp, sizeInBytes }, this.#indexIntervalBytes);
    this.#queue.push(batch);
    this.#queuedBytes += sizeInBytes;
    if (this.#queuedBytes >= WRITE_BYTES) this.#write();
  }

  /** Whether enough is unsynced for `sync` to be worth it. */
  get wantsSync(): boolean {
    return this.#unsyncedBytes >= SYNC_BYTES;
  }

  async sync(): Promise<void> {
    this.#unsyncedBytes = 0;
    await syncFile(this.#context.fileSystem, this.segment.path());
  }

  /** All is written, the indexes too. Throws what the disk throws. */
  finish(): void {
    this.#write();
    this.segment.saveIndexes();
    this.segment.deactivate();
  }

  discard(): void {
    discardCompacted(this.#context, this.#folder, this.segment);
  }

  #write(): void {
    this.segment.write(this.#queue, this.#queuedBytes);
    this.#unsyncedBytes += this.#queuedBytes;
    this.#queue = [];
    this.#queuedBytes = 0;
  }
}
