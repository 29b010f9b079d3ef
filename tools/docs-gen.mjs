// Writes docs/reference from the declarations: `node tools/docs-gen.mjs`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

mkdirSync('build', { recursive: true });
const out = mkdtempSync(join('build', 'docs-'));
const file = join(out, 'docs-gen.mjs');
await build({
  entryPoints: ['tools/docs-gen.ts'],
  outfile: file,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'warning',
});
const { configReference } = await import(pathToFileURL(file).href);
rmSync(out, { recursive: true });
mkdirSync('docs/reference', { recursive: true });
writeFileSync('docs/reference/configs.md', configReference());
