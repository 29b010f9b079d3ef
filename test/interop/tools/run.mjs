// Our tools beside Kafka's, line by line: the `tools` suite of `npm run test:interop` by itself.
//
//   node test/interop/tools/run.mjs [--install] [--only "topics: create,configs"] [--release 4.3.0,...] [--verbose]
//
// Uses the program as it was last built. Exits 0 when every difference is expected.
import { compareTools, countsText, toolVersions } from './suite.mjs';

const argv = process.argv.slice(2);
const option = (name) => {
  const index = argv.indexOf(`--${name}`);
  return index < 0 ? undefined : argv[index + 1];
};
const { rows, counts, stale } = await compareTools({
  install: argv.includes('--install'),
  only: option('only')?.split(',') ?? [],
  versions: option('release')?.split(',') ?? toolVersions,
  verbose: argv.includes('--verbose'),
});
console.log(`\n${rows} rows`);
for (const [release, one] of counts) console.log(`Kafka ${release}: ${countsText(one)}`);
if (stale > 0) console.log(`${stale} stale expectations`);
const different = [...counts.values()].some((one) => one.different > 0);
process.exit(different || stale > 0 ? 1 : 0);
