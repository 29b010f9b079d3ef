import type { LeaderEpochCache } from '../append/leader-epoch-cache.ts';
import type { ProducerSnapshots } from '../producers/producer-snapshots.ts';
import type { ProducerState } from '../producers/producer-state.ts';
import type { SegmentList } from '../segment/segment-list.ts';

/** What loading finds out about a log, or what a new one begins with. */
export interface LoadedLog {
  readonly segments: SegmentList;
  readonly producers: ProducerState;
  readonly snapshots: ProducerSnapshots;
  readonly epochs: LeaderEpochCache;
  readonly logStartOffset: number;
  /** What the checkpoint says was deleted by request, 0 for nothing. */
  readonly deletedBefore: number;
  readonly logEndOffset: number;
  readonly recoveryPoint: number;
  readonly topicId: string | undefined;
  /** Files that recovery wrote or could not trust to be on the disk. */
  readonly unsyncedFiles: readonly string[];
}
