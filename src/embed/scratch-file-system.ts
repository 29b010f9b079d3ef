import type { File } from '../base/file-system.ts';
import { NodeFileSystem } from '../base/node/node-file-system.ts';

/**
 * The real disk for data that is thrown away: it never waits for the disk to be sure, which is most of
 * the time that a start, a stop and a new topic take. What other processes read is the same.
 */
export class ScratchFileSystem extends NodeFileSystem {
  override open(path: string, mode: 'read' | 'write' | 'create'): File {
    return Object.assign(super.open(path, mode), { sync: nothingLater, syncSync: nothing });
  }

  override syncFolder(): void {}
}

function nothing(): void {}

async function nothingLater(): Promise<void> {}
