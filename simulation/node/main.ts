import { parseArgs } from 'node:util';
import { runBroker } from '../broker/broker-run.ts';
import { runStorage } from '../storage/storage-run.ts';
import { settle } from './settle.ts';

/** What one seed of one kind of run tells. */
export interface SeedOutcome {
  readonly hash: string;
  readonly numbers: Readonly<Record<string, number>>;
}

type Kind = (seed: number, options: RunOptions) => Promise<SeedOutcome>;

interface RunOptions {
  readonly policy: 'os' | 'group-commit' | undefined;
  readonly anyOrder: boolean;
  readonly onLine: ((line: string) => void) | undefined;
}

const KINDS: Readonly<Record<string, Kind>> = {
  async storage(seed, options) {
    const { hash, policy: _, ...numbers } = await runStorage({ seed, settle, ...options });
    return { hash, numbers };
  },
  async broker(seed, options) {
    const { hash, numbers } = await runBroker({ seed, settle, ...options });
    return { hash, numbers };
  },
};

/** One process's share of a simulation: its seeds, one after the other. The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kind: { type: 'string', default: 'storage' },
      from: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '100' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      policy: { type: 'string' },
      trace: { type: 'boolean', default: false },
      hash: { type: 'boolean', default: false },
      'any-order': { type: 'boolean', default: false },
      'stop-at-failure': { type: 'boolean', default: false },
    },
  });
  const run = KINDS[values.kind];
  if (!run) throw new Error(`--kind ${values.kind}: it is ${Object.keys(KINDS).join(' or ')}`);
  const from = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  const { policy } = values;
  if (policy !== undefined && policy !== 'os' && policy !== 'group-commit') {
    throw new Error(`--policy ${policy}: it is os or group-commit`);
  }
  const endMs = values.seconds ? performance.now() + Number(values.seconds) * 1000 : Infinity;
  const onLine = values.trace ? (line: string) => console.log(line) : undefined;
  console.log(`${values.kind}: seeds from ${from} on`);
  const startMs = performance.now();
  const totals: Record<string, number> = {};
  let done = 0;
  let failed = 0;
  for (let seed = from; seed < from + count && performance.now() < endMs; seed++) {
    done++;
    try {
      const { hash, numbers } = await run(seed, { policy, onLine, anyOrder: values['any-order'] });
      if (values.hash) console.log(`hash of seed ${seed}: ${hash}`);
      for (const [name, value] of Object.entries(numbers)) {
        totals[name] = (totals[name] ?? 0) + value;
      }
    } catch (error) {
      failed++;
      const what = error instanceof Error ? error : new Error(String(error));
      const again = `node simulation/run.mjs --kind ${values.kind} --seed ${seed}${policy ? ` --policy ${policy}` : ''} --trace`;
      console.log(`FAILED seed ${seed}: ${what.message}\n  again: ${again}`);
      if (values.seed !== undefined) console.log(what.stack);
      if (values['stop-at-failure']) break;
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    `${values.kind}: ${done} seeds in ${seconds.toFixed(1)} s (${(done / seconds).toFixed(1)}/s), ${failed} failed; ${JSON.stringify(totals)}`,
  );
  return failed === 0 ? 0 : 1;
}
