import { CliError } from './failure.ts';
import { type Flags, flagHelp, type Parsed, parseFlags } from './flags.ts';
import type { Command } from './terminal.ts';

/** A command that takes its topic without a flag, and stands for a longer one. */
export interface ShortForm<F extends Flags, L extends Flags> {
  readonly name: string;
  readonly about: string;
  /** Flags of its own, in front of those of the long form. */
  readonly flags: F;
  readonly examples: readonly string[];
  readonly notes: string;
  readonly long: { readonly name: string; readonly flags: L; readonly command: Command };
  /** What its own flags mean to the long form; `given` says whether one of those was given too. */
  translate(flags: Parsed<F>, given: (name: string) => boolean): readonly string[];
}

export function shortForm<F extends Flags, L extends Flags>(form: ShortForm<F, L>): Command {
  const { name, flags, long } = form;
  const all: Flags = { ...flags, ...long.flags };
  return {
    async run(args, terminal) {
      const options = { command: `sluice ${name}`, allowRest: true };
      const parsed = parseFlags(all, args, options);
      if (parsed.help) {
        terminal.out(helpText(form));
        return 0;
      }
      const [topic, more] = parsed.rest;
      if (more !== undefined) {
        throw new CliError(`${name} takes one topic, not ${parsed.rest.join(' and ')}`);
      }
      const isGiven = (flag: string) => {
        const value = parsed.flags[flag];
        return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
      };
      if (topic === undefined && !isGiven('topic') && !isGiven('include')) {
        throw new CliError(`which topic? sluice ${name} <topic>`);
      }
      const own = parsed.flags as Parsed<F>;
      return long.command.run(
        [
          ...(topic === undefined ? [] : ['--topic', topic]),
          ...form.translate(own, isGiven),
          ...withoutOwn(args, new Set(parsed.restAt), flags),
        ],
        terminal,
      );
    },
  };
}

/** The arguments that the long form knows. Flags of a short form's own take no values, or take them with =. */
function withoutOwn(args: readonly string[], rest: ReadonlySet<number>, own: Flags): string[] {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const name = /^--?([A-Za-z][^=]*)/.exec(args[index]!)?.[1] ?? '';
    const flag = Object.hasOwn(own, name) ? own[name] : undefined;
    if (rest.has(index)) continue;
    if (!flag) kept.push(args[index]!);
    else if (flag.kind !== 'toggle' && !args[index]!.includes('=')) index++;
  }
  return kept;
}

function helpText<F extends Flags, L extends Flags>(form: ShortForm<F, L>): string {
  const examples = form.examples.map((line) => `  sluice ${form.name} ${line}\n`).join('');
  return `${form.about}

Usage: sluice ${form.name} <topic> [flags]

${flagHelp(form.flags)}

and those of sluice ${form.long.name}:

${flagHelp(form.long.flags)}

${examples}
${form.notes}
`;
}
