import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CompatibilityName } from '../../../src/config/index.ts';
import { startTestBroker } from '../../support/test-broker.ts';
import { probes } from './areas/index.ts';
import { type Difference, differences } from './compare.ts';
import { type ExpectedDifference, expectedDifferences } from './expected-differences.ts';
import type { Json } from './normalise.ts';
import { Asker, type Probe } from './probe.ts';

/** Server properties that both brokers run with; what a probe expects of a broker is here. */
export const sharedProperties: Readonly<Record<string, string>> = {
  'offsets.topic.num.partitions': '4',
  'offsets.topic.replication.factor': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'auto.create.topics.enable': 'true',
};

export interface ComparisonOptions {
  /** Parts of probe names; all probes when empty. */
  readonly only: readonly string[];
  /** Prints what Kafka answered, too. */
  readonly verbose: boolean;
  readonly kafka: { readonly host: string; readonly port: number };
  /** The profile that equals that Kafka. */
  readonly compatibility: CompatibilityName;
}

const FAILED = 'the probe failed';

type Address = { readonly host: string; readonly port: number };

/** Asks both brokers everything, prints where they differ, and answers the exit code. */
export async function compareBrokers(options: ComparisonOptions): Promise<number> {
  const chosen = probes.filter(
    ({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)),
  );
  if (chosen.length === 0) {
    console.error('no probe has such a name');
    return 1;
  }
  const sluice = await startTestBroker({
    config: { ...sharedProperties, 'broker.id': '1', compatibility: options.compatibility },
  });
  const counts = { same: 0, expected: 0, different: 0 };
  const used = new Set<number>();
  try {
    for (const probe of chosen) {
      const prefix = `p${randomBytes(4).toString('hex')}`;
      const [theirs, ours] = await Promise.all([
        observe(probe, options.kafka, prefix),
        observe(probe, sluice, prefix),
      ]);
      const found = differences(theirs, ours);
      // Two brokers that make a probe fail alike have not answered it alike.
      for (const observed of [theirs, ours]) {
        if (typeof observed !== 'string' || !observed.startsWith(FAILED)) continue;
        found.unshift({ path: FAILED, kafka: theirs, sluice: ours });
        break;
      }
      const unexpected = found.filter((difference) => {
        if (difference.path === FAILED) return true;
        const index = expectedDifferences.findIndex((each) => isExpected(each, probe, difference));
        if (index >= 0) used.add(index);
        return index < 0;
      });
      if (found.length === 0) counts.same++;
      else if (unexpected.length === 0) counts.expected++;
      else counts.different++;
      const word =
        found.length === 0 ? 'same' : unexpected.length === 0 ? 'as expected' : 'DIFFERENT';
      console.log(`${word.padEnd(12)} ${probe.name}`);
      for (const { path, kafka, sluice: own } of unexpected) {
        console.log(`    ${path}\n      kafka   ${show(kafka)}\n      sluice  ${show(own)}`);
      }
      if (options.verbose) console.log(JSON.stringify(theirs, null, 1));
    }
  } finally {
    await sluice.stop();
  }
  const names = new Set(chosen.map(({ name }) => name));
  const stale = expectedDifferences.filter(
    ({ probe }, index) =>
      (names.has(probe) || (probe === 'any' && options.only.length === 0)) && !used.has(index),
  );
  for (const { probe, path } of stale) {
    console.log(`STALE        ${probe}: nothing differs at ${path} any more`);
  }
  console.log(
    `\n${counts.same} same, ${counts.expected} with expected differences, ${counts.different} different, ${stale.length} stale expectations`,
  );
  return counts.different > 0 || stale.length > 0 ? 1 : 0;
}

function isExpected(expected: ExpectedDifference, probe: Probe, difference: Difference): boolean {
  return (
    (expected.probe === probe.name || expected.probe === 'any') &&
    expected.path.test(difference.path) &&
    (expected.kafka === undefined || isDeepStrictEqual(expected.kafka, difference.kafka))
  );
}

async function observe(probe: Probe, at: Address, prefix: string): Promise<Json> {
  const asker = new Asker(at, prefix);
  try {
    const observed = await probe.run(asker);
    return JSON.parse(JSON.stringify(observed ?? null)) as Json;
  } catch (error) {
    return `${FAILED}: ${error instanceof Error ? error.stack : String(error)}`;
  } finally {
    asker.close();
  }
}

function show(value: Json | undefined): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}...` : text;
}
