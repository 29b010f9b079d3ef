import { basename, join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import { folderKind } from '../dirs/folder-kind.ts';
import { LOG_SUFFIX, parseFileName } from '../segment/segment-files.ts';

/**
 * The partitions' folders in a log directory, in order of topic and partition; or the folder itself
 * when it is a partition's. Empty when it is neither. Throws what the disk throws.
 */
export function partitionFolders(fileSystem: FileSystem, folder: string): string[] {
  const names = fileSystem.list(folder);
  if (names.some((name) => parseFileName(name)?.suffix === LOG_SUFFIX)) return [folder];
  const found: { path: string; topic: string; partition: number }[] = [];
  for (const name of names) {
    const kind = folderKind(name);
    if (kind.kind !== 'partition') continue;
    const path = join(folder, name);
    if (fileSystem.stat(path)?.isFolder) found.push({ path, ...kind });
  }
  found.sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
  return found.map(({ path }) => path);
}

/** The log directory that a partition's folder lies in, or the folder itself. */
export function logDirOf(folder: string): string {
  return folderKind(basename(folder)).kind === 'partition' ? join(folder, '..') : folder;
}
