// The protocol beside a real Kafka: probes/run.mjs starts both brokers itself.
import { join } from 'node:path';
import { interopFolder } from '../lib/cache.mjs';
import { run } from '../lib/processes.mjs';

export async function compareWithKafka() {
  const probes = join(interopFolder, 'probes', 'run.mjs');
  const { code, stdout, stderr } = await run(process.execPath, [probes], { timeoutMs: 600_000 });
  if (code !== 0) throw new Error(`${stdout.slice(-6_000)}\n${stderr.slice(-2_000)}`);
}
