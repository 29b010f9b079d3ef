import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Bundles the program as `npm run build` does, into a folder of this run's own: what is tested is
 * what the sources say, and a build elsewhere does not pull it away from under a running broker.
 */
export function buildProgram(): { readonly program: string; remove(): void } {
  mkdirSync('build', { recursive: true });
  const folder = mkdtempSync(join('build', 'program-'));
  execFileSync(process.execPath, [join('tools', 'build.mjs'), folder], { stdio: 'inherit' });
  return {
    program: join(folder, 'sluice.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
