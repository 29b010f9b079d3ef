// Our tools beside Kafka's, line by line: the `tools` suite of `npm run test:interop` by itself.
//
//   node test/interop/tools/run.mjs [--install] [--only "topics: create,configs"] [--release 4.3.0,...] [--verbose]
//
// --save FILE keeps what all tools printed, and --recorded FILE takes from there what Kafka's did: with it, and --only, a
// change of ours is looked at in seconds. What a row's function `normalise` does is done before the saving.
//
// Uses the program as it was last built. Exits 0 when every difference is expected.
import { readFileSync, writeFileSync } from 'node:fs';
import { compareTools, countsText, toolVersions } from './suite.mjs';

const argv = process.argv.slice(2);
const option = (name) => {
  const index = argv.indexOf(`--${name}`);
  return index < 0 ? undefined : argv[index + 1];
};
const recordedFile = option('recorded');
const recorded = recordedFile === undefined ? {} : JSON.parse(readFileSync(recordedFile, 'utf8'));
const ofKafka = Object.entries(recorded).filter(([name]) => !name.startsWith('ours '));
const { rows, counts, reasons, seconds, stale, outputs } = await compareTools({
  install: argv.includes('--install'),
  only: option('only')?.split(',') ?? [],
  versions: option('release')?.split(',') ?? toolVersions,
  verbose: argv.includes('--verbose'),
  recorded: Object.fromEntries(ofKafka),
});
const savedFile = option('save');
if (savedFile !== undefined) writeFileSync(savedFile, JSON.stringify(outputs));
const times = [...seconds].map(([actor, time]) => `${actor} ${Math.round(time)} s`).join(', ');
console.log(`\n${rows} rows (${times})`);
for (const [release, one] of counts) console.log(`Kafka ${release}: ${countsText(one)}`);
console.log('\nExpected differences, in so many rows:');
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) {
  console.log(`${String(count).padStart(4)}  ${reason}`);
}
if (stale > 0) console.log(`${stale} stale expectations`);
const different = [...counts.values()].some((one) => one.different > 0);
process.exit(different || stale > 0 ? 1 : 0);
