import { readFileSync } from 'node:fs';

/** The version of this package. */
export const VERSION: string = readVersion();

/** The package lies above the bundle (dist/) as above the sources (src/cli/). */
function readVersion(): string {
  for (let up = '../'; up.length <= 15; up += '../') {
    try {
      const found: unknown = JSON.parse(
        readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8'),
      );
      if (typeof found !== 'object' || found === null) continue;
      if ('name' in found && found.name === 'sluice' && 'version' in found) {
        return String(found.version);
      }
    } catch {
      // Not there: further up.
    }
  }
  return 'unknown';
}
