// Writes the declarations of what the package exports, and of nothing else: the compiler makes them for
// every module, and those that the entries name are kept.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const COMPILER = 'node_modules/typescript/bin/tsc';
const ENTRIES = ['embed/index.d.ts', 'embed/testing/index.d.ts'];

/** `from './x`, `import('./x`, and the quote after the extension. */
const IMPORT = /((?:from|import)\s*\(?\s*'\.[^']+)\.ts(')/g;

/** Lays them out in `folder` as src/ is. Throws when the sources do not compile. */
export function writeTypes(folder) {
  mkdirSync('build', { recursive: true });
  const scratch = mkdtempSync(join('build', 'types-'));
  try {
    const args = [COMPILER, '-p', 'tools/tsconfig.types.json', '--outDir', scratch];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the types could not be made:\n${stdout}`);
    for (const file of reachable(join(scratch, 'src'))) {
      const text = readFileSync(join(scratch, 'src', file), 'utf8');
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      // As every resolution since TypeScript 4 finds it.
      writeFileSync(join(folder, file), text.replace(IMPORT, '$1.js$2'));
    }
    // What is imported and what is required is the same CommonJS file.
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The entries and what they import, however far. */
function reachable(root) {
  const found = new Set(ENTRIES);
  for (const file of found) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(IMPORT)) {
      found.add(join(dirname(file), `${/'(.*)/s.exec(specifier)?.[1]}.d.ts`));
    }
  }
  return found;
}
