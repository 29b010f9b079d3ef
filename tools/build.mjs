// Bundles the program into dist/, or into the folder named on the command line: one file set,
// pure-JavaScript dependencies included, since a bundle starts faster than a tree of modules. Native
// add-ons stay packages. `--types` adds the declarations that programs around an embedded broker need.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeTypes } from './types.mjs';

const args = process.argv.slice(2);
const outdir = args.find((arg) => !arg.startsWith('--')) ?? 'dist';
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: {
    sluice: 'src/cli/main.ts',
    embed: 'src/embed/index.ts',
    testing: 'src/embed/testing/index.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  outExtension: { '.js': '.mjs' },
  external: ['@node-rs/crc32', 'snappy', 'lz4-napi', '@bokuweb/zstd-wasm'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
if (args.includes('--types')) writeTypes(join(outdir, 'types'));
