// Bundles the program and the package into dist/, or into the folder named on the command line: one file set,
// pure-JavaScript dependencies included, since a bundle starts faster than a tree of modules. Native
// add-ons stay packages. `--types` adds the declarations that programs around an embedded broker need.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { writeTypes } from './types.mjs';

const args = process.argv.slice(2);
const finished = args.find((arg) => !arg.startsWith('--')) ?? 'dist';
// Made beside it and put in its place at the end: a program that runs, or starts meanwhile, finds a whole one.
const beside = (what) => join(dirname(finished), `.${basename(finished)}-${what}-${process.pid}`);
const outdir = beside('new');
const common = {
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  external: ['@node-rs/crc32', 'snappy', 'lz4-napi', '@bokuweb/zstd-wasm'],
  legalComments: 'none',
  logLevel: 'warning',
};
await build({
  ...common,
  entryPoints: { sluice: 'src/cli/main.ts', work: 'src/broker/work-main.ts' },
  splitting: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
// The package is one CommonJS file, which everything can load: import, require, and test runners with a module system of
// their own. `import` and `require` of its two names are doors to that one copy, so a class is the same behind both.
await build({
  ...common,
  stdin: {
    contents: `export * as embed from './index.ts';\nexport * as testing from './testing/index.ts';`,
    resolveDir: 'src/embed',
    sourcefile: 'package.ts',
    loader: 'ts',
  },
  entryNames: 'package',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // A test runner's sandbox has no import() without a flag.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
});
const all = createRequire(import.meta.url)(resolve(outdir, 'package.cjs'));
for (const door of ['embed', 'testing']) {
  const names = Object.keys(all[door]).join(', ');
  writeFileSync(
    join(outdir, `${door}.cjs`),
    `const { ${names} } = require('./package.cjs').${door};\nmodule.exports = { ${names} };\n`,
  );
  writeFileSync(
    join(outdir, `${door}.mjs`),
    `import all from './package.cjs';\n\nexport const { ${names} } = all.${door};\n`,
  );
}
if (args.includes('--types')) writeTypes(join(outdir, 'types'));
try {
  renameSync(finished, beside('old'));
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
renameSync(outdir, finished);
rmSync(beside('old'), { recursive: true, force: true });
