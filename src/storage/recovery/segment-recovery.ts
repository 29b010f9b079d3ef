import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { LeaderEpochCache } from '../append/leader-epoch-cache.ts';
import { type ScanEnd, scanBatches } from '../read/batch-scan.ts';
import { OffsetOrder } from '../read/offset-order.ts';
import type { Segment } from '../segment/segment.ts';
import { CORRUPT_SUFFIX } from '../segment/segment-files.ts';
import { runAsync } from '../segment/segment-io.ts';
import type { StorageContext } from '../storage-context.ts';
import type { LoadProgress } from './load-progress.ts';
import { unusedName } from './unused-name.ts';

const COPY_BYTES = 1024 * 1024;

export interface SegmentScan {
  readonly end: ScanEnd;
  /** The offset after the last valid batch, or where the segment begins. */
  readonly nextOffset: number;
  /** Whether offsets are missing between batches, which only compaction leaves. */
  readonly hasGaps: boolean;
}

/**
 * Goes through every batch of a segment (header, checksum, ascending offsets) and builds its indexes
 * anew. Leader epochs found on the way are added to `epochs`.
 */
export async function scanSegment(
  segment: Segment,
  {
    indexIntervalBytes,
    epochs,
    progress,
  }: {
    indexIntervalBytes: number;
    epochs: LeaderEpochCache | undefined;
    progress: LoadProgress;
  },
): Promise<SegmentScan> {
  segment.resetIndexes();
  const order = new OffsetOrder(segment.baseOffset);
  let blamed: ScanEnd | undefined;
  const scan = scanBatches({
    fromPosition: 0,
    endPosition: segment.writtenBytes,
    verify: true,
    visit: ({ buffer, at, sizeInBytes, position }) => {
      const baseOffset = RecordBatch.baseOffset(buffer, at);
      const lastOffset = RecordBatch.lastOffset(buffer, at);
      const wrong = order.take({ baseOffset, lastOffset, position });
      if (wrong?.blamed === 'this') return wrong.problem;
      if (wrong) {
        blamed = { kind: 'damaged', position: wrong.position, problem: wrong.problem };
        order.forgetLast();
        return false;
      }
      progress.scanned(sizeInBytes);
      const maxTimestamp = RecordBatch.maxTimestamp(buffer, at);
      segment.reindex({ lastOffset, maxTimestamp, sizeInBytes }, position, indexIntervalBytes);
      const epoch = RecordBatch.leaderEpoch(buffer, at);
      if (epochs && epoch > epochs.latestEpoch) epochs.assign(epoch, baseOffset);
      return true;
    },
  });
  const pinned = segment.pin();
  try {
    const end = await runAsync(scan, pinned.file);
    const found = blamed ?? end;
    segment.noteChecked(found.position);
    return { end: found, nextOffset: order.nextOffset, hasGaps: order.hasGaps };
  } finally {
    pinned.unpin();
  }
}

/**
 * Whether what follows `position` is only what an unfinished write leaves: part of a batch, or zeros
 * that the file system put where data had not arrived.
 */
export function isUnfinishedWrite(segment: Segment, end: ScanEnd): boolean {
  if (end.kind === 'torn') return true;
  const file = segment.file();
  const chunk = Buffer.alloc(COPY_BYTES);
  for (let position = end.position; position < segment.writtenBytes; ) {
    const count = file.readSync(chunk, 0, chunk.length, position);
    if (count === 0) return true;
    for (let index = 0; index < count; index++) if (chunk[index] !== 0) return false;
    position += count;
  }
  return true;
}

/** Copies the bytes from `position` on to a file beside the segment's; its path. */
export function quarantineTail(
  context: StorageContext,
  segment: Segment,
  position: number,
): string {
  const { fileSystem } = context;
  const path = unusedName(fileSystem, `${segment.path()}.${position}${CORRUPT_SUFFIX}`);
  const source = segment.file();
  const target = fileSystem.open(path, 'create');
  try {
    const chunk = Buffer.alloc(COPY_BYTES);
    for (let at = position; at < segment.writtenBytes; ) {
      const count = source.readSync(chunk, 0, chunk.length, at);
      if (count === 0) break;
      target.writeSync([chunk.subarray(0, count)], at - position);
      at += count;
    }
    target.syncSync();
  } finally {
    target.close();
  }
  return path;
}

/** Renames a whole segment that lies behind damage; nothing of it is used or deleted. */
export function quarantineSegment(context: StorageContext, segment: Segment): string[] {
  const suffix = unusedName(context.fileSystem, segment.path() + CORRUPT_SUFFIX).slice(
    segment.path().length,
  );
  return segment.markDeleted(suffix);
}
