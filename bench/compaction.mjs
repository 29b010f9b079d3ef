// How fast a log is compacted, and how long the event loop waits for it at most: `node bench/compaction.mjs [megabytes]
// [codec none|gzip]` (build first). The broker runs in this process, so that its event loop can be measured.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import { startBroker } from '../dist/embed.mjs';
import { batch, recomputeCrc } from '../test/interop/lib/batch.mjs';
import { RawConnection } from '../test/interop/lib/raw.mjs';
import { createTopics, incrementalAlterConfigs, produce } from '../test/interop/lib/requests.mjs';
import { print } from './lib.mjs';

const MEGABYTES = Number(process.argv[2] ?? 200);
const CODEC = process.argv[3] ?? 'none';
const KEYS = 50_000;
const RECORDS = 100;

const folder = mkdtempSync(join(tmpdir(), 'sluice-compaction-'));
const broker = await startBroker({
  data: { folder },
  config: { 'log.cleaner.backoff.ms': '100', 'log.segment.delete.delay.ms': '1' },
});
const [host, port] = broker.bootstrapServers.split(':');
const connection = new RawConnection(host, Number(port));
const size = () =>
  readdirSync(join(folder, 'big-0'))
    .filter((name) => name.endsWith('.log'))
    .reduce((sum, name) => sum + statSync(join(folder, 'big-0', name)).size, 0);

function batchFrom(first) {
  const records = Array.from({ length: RECORDS }, (_, index) => ({
    key: `key ${((first + index) * 7919) % KEYS}`,
    value: `${first + index} ${'x'.repeat(80)}`,
  }));
  const plain = batch(records);
  if (CODEC === 'none') return plain;
  const whole = Buffer.concat([plain.subarray(0, 61), gzipSync(plain.subarray(61))]);
  whole.writeInt16BE(1, 21);
  whole.writeInt32BE(whole.length - 12, 8);
  return recomputeCrc(whole);
}

try {
  const configs = {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '1',
    'segment.bytes': String(32 * 1024 * 1024),
  };
  await createTopics(connection, [{ name: 'big', configs }]);
  let records = 0;
  for (let bytes = 0; bytes < MEGABYTES * 1024 * 1024; records += RECORDS) {
    const one = batchFrom(records);
    bytes += one.length;
    const { error } = await produce(connection, 'big', one, { acks: 1 });
    if (error !== 0) throw new Error(`error ${error}`);
  }
  const before = size();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  print('longest wait of the event loop, idle', delay.max / 1e6, 'ms');
  delay.reset();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await incrementalAlterConfigs(connection, [['big', [['min.cleanable.dirty.ratio', 0, '0.1']]]]);
  let last = before;
  while (size() === before) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let since = performance.now(); performance.now() - since < 1000; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (size() !== last) {
      last = size();
      since = performance.now();
    }
  }
  const seconds = (performance.now() - started - 1000) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  print('records', records, '');
  print('before', before / 1024 / 1024, 'MB');
  print('after', last / 1024 / 1024, 'MB');
  print('compacted', before / 1024 / 1024 / seconds, 'MB/s');
  print('CPU', (user + system) / 1e6, 's');
  print('longest wait of the event loop, compacting', delay.max / 1e6, 'ms', 'at most 10');
  print('99.9 % of the waits', delay.percentile(99.9) / 1e6, 'ms');
} finally {
  connection.close();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}
