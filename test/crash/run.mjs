// Kills a broker under load and checks that nothing acknowledged is lost, over and over:
// `node test/crash/run.mjs [--rounds N] [--seed N]`. A failure names its seed and keeps the data.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

mkdirSync('build', { recursive: true });
const folder = mkdtempSync(join('build', 'crash-'));
const outfile = join(folder, 'main.mjs');
await build({
  entryPoints: ['test/crash/main.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(outfile).href);
rmSync(folder, { recursive: true });
process.exitCode = await main(process.argv.slice(2));
