import { join } from 'node:path';
import { syncFolder } from '../../base/syncing.ts';
import { syncFile } from '../files/atomic-file.ts';
import type { LogConfig } from '../log-config.ts';
import type { Segment } from '../segment/segment.ts';
import {
  CLEANED_SUFFIX,
  fileName,
  SEGMENT_SUFFIXES,
  SWAP_END_SUFFIX,
} from '../segment/segment-files.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import type { StorageContext } from '../storage-context.ts';

/** What a swap needs of its log. */
export interface SwappedLog {
  readonly folder: string;
  readonly config: LogConfig;
  readonly segments: SegmentList;
  readonly failure: Error | undefined;
  /** Puts `compacted` in the place of `sources`; the renamed files, still to be removed. */
  replaceRun(sources: readonly Segment[], compacted: Segment): string[];
  /** The snapshots at these offsets belong to no segment any more. */
  dropSnapshots(baseOffsets: readonly number[]): void;
}

export interface SwapParts {
  /** Complete, its files named .cleaned. */
  readonly compacted: Segment;
  /** A run of closed segments that begins at the same offset. */
  readonly sources: readonly Segment[];
  /** Where the sources end, exclusive. */
  readonly endOffset: number;
}

/**
 * Puts a compacted segment in the place of those it was made from, so that a crash or a power cut at
 * any moment leaves the old ones or the new one: all its files are on the disk before one is renamed
 * to .swap, all are .swap before a source is renamed to .deleted, and no source has its name when
 * the .swap goes. What the next start makes of each state is in log-folder.ts.
 */
export class SegmentSwap {
  readonly #context: StorageContext;
  readonly #log: SwappedLog;
  readonly #parts: SwapParts;
  #state: 'preparing' | 'committing' | 'replaced' | 'cancelled' = 'preparing';

  constructor(context: StorageContext, log: SwappedLog, parts: SwapParts) {
    this.#context = context;
    this.#log = log;
    this.#parts = parts;
  }

  /** While it holds, segments must not come and go: a crash now may bring the swap about. */
  get isCommitting(): boolean {
    return this.#state === 'committing';
  }

  /**
   * Whether the sources were replaced; where the log has changed meanwhile nothing was. Rejects with
   * what the disk throws.
   */
  async run(): Promise<boolean> {
    const { compacted, sources, endOffset } = this.#parts;
    const { fileSystem, remover } = this.#context;
    const { folder } = this.#log;
    const sync = () => syncFolder(fileSystem, folder);
    for (const path of [compacted.path(), ...compacted.indexPaths()]) {
      await syncFile(fileSystem, path);
      if (this.#log.failure) return false;
    }
    const endPath = swapEndPath(folder, compacted.baseOffset);
    fileSystem.writeFile(endPath, `${endOffset}\n`);
    await syncFile(fileSystem, endPath);
    await sync();
    const { failure, segments, config } = this.#log;
    if (failure) return false;
    if (!segments.hasRun(sources) || !config.cleanupPolicy.includes('compact')) {
      discardCompacted(this.#context, folder, compacted);
      return false;
    }
    this.#state = 'committing';
    compacted.rename('.swap');
    await sync();
    if (this.#log.failure || !this.isCommitting) return false;
    const replaced = this.#log.replaceRun(sources, compacted);
    this.#state = 'replaced';
    await sync();
    if (this.#log.failure) return true;
    if (!compacted.isDeleted) compacted.rename('');
    this.#log.dropSnapshots(sources.slice(1).map((source) => source.baseOffset));
    await sync();
    if (this.#log.failure) return true;
    fileSystem.removeFile(endPath);
    remover.removeAfter(this.#log.config.fileDeleteDelayMs, replaced);
    return true;
  }

  /** For a truncation, which cannot wait: what is on its way to the disk must not come about. */
  cancel(): void {
    if (!this.isCommitting) return;
    this.#state = 'cancelled';
    const { fileSystem } = this.#context;
    for (const path of this.#parts.compacted.markDeleted()) fileSystem.removeFile(path);
    fileSystem.syncFolder(this.#log.folder);
    fileSystem.removeFile(swapEndPath(this.#log.folder, this.#parts.compacted.baseOffset));
  }
}

/** Removes the files of a compacted segment that takes nobody's place. */
export function discardCompacted(
  { fileSystem, handles }: StorageContext,
  folder: string,
  { baseOffset }: { baseOffset: number },
): void {
  for (const suffix of SEGMENT_SUFFIXES) {
    const path = join(folder, fileName(baseOffset, suffix) + CLEANED_SUFFIX);
    handles.close(path);
    fileSystem.removeFile(path);
  }
  fileSystem.removeFile(swapEndPath(folder, baseOffset));
}

function swapEndPath(folder: string, baseOffset: number): string {
  return join(folder, fileName(baseOffset, SWAP_END_SUFFIX));
}
