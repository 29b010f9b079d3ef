// Bundles the program into dist/, or into the folder named on the command line: one file set,
// pure-JavaScript dependencies included, since a bundle starts faster than a tree of modules. Native
// add-ons stay packages.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = process.argv[2] ?? 'dist';
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: { sluice: 'src/cli/main.ts' },
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
