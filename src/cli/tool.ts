import { type Flags, flagHelp, type Parsed, parseFlags } from './flags.ts';
import type { Command, Terminal } from './terminal.ts';

/** A command as its file declares it; parsing and the help come from the declaration. */
export interface ToolSpec<F extends Flags> {
  readonly name: string;
  /** What it is for, in one or a few lines. */
  readonly about: string;
  /** After the command's name. */
  readonly usage: string;
  readonly flags: F;
  /** Command lines that work, without the program's name. */
  readonly examples: readonly string[];
  /** What else is worth knowing. */
  readonly notes?: string;
  readonly allowRest?: boolean;
  /** As Command's `run`. `rest` is what was not a flag, `args` the whole command line. */
  run(
    flags: Parsed<F>,
    terminal: Terminal,
    rest: readonly string[],
    args: readonly string[],
  ): Promise<number>;
}

export function tool<F extends Flags>(spec: ToolSpec<F>): Command {
  return {
    async run(args, terminal) {
      const { flags, rest, help } = parseFlags(spec.flags, args, {
        command: `sluice ${spec.name}`,
        allowRest: spec.allowRest ?? false,
      });
      if (help) {
        terminal.out(helpText(spec));
        return 0;
      }
      return spec.run(flags, terminal, rest, args);
    },
  };
}

function helpText<F extends Flags>(spec: ToolSpec<F>): string {
  const examples = spec.examples.map((line) => `  sluice ${spec.name} ${line}`.trimEnd());
  return `${spec.about}

Usage: sluice ${spec.name} ${spec.usage}

${flagHelp(spec.flags)}

${examples.join('\n')}
${spec.notes === undefined ? '' : `\n${spec.notes}\n`}`;
}
