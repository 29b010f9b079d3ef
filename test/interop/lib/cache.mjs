// What the suites install and build: kept outside the sources, named by the content it was made from, so that a
// second run (or a fresh clone given the same folder) starts at once. SLUICE_INTEROP_CACHE moves it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const interopFolder = dirname(dirname(fileURLToPath(import.meta.url)));
export const cacheFolder = resolve(
  process.env.SLUICE_INTEROP_CACHE ?? join(interopFolder, '.cache'),
);

/** A short hash of files' contents, to name what is made from them. */
export function contentHash(files, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 12);
}

/**
 * The cached folder `name`. When it does not exist, `make(folder)` fills a temporary one, which takes the name
 * only once it is complete, so that an interrupted run leaves nothing half made.
 */
export async function cached(name, make) {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder, { recursive: true });
  const unfinished = mkdtempSync(join(cacheFolder, `${name}-making-`));
  try {
    await make(unfinished);
    // Several runs may make the same thing at once: the first one's stays.
    if (!existsSync(folder)) renameSync(unfinished, folder);
    return folder;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Whether `name` is there already. */
export const isCached = (name) => existsSync(join(cacheFolder, name));
