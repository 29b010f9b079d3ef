import { inspect } from 'node:util';
import { topicNameProblem } from '../broker/controller/topic-name.ts';
import { closest } from '../config/closest.ts';

/** What a value must be, for a person; undefined where it is. */
export type Check = (value: unknown) => string | undefined;

/** Every option there is, with what it must be. Undefined counts as not given. */
export type OptionTable = Readonly<Record<string, Check>>;

/** The sentence for what is wrong with an options object, or undefined. `what` takes them: `startBroker`. */
export function problemIn(what: string, options: unknown, table: OptionTable): string | undefined {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return `${what} takes an object of options, not ${shown(options)}`;
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!check) {
      const near = nearest(name, Object.keys(table));
      const hint = near ? `did you mean ${near}?` : `there are ${Object.keys(table).join(', ')}`;
      return `${what} has no option ${name}; ${hint}`;
    }
    const problem = value === undefined ? undefined : problemOf(`${what}: ${name}`, value, check);
    if (problem) return problem;
  }
  return undefined;
}

/** The same for a single value. */
export function problemOf(name: string, value: unknown, check: Check): string | undefined {
  const must = check(value);
  return must === undefined ? undefined : `${name} = ${shown(value)} must be ${must}`;
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `a whole number ${range}`;
}

/** What timers take. */
const MOST_MS = 2 ** 31 - 1;

export const milliseconds: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= MOST_MS
    ? undefined
    : `a number of milliseconds from 0 to ${MOST_MS}`;

export const nonEmptyText: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty';

/** A name that a topic can have. */
export const topicName: Check = (value) => {
  const problem = nonEmptyText(value);
  if (problem !== undefined || typeof value !== 'string') return problem;
  return topicNameProblem(value) === undefined
    ? undefined
    : "a topic's name: at most 249 letters, digits, '.', '_' and '-'";
};

export function oneOf(words: readonly string[]): Check {
  return (value) => {
    if (typeof value === 'string' && words.includes(value)) return undefined;
    const near = typeof value === 'string' ? nearest(value, words) : undefined;
    // Of a hundred words the nearest says more than all.
    if (near !== undefined && words.length > 10)
      return `one of the known names; did you mean ${near}?`;
    const all = words.length > 10 ? 'one of the known names' : listed(words);
    return near === undefined ? all : `${all}; did you mean ${near}?`;
  };
}

/** Keys of server.properties, or of a topic. */
export const configTexts: Check = (value) => {
  const must = "an object of Kafka's keys with texts, numbers or booleans";
  if (!isPlainObject(value)) return must;
  for (const [key, one] of Object.entries(value)) {
    if (['string', 'number', 'boolean'].includes(typeof one)) continue;
    return `${must}, which ${key} = ${shown(one)} is not`;
  }
  return undefined;
};

/** Of a Map or a Date no entry would be seen. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // One of another realm, as jest makes them, has a prototype of the same shape.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The known name that somebody meant: one that begins like it, or that is written nearly like it. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const begins = known.find((one) => {
    const word = one.toLowerCase();
    return word.startsWith(wanted) || wanted.startsWith(word);
  });
  if (name.length > 1 && begins !== undefined) return begins;
  return closest(name, known);
}

export function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 100);
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
