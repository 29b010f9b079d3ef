import type { Int64 } from '../../base/int64.ts';
import type { DamagedRange } from './log-file-walk.ts';

/** Something about a file that a person should know. */
export interface Finding {
  readonly path: string;
  /** Where in the file, when it is about a place. */
  readonly position?: number;
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
  /**
   * `lost`: records cannot be read. `derived`: an index, snapshot or checkpoint that is built anew from
   * the log. `note`: nothing is wrong, but it is not ordinary.
   */
  readonly severity: 'lost' | 'derived' | 'note';
}

/** One `.log` file with what was found in it. */
export interface SegmentReport {
  readonly path: string;
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** The offset after the last entry; the base offset when there is none. */
  readonly nextOffset: number;
  /** Batches, or messages of an older format, by format. */
  readonly entriesByFormat: readonly [number, number, number];
  /** -1 where no record has one. */
  readonly minTimestamp: Int64;
  readonly maxTimestamp: Int64;
  readonly damage: readonly DamagedRange[];
}

/** The end of a batch, for comparing indexes with what they point at. */
export interface EntryPlace {
  readonly position: number;
  readonly lastOffset: number;
  readonly maxTimestamp: Int64;
}

/** All that a partition's folder holds. */
export interface PartitionReport {
  /** `<topic>-<partition>` */
  readonly name: string;
  readonly folder: string;
  readonly topicId: string | undefined;
  readonly segments: readonly SegmentReport[];
  /** Names of files that nothing reads: what recovery set aside, and what is unknown. */
  readonly setAside: readonly string[];
  readonly findings: readonly Finding[];
}

/** Whether the folder has messages of format v0 or v1, which are converted before they are served. */
export function hasOldFormat(report: PartitionReport): boolean {
  return report.segments.some(({ entriesByFormat: [v0, v1] }) => v0 + v1 > 0);
}
