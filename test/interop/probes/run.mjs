// Asks a real Kafka and Sluice the same questions and compares the answers.
//
//   node test/interop/probes/run.mjs [--only part-of-a-name,...] [--version V] [--zookeeper] [--kafka host:port] [--verbose]
//
// Without --kafka a real Kafka is started for the run, 3.9.2 unless --version says otherwise. Sluice runs with the
// compatibility of that Kafka. Exits 0 when every difference is expected; that is kept for 3.9.2 without ZooKeeper.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { ORACLE_VERSION, startRealKafka } from '../real-kafka.mjs';

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

const compatibilityOf = (version, zookeeper) =>
  version.startsWith('4.') ? 'kafka-4' : zookeeper ? 'kafka-3.9-zookeeper' : 'kafka-3.9';

async function main(argv) {
  const option = (name) => {
    const index = argv.indexOf(`--${name}`);
    return index < 0 ? undefined : argv[index + 1];
  };
  const version = option('version') ?? ORACLE_VERSION;
  const zookeeper = argv.includes('--zookeeper');
  const { compareBrokers, sharedProperties } = await bundled();
  const running = option('kafka');
  const started =
    running === undefined
      ? await startRealKafka({ version, zookeeper, overrides: sharedProperties })
      : undefined;
  try {
    const [host, port] = (running ?? started.bootstrap).split(':');
    return await compareBrokers({
      only: option('only')?.split(',') ?? [],
      verbose: argv.includes('--verbose'),
      kafka: { host, port: Number(port) },
      compatibility: option('compatibility') ?? compatibilityOf(version, zookeeper),
    });
  } finally {
    await started?.stop();
  }
}

process.exit(await main(process.argv.slice(2)));
