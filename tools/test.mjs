// Runs the tests: `node tools/test.mjs [path-part...] [-- node-test-flags]`.
// Tests are TypeScript and the floor is Node 20, so they are bundled first (one chunked esbuild
// run, well under a second) into a folder of this run's own, and removed afterwards.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const separator = process.argv.indexOf('--');
const filters = process.argv.slice(2, separator < 0 ? undefined : separator);
const flags = separator < 0 ? [] : process.argv.slice(separator + 1);

const roots = ['src', 'test', 'simulation', 'tools'];
const files = roots
  .flatMap((root) => {
    try {
      return readdirSync(root, { recursive: true }).map((name) => join(root, String(name)));
    } catch {
      return [];
    }
  })
  .filter((file) => file.endsWith('.test.ts') && !file.startsWith(join('test', 'interop')))
  .filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${filters.join(' ') || roots.join(' ')}`);
  process.exit(1);
}

mkdirSync('build', { recursive: true });
const out = mkdtempSync(join('build', 'test-'));
await build({
  entryPoints: files,
  outdir: out,
  outbase: '.',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'linked',
  outExtension: { '.js': '.mjs' },
  logLevel: 'warning',
});
const built = files.map((file) => join(out, file.replace(/\.ts$/, '.mjs')));
// A file that doesn't end (a handle left open, a child that holds its pipe) fails by its name, instead of
// keeping the run waiting for ever. The longest takes some 20 s; --test-timeout after `--` says otherwise.
const child = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${process.env.SLUICE_EXHAUSTIVE ? 3_600_000 : 180_000}`,
    ...flags,
    ...built,
  ],
  { stdio: 'inherit' },
);
child.on('exit', (code, signal) => {
  rmSync(out, { recursive: true, force: true });
  process.exit(signal ? 1 : (code ?? 1));
});
