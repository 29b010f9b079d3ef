// How soon every command answers on one node, as a whole process from spawn to exit:
// `node bench/cli.mjs [runs]` (build first). Median and worst of five runs each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, startBroker } from './lib.mjs';

const MOST_MS = 300;
const RUNS = Number(process.argv[2] ?? 5);
const program = fileURLToPath(new URL('../bin/sluice', import.meta.url));

const broker = await startBroker({
  overrides: { 'group.initial.rebalance.delay.ms': 0 },
});
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-cli-'));
const file = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Milliseconds from spawn to exit. Throws with what it said where the exit code is not 0. */
async function timed(args, input = '') {
  const start = performance.now();
  const child = spawn(process.execPath, [program, ...args], { cwd: folder });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  child.stdout.resume();
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${code}: ${said}`);
  return performance.now() - start;
}

const at = ['--bootstrap-server', broker.address];
const lines = Array.from({ length: 100 }, (_, index) => `value ${index}\n`).join('');
const group = ['consumer-groups', ...at, '--group', 'bench'];
const deletion = { partitions: [{ topic: 'bench', partition: 0, offset: 1 }], version: 1 };
const log = join(broker.folder, 'bench-0', '00000000000000000000.log');

// A command that changes something is told in a way that it can do again.
const commands = [
  ['topics --list', ['topics', ...at, '--list']],
  ['topics --describe', ['topics', ...at, '--describe']],
  ['topics --create', ['topics', ...at, '--create', '--if-not-exists', '--topic', 'bench']],
  ['topics --delete', ['topics', ...at, '--delete', '--if-exists', '--topic', 'nothing']],
  ['console-producer', ['console-producer', ...at, '--topic', 'bench'], lines],
  [
    'console-consumer',
    [
      ...['console-consumer', ...at, '--topic', 'bench', '--partition', '0'],
      ...['--offset', 'earliest', '--max-messages', '100'],
    ],
  ],
  [
    'console-consumer --group',
    [
      ...['console-consumer', ...at, '--topic', 'bench', '--from-beginning'],
      ...['--consumer-property', 'enable.auto.commit=false', '--group', 'readers'],
      ...['--max-messages', '100'],
    ],
  ],
  ['consumer-groups --list', ['consumer-groups', ...at, '--list', '--state']],
  ['consumer-groups --describe', [...group, '--describe']],
  ['consumer-groups --members', [...group, '--describe', '--members', '--verbose']],
  [
    'consumer-groups --reset-offsets',
    [...group, '--reset-offsets', '--topic', 'bench', '--to-latest', '--execute'],
  ],
  ['consumer-groups --delete-offsets', [...group, '--delete-offsets', '--topic', 'bench']],
  ['groups --list', ['groups', ...at, '--list']],
  ['configs --describe', ['configs', ...at, '--describe', '--topic', 'bench', '--all']],
  [
    'configs --alter',
    ['configs', ...at, '--alter', '--topic', 'bench', '--add-config', 'retention.ms=600000'],
  ],
  ['get-offsets', ['get-offsets', ...at]],
  [
    'delete-records',
    ['delete-records', ...at, '--offset-json-file', file('delete.json', JSON.stringify(deletion))],
  ],
  ['log-dirs --describe', ['log-dirs', ...at, '--describe']],
  ['broker-api-versions', ['broker-api-versions', ...at]],
  ['cluster cluster-id', ['cluster', 'cluster-id', ...at]],
  [
    'producer-perf-test',
    [
      ...[
        'producer-perf-test',
        '--topic',
        'bench',
        '--num-records',
        '1000',
        '--record-size',
        '100',
      ],
      ...['--throughput', '-1', '--producer-props', `bootstrap.servers=${broker.address}`],
    ],
  ],
  [
    'consumer-perf-test',
    ['consumer-perf-test', ...at, '--topic', 'bench', '--messages', '500', '--timeout', '5000'],
  ],
  [
    'verifiable-producer',
    ['verifiable-producer', ...at, '--topic', 'bench', '--max-messages', '100'],
  ],
  [
    'verifiable-consumer',
    [
      ...['verifiable-consumer', ...at, '--topic', 'bench', '--group-id', 'verifiable'],
      ...['--reset-policy', 'earliest', '--max-messages', '50'],
    ],
  ],
  ['dump-log', ['dump-log', '--files', log, '--deep-iteration', '--max-bytes', '65536']],
  ['completion bash', ['completion', 'bash']],
  ['--help', ['consumer-groups', '--help']],
];

let slow = 0;
try {
  await timed(['topics', ...at, '--create', '--if-not-exists', '--topic', 'bench']);
  await timed(['console-producer', ...at, '--topic', 'bench'], lines);
  await timed([...group, '--reset-offsets', '--topic', 'bench', '--to-earliest', '--execute']);
  console.log(`${'command'.padEnd(34)} median     worst   (at most ${MOST_MS} ms)`);
  for (const [name, args, input] of commands) {
    const times = [];
    for (let run = 0; run < RUNS; run++) times.push(await timed(args, input));
    const figure = (ms) => `${ms.toFixed(0).padStart(5)} ms`;
    const late = median(times) > MOST_MS;
    if (late) slow++;
    console.log(
      `${name.padEnd(34)} ${figure(median(times))}  ${figure(Math.max(...times))}${late ? '   SLOW' : ''}`,
    );
  }
} finally {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${commands.length} commands, ${slow} slower than ${MOST_MS} ms`);
