// Fuzzes the protocol decoders: `node tools/fuzz.mjs [--count 10000000] [--seed N]`. Damaged messages of every API and
// version must end in a value or in a ProtocolError; anything else is printed with its bytes, and the exit code is 1.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const option = (name, otherwise) => {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? otherwise : Number(process.argv[index + 1]);
};
const count = option('count', 10_000_000);
const seed = option('seed', Date.now() % 2 ** 31);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: node tools/fuzz.mjs [--count 10000000] [--seed N]');
  process.exit(2);
}

mkdirSync('build', { recursive: true });
const folder = mkdtempSync(join('build', 'fuzz-'));
const outfile = join(folder, 'fuzz.mjs');
await build({
  entryPoints: ['src/protocol/testing/fuzz.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
const { fuzz } = await import(pathToFileURL(outfile).href);
rmSync(folder, { recursive: true });

// Each part has a seed of its own, from which it can be run again by itself.
const PART = 250_000;
const totals = { inputs: 0, decoded: 0, refused: 0, compared: 0 };
const startedAt = process.hrtime.bigint();
let peak = 0;
try {
  for (let part = 0; totals.inputs < count; part++) {
    const result = fuzz(Math.min(PART, count - totals.inputs), seed + part);
    for (const key of Object.keys(totals)) totals[key] += result[key];
    peak = Math.max(peak, process.memoryUsage.rss());
    const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
    if (part % 4 === 3 || totals.inputs === count) {
      const rate = Math.round(totals.inputs / seconds);
      console.log(
        `${totals.inputs} inputs (seeds ${seed} to ${seed + part}): ${totals.decoded} decoded, ${totals.refused} refused, ` +
          `${totals.compared} compared; ${rate}/s, ${Math.round(peak / 2 ** 20)} MiB at most`,
      );
    }
  }
} catch (error) {
  console.error(error);
  process.exit(1);
}
console.log(`passed: ${totals.inputs} inputs, none did more than fail to decode`);
