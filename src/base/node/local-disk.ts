import * as fs from 'node:fs';

/** ext2 to ext4, XFS, Btrfs, F2FS: a disk with one of these is mounted by one kernel at a time. */
const LOCAL_TYPES: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010]);

/** Whether it is certain that no other machine can have `folder` at the same time. */
export function isLocalDisk(folder: string): boolean {
  try {
    return process.platform === 'linux' && LOCAL_TYPES.has(fs.statfsSync(folder).type);
  } catch {
    return false;
  }
}
