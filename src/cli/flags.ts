import { type Int64, parseInt64 } from '../base/int64.ts';
import { closest } from '../config/closest.ts';
import { CliError } from './failure.ts';

type Kind = 'toggle' | 'value' | 'repeated' | 'many' | 'optional';

/** One flag of a command, declared once: parsing and help come from it. */
export interface Flag<K extends Kind = Kind> {
  readonly kind: K;
  /** What stands for the value in the help. */
  readonly placeholder: string;
  readonly doc: string;
  /** Not shown in the help: accepted for the sake of older command lines. */
  readonly hidden: boolean;
}

export type Flags = Readonly<Record<string, Flag>>;

type ParsedFlag<K extends Kind> = K extends 'toggle'
  ? boolean
  : K extends 'repeated' | 'many'
    ? readonly string[]
    : K extends 'optional'
      ? string | true | undefined
      : string | undefined;

export type Parsed<F extends Flags> = {
  readonly [N in keyof F]: F[N] extends Flag<infer K> ? ParsedFlag<K> : never;
};

export function toggle(doc: string, hidden = false): Flag<'toggle'> {
  return { kind: 'toggle', placeholder: '', doc, hidden };
}

/** Given several times, the last one counts. */
export function value(placeholder: string, doc: string, hidden = false): Flag<'value'> {
  return { kind: 'value', placeholder, doc, hidden };
}

export function repeated(placeholder: string, doc: string, hidden = false): Flag<'repeated'> {
  return { kind: 'repeated', placeholder, doc, hidden };
}

/** Takes all that follows, up to the next flag: --producer-props acks=1 linger.ms=5 */
export function many(placeholder: string, doc: string): Flag<'many'> {
  return { kind: 'many', placeholder, doc, hidden: false };
}

/** May stand alone, or be followed by a value that does not begin with a dash. */
export function optional(placeholder: string, doc: string): Flag<'optional'> {
  return { kind: 'optional', placeholder, doc, hidden: false };
}

export interface ParsedArguments<F extends Flags> {
  readonly flags: Parsed<F>;
  /** What is not a flag, in order. */
  readonly rest: readonly string[];
  /** Where in the arguments that was. */
  readonly restAt: readonly number[];
  /** `--help` or `-h` was given. */
  readonly help: boolean;
}

/**
 * Parses as Kafka's tools do: `--flag value` and `--flag=value`, one dash or two, and any beginning
 * of a flag's name that fits only one. Throws CliError naming the closest flag.
 */
export function parseFlags<F extends Flags>(
  declared: F,
  args: readonly string[],
  options: { command: string; allowRest?: boolean },
): ParsedArguments<F> {
  const found: Record<string, unknown> = {};
  for (const [name, { kind }] of Object.entries(declared)) {
    found[name] =
      kind === 'toggle' ? false : kind === 'repeated' || kind === 'many' ? [] : undefined;
  }
  const rest: string[] = [];
  const restAt: number[] = [];
  let help = false;
  /** What `--topics` was taken for, where the word after it shows that something else was meant. */
  let abbreviated: { given: string; name: string } | undefined;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!;
    const match = /^--?([A-Za-z][^=]*)(?:=(.*))?$/s.exec(argument);
    if (!match) {
      if (!options.allowRest || argument.startsWith('-'))
        throw unexpected(declared, argument, options.command, abbreviated);
      rest.push(argument);
      restAt.push(index);
      continue;
    }
    const [, given = '', attached] = match;
    if (given === 'help' || given === 'h') {
      help = true;
      continue;
    }
    const name = resolve(declared, given, argument.startsWith('--'), options.command);
    const flag = declared[name]!;
    abbreviated = flag.kind === 'toggle' && name !== given ? { given, name } : undefined;
    if (flag.kind === 'toggle') {
      if (attached !== undefined) throw new CliError(`--${name} takes no value`);
      found[name] = true;
      continue;
    }
    const next = args[index + 1];
    let text = attached;
    if (text === undefined && next !== undefined) {
      // A value that is not optional may begin with a dash: --shift-by -1.
      if (flag.kind !== 'optional' ? !isFlag(declared, next) : !next.startsWith('-')) {
        text = next;
        index++;
      }
    }
    if (flag.kind === 'optional') found[name] = text ?? true;
    else if (text === undefined) {
      throw new CliError(`--${name} needs a value: --${name} <${flag.placeholder}>`);
    } else if (flag.kind === 'repeated' || flag.kind === 'many') {
      const all = found[name] as string[];
      all.push(text);
      while (
        flag.kind === 'many' &&
        index + 1 < args.length &&
        !args[index + 1]!.startsWith('--')
      ) {
        all.push(args[++index]!);
      }
    } else found[name] = text;
  }
  return { flags: found as Parsed<F>, rest, restAt, help };
}

function isFlag(declared: Flags, argument: string): boolean {
  const name = /^--([A-Za-z][^=]*)/.exec(argument)?.[1];
  return name !== undefined && Object.hasOwn(declared, name);
}

function resolve(declared: Flags, given: string, twoDashes: boolean, command: string): string {
  if (Object.hasOwn(declared, given)) return given;
  const begin = Object.keys(declared).filter((name) => name.startsWith(given));
  if (twoDashes && begin.length === 1) return begin[0]!;
  if (twoDashes && begin.length > 1) {
    throw new CliError(
      `--${given} may mean ${begin.map((name) => `--${name}`).join(', ')}: write it in full`,
    );
  }
  const visible = Object.keys(declared).filter((name) => !declared[name]!.hidden);
  const near = closest(given, visible);
  throw new CliError(
    `${twoDashes ? '--' : '-'}${given} is not a flag of ${command}` +
      `${near ? `; did you mean --${near}?` : `; see ${command} --help`}`,
  );
}

function unexpected(
  declared: Flags,
  argument: string,
  command: string,
  abbreviated: { given: string; name: string } | undefined,
): CliError {
  if (abbreviated) {
    const { given, name } = abbreviated;
    const others = Object.keys(declared).filter((one) => declared[one]!.kind !== 'toggle');
    const near = closest(given, others);
    return new CliError(
      `"${argument}" is not expected after --${given}, which is short for --${name}${near ? `; did you mean --${near}?` : ''}`,
    );
  }
  // `sluice topics list`, as other programs have it.
  if (Object.hasOwn(declared, argument)) {
    return new CliError(`"${argument}" is a flag of ${command}; did you mean --${argument}?`);
  }
  return new CliError(`"${argument}" is not expected here; see ${command} --help`);
}

/** The flags as a table for the help: what to type on the left, what it does on the right. */
export function flagHelp(declared: Flags, columns = 100): string {
  const rows = Object.entries(declared)
    .filter(([, flag]) => !flag.hidden)
    .map(([name, flag]) => ({ left: `  --${name}${valueHelp(flag)}`, doc: flag.doc }));
  const width = Math.min(38, Math.max(...rows.map(({ left }) => left.length)) + 2);
  return rows
    .map(({ left, doc }) => {
      const [first = '', ...others] = wrap(doc, columns - width);
      const head =
        left.length + 1 < width
          ? `${left.padEnd(width)}${first}`
          : `${left}\n${' '.repeat(width)}${first}`;
      return [head, ...others.map((line) => ' '.repeat(width) + line)].join('\n');
    })
    .join('\n');
}

function valueHelp({ kind, placeholder }: Flag): string {
  if (kind === 'toggle') return '';
  if (kind === 'many') return ` <${placeholder}>...`;
  return kind === 'optional' ? ` [${placeholder}]` : ` <${placeholder}>`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}

/** A whole number out of a flag. Throws CliError. */
export function wholeNumber(
  name: string,
  text: string,
  range: { atLeast?: number; atMost?: number } = {},
): number {
  const { atLeast = Number.MIN_SAFE_INTEGER, atMost = Number.MAX_SAFE_INTEGER } = range;
  const number = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new CliError(`--${name} must be a whole number, not ${text}`);
  }
  if (number < atLeast || number > atMost) {
    const limit = number < atLeast ? `at least ${atLeast}` : `at most ${atMost}`;
    throw new CliError(`--${name} must be ${limit}, not ${text}`);
  }
  return number;
}

/** A number of 64 bits, exact, out of a flag. Throws CliError. */
export function wholeInt64(name: string, text: string): Int64 {
  const number = parseInt64(text);
  if (number !== undefined) return number;
  throw new CliError(`--${name} must be a whole number of at most 64 bits, not ${text}`);
}

/**
 * `key=value` out of a repeated flag; with `valueMayMiss` a key alone, which has an empty value as with Kafka's tools.
 * Throws CliError.
 */
export function keyValues(
  name: string,
  texts: readonly string[],
  { valueMayMiss = false } = {},
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at === 0 || text === '' || (at < 0 && !valueMayMiss)) {
      throw new CliError(`--${name} must be of the form key=value, not ${text}`);
    }
    const end = at < 0 ? text.length : at;
    found[text.slice(0, end).trim()] = text.slice(end + 1);
  }
  return found;
}
