import { errorSentence } from '../base/system-error.ts';
import { closest } from '../config/closest.ts';
import { COMMANDS } from './command-list.ts';
import { CliError } from './failure.ts';
import { NodeTerminal } from './node-terminal.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

function overview(): string {
  const shown = Object.entries(COMMANDS).filter(([, { hidden }]) => !hidden);
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  const rows = shown.map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`);
  return `Sluice ${VERSION}: a Kafka-compatible broker in one process, and its tools.

Usage: sluice <command> [flags]

${rows.join('\n')}

  sluice <command> --help     what a command can do
  sluice --version            the version

A first look:
  sluice server
  sluice produce greetings
  sluice consume greetings
`;
}

/** Runs one command line and resolves to its exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const isHelpOf = args[0] === 'help' && Object.hasOwn(COMMANDS, args[1] ?? '');
  const [name, ...rest] = isHelpOf ? [...args.slice(1), '--help'] : args;
  const entry = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name ?? ''] : undefined;
  try {
    if (name === '--version' || name === '-v' || name === 'version') {
      terminal.out(`${VERSION}\n`);
      return 0;
    }
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      terminal.out(overview());
      return name === undefined ? 1 : 0;
    }
    if (!entry) {
      const near = nearest(name);
      throw new CliError(
        `${name} is not a command${near ? `; did you mean ${near}?` : '; see sluice --help'}`,
      );
    }
    if (rest.includes('--version')) {
      terminal.out(`${VERSION}\n`);
      return 0;
    }
    const command = await entry.load();
    return await command.run(rest, terminal);
  } catch (error) {
    terminal.err(`${entry ? `sluice ${name}` : 'sluice'}: ${errorSentence(error)}\n`);
    if (process.env['SLUICE_DEBUG'] && error instanceof Error) terminal.err(`${error.stack}\n`);
    return 1;
  }
}

/** What hands type that mean a command of ours, though the letters are far away. */
const MEANT: Readonly<Record<string, string>> = {
  broker: 'server',
  config: 'configs',
  'consumer-group': 'consumer-groups',
  consumer: 'consume',
  describe: 'topics',
  group: 'consumer-groups',
  list: 'topics',
  offsets: 'get-offsets',
  producer: 'produce',
  publish: 'produce',
  read: 'consume',
  run: 'server',
  send: 'produce',
  serve: 'server',
  start: 'server',
  subscribe: 'consume',
  tail: 'consume',
  topic: 'topics',
};

function nearest(given: string): string | undefined {
  // kafka-topics.sh and kafka-topics are what others call it.
  const name = given
    .toLowerCase()
    .replace(/^kafka-/, '')
    .replace(/\.sh$/, '');
  if (Object.hasOwn(MEANT, name)) return MEANT[name];
  const shown = Object.keys(COMMANDS).filter((one) => !COMMANDS[one]?.hidden);
  return shown.includes(name) ? name : closest(name, shown);
}

/** Runs this process's command line and ends it with the exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const terminal = new NodeTerminal();
  const code = await main(args, terminal);
  await terminal.drained();
  const lost = terminal.outFailure;
  // A reader that has seen enough (`| head`) is no failure.
  const isLost = lost !== undefined && !lost.isReaderGone;
  if (isLost) {
    const name = ['sluice', ...args.slice(0, 1).filter((word) => !word.startsWith('-'))].join(' ');
    terminal.err(`${name}: standard output cannot be written: ${lost.reason}\n`);
  }
  // Open handles of an input nobody ends, or of a broker that is gone, must not keep the process.
  process.exit(isLost ? code || 1 : code);
}
