import { basename, dirname } from 'node:path';
import type { StorageContext } from '../storage-context.ts';

/**
 * Sets aside the folder that stands where a file of ours should be, if there is one. It is for files that can be made
 * anew. Throws what the disk throws.
 */
export function setFolderAside(
  { fileSystem, random, logger }: Pick<StorageContext, 'fileSystem' | 'random' | 'logger'>,
  path: string,
): void {
  if (fileSystem.stat(path)?.isFolder !== true) return;
  const aside = `${path}.${random.bytes(16).toString('hex')}-stray`;
  fileSystem.rename(path, aside);
  logger.warn({ path }, `${path} is a folder, where a file should be; it is set aside as ${aside}`);
}

/** The file in `folder` whose place a folder has, where that is why something failed and the file can be made anew. */
export function pathInTheWay(error: unknown, folder: string): string | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'EISDIR')) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : '';
  return dirname(path) === folder && !basename(path).endsWith('.log') ? path : undefined;
}
