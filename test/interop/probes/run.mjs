// Asks a real Kafka and Sluice the same questions and compares the answers.
//
//   node test/interop/probes/run.mjs [--only part-of-a-name,...] [--kafka host:port] [--verbose]
//
// Without --kafka a real Kafka 3.9 is started for the run. Exits 0 when every difference is expected.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { startRealKafka } from '../real-kafka.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const repository = join(folder, '..', '..', '..');

/** The probes are TypeScript, and the floor is Node 20: bundled first, as tools/test.mjs does. */
async function bundled() {
  const builds = join(repository, 'build');
  mkdirSync(builds, { recursive: true });
  const out = mkdtempSync(join(builds, 'probes-'));
  await build({
    entryPoints: [join(folder, 'main.ts')],
    outfile: join(out, 'main.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  try {
    return await import(pathToFileURL(join(out, 'main.mjs')).href);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function main(argv) {
  const option = (name) => {
    const index = argv.indexOf(`--${name}`);
    return index < 0 ? undefined : argv[index + 1];
  };
  const { compareBrokers, sharedProperties } = await bundled();
  const running = option('kafka');
  const started =
    running === undefined ? await startRealKafka({ overrides: sharedProperties }) : undefined;
  try {
    const [host, port] = (running ?? started.bootstrap).split(':');
    return await compareBrokers({
      only: option('only')?.split(',') ?? [],
      verbose: argv.includes('--verbose'),
      kafka: { host, port: Number(port) },
    });
  } finally {
    await started?.stop();
  }
}

process.exit(await main(process.argv.slice(2)));
