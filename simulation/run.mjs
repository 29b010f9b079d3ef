// Runs simulated worlds, each from a seed: `node simulation/run.mjs --help`.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const HELP = `node simulation/run.mjs [options]

  --kind storage|broker   what is simulated: the logs alone, or a broker with clients (storage)
  --seeds N               how many seeds (100)
  --from N                the first seed (1)
  --seed N --trace        one seed again, with everything that happens
  --policy P              os or group-commit; chosen by the seed where absent
  --any-order             names of folders survive a power cut in any order
  --jobs N                processes (1)
  --hours H               go on for so long, with seeds from a random place on where --from is absent
  --failures FILE         failing seeds are added to this file (build/simulation-failures.txt)
`;
const { values } = parseArgs({
  options: {
    kind: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string' },
    seed: { type: 'string' },
    policy: { type: 'string' },
    trace: { type: 'boolean', default: false },
    hash: { type: 'boolean', default: false },
    'any-order': { type: 'boolean', default: false },
    jobs: { type: 'string', default: '1' },
    hours: { type: 'string' },
    failures: { type: 'string', default: join('build', 'simulation-failures.txt') },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

mkdirSync('build', { recursive: true });
const folder = mkdtempSync(join('build', 'simulation-'));
await build({
  entryPoints: ['simulation/node/main.ts'],
  outfile: join(folder, 'main.mjs'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
});
writeFileSync(
  join(folder, 'worker.mjs'),
  `import { main } from './main.mjs';\nprocess.exitCode = await main(process.argv.slice(2));\n`,
);

const jobs = Math.max(1, Number(values.jobs));
const total = values.hours ? 1e9 : Number(values.seeds);
const from = Number(values.from ?? (values.hours ? Math.floor(Math.random() * 2 ** 31) : 1));
const kinds = values.kind ? [values.kind] : values.hours ? ['storage', 'broker'] : ['storage'];
const passed = [];
for (const name of ['seed', 'policy']) if (values[name]) passed.push(`--${name}`, values[name]);
for (const name of ['trace', 'hash', 'any-order']) if (values[name]) passed.push(`--${name}`);
if (values.hours) passed.push('--seconds', String(Number(values.hours) * 3600));

const share = Math.ceil(total / jobs);
const runs = Array.from({ length: jobs }, (_, index) =>
  worker([
    ...passed,
    ...['--kind', kinds[index % kinds.length]],
    ...['--from', String(from + index * share)],
    ...['--seeds', String(Math.min(share, total - index * share))],
  ]),
);
const codes = await Promise.all(runs);
rmSync(folder, { recursive: true, force: true });
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

function worker(args) {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', resolve(folder, 'worker.mjs'), ...args],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      const failed = String(chunk)
        .split('\n')
        .filter((line) => line.startsWith('FAILED') || line.includes('again: '));
      if (failed.length > 0) appendFileSync(values.failures, `${failed.join('\n')}\n`);
    });
    child.on('exit', (code) => done(code ?? 1));
  });
}
