// If this breaks, a lower layer has come to depend on a higher one, or code below the composition
// root reads the ambient clock, disk or network, and the simulation can no longer replay it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

interface LayerFile {
  layers: string[][];
  ambientAllowed: string[];
}
const { layers, ambientAllowed } = JSON.parse(readFileSync('layers.json', 'utf8')) as LayerFile;

const inFolder = (file: string, folder: string) => file.startsWith(`${folder}/`);

/** The longest matching folder wins: src/broker/apis is not src/broker. */
function layerOf(file: string): { row: number; folder: string } | undefined {
  return layers
    .flatMap((row, index) => row.map((folder) => ({ row: index, folder })))
    .filter(({ folder }) => inFolder(file, folder))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}

const sources = ['src', 'simulation']
  .flatMap((root) => readdirSync(root, { recursive: true }).map((name) => join(root, String(name))))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

function importsOf(file: string): string[] {
  return importsBy(file, /(?:from|import)\s*\(?\s*'([^']+)'/g);
}

function importsBy(file: string, pattern: RegExp): string[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');
}

test('every source file belongs to a layer', () => {
  assert.ok(sources.length > 0);
  assert.deepEqual(
    sources.filter((file) => layerOf(file) === undefined),
    [],
  );
});

test('a file imports only from its own layer and from lower ones', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const from = layerOf(file);
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      const target = relative('.', join(dirname(file), specifier));
      const to = layerOf(target);
      if (!existsSync(target) || !from || !to) {
        wrong.push(`${file} imports ${specifier}, which is no file of a layer`);
      } else if (to.row > from.row || (to.row === from.row && to.folder !== from.folder)) {
        wrong.push(`${file} (${from.folder}) imports ${target} (${to.folder})`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

/**
 * Files that import each other in a circle, types included: each strongly connected group of more than one,
 * sorted. Not by import(): what is loaded when it is asked for (a command that lists the commands) waits for nobody.
 */
function circles(): string[][] {
  const imports = new Map(
    sources.map((file) => [
      file,
      importsBy(file, /from\s*'(\.[^']+)'/g).map((specifier) => join(dirname(file), specifier)),
    ]),
  );
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const index = order.size;
    order.set(file, index);
    stack.push(file);
    let low = index;
    for (const target of imports.get(file) ?? []) {
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, order.get(target) ?? low);
    }
    lowest.set(file, low);
    if (low === index) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1) found.push(group.sort());
    }
    return low;
  };
  for (const file of sources) if (!order.has(file)) visit(file);
  return found;
}

test('no two files import each other, by whatever way round', () => {
  assert.deepEqual(circles(), []);
});

test('the first line of every test file says what a user would lose', () => {
  const silent = ['src', 'simulation', 'test', 'tools']
    .flatMap((root) =>
      readdirSync(root, { recursive: true }).map((name) => join(root, String(name))),
    )
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => !/^\/\/ (If|Without|Each) /.test(readFileSync(file, 'utf8')));
  assert.deepEqual(silent, []);
});

test('only the edges touch the ambient clock, randomness, disk and network', () => {
  const ambient =
    /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|performance\.now|process\.hrtime)\b|from 'node:(fs|fs\/promises|net|dgram|tls|timers|child_process|http|https)'/;
  const wrong = sources.filter((file) => {
    if (ambientAllowed.some((folder) => inFolder(file, folder))) return false;
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    return ambient.test(code);
  });
  assert.deepEqual(wrong, []);
});

test('the formats of old clients are in one place, which the way of today sees through two doors only', () => {
  const isOldFormats = (file: string) => /^src\/protocol\/records\/legacy-[^/]*\.ts$/.test(file);
  const doors = sources.filter(
    (file) =>
      !isOldFormats(file) &&
      !file.includes('/testing/') &&
      importsOf(file).some((specifier) => isOldFormats(join(dirname(file), specifier))),
  );
  // Not on the way: what looks at files that lie there.
  const offline = ['src/storage/repair', 'src/cli/dump'];
  assert.deepEqual(
    doors.filter((file) => !offline.some((folder) => inFolder(file, folder))).sort(),
    // Produce v0-v2 with such messages, and Fetch v0-v3.
    ['src/broker/replica/fetch-conversion.ts', 'src/storage/validate/batch-validator-legacy.ts'],
  );
});
