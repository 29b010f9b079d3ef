import { buildProgram } from './program.ts';
import { type CrashReport, CrashRun } from './rounds.ts';

/** `--rounds N` and `--seed N`; numbers to standard output, exit code 1 for a violation. */
export async function main(args: readonly string[]): Promise<number> {
  const option = (name: string, otherwise: number) => {
    const index = args.indexOf(`--${name}`);
    return index < 0 ? otherwise : Number(args[index + 1]);
  };
  const rounds = option('rounds', 20);
  const seed = option('seed', Date.now() % 2 ** 31);
  if (!Number.isSafeInteger(rounds) || rounds < 2 || !Number.isSafeInteger(seed)) {
    console.error('usage: node test/crash/run.mjs [--rounds N, at least 2] [--seed N]');
    return 2;
  }
  const { program, remove } = buildProgram();
  console.log(`${rounds} rounds, seed ${seed}`);
  try {
    const report = await new CrashRun({
      program,
      rounds,
      seed,
      onRound(round, ending, { recordsAcknowledged, startMs }) {
        const start = startMs.at(-1)?.toFixed(0);
        console.log(`round ${round}: ${ending}; start ${start} ms, ${recordsAcknowledged} records`);
      },
    }).run();
    console.log(summary(report));
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    remove();
  }
}

function summary(report: CrashReport): string {
  const { startMs, endings, ...counts } = report;
  const sorted = [...startMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(0);
  const rows = [
    ...Object.entries(endings),
    ...Object.entries(counts),
    ['start, median and slowest ms', `${at(0.5)}, ${at(1)}`],
  ];
  return `passed\n${rows.map(([name, value]) => `  ${name}: ${value}`).join('\n')}`;
}
