import * as fs from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder with its missing parents; no error when it exists. Node's own recursive `mkdir`
 * never returns where a parent exists but refuses children with ENOENT, as /proc does.
 */
export function makeFolder(path: string): void {
  if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    fs.mkdirSync(path);
  } catch (error) {
    // Somebody else made it meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    if (!fs.statSync(path).isDirectory()) throw error;
  }
}
