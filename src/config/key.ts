/** The types of Kafka's config values; DescribeConfigs reports them (see `CONFIG_TYPE_CODES`). */
export type ConfigType =
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password';

/** Config names and their texts, as they stand in a file, a request or the store. */
export type ConfigTexts = Readonly<Record<string, string>>;

/** A bad value: a sentence that names the key, the value and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** One config, declared once: parsing, validation, precedence and the docs all come from this. */
export interface ConfigKey<T = unknown> {
  readonly type: ConfigType;
  /** In text form; null is "not set". */
  readonly default: string | null;
  /** The default where no ZooKeeper ensemble is configured, if it differs. */
  readonly singleNodeDefault: string | null | undefined;
  /** What Kafka 4 changed about it, for anyone who wants a broker to behave as one. */
  readonly inKafka4: InKafka4 | undefined;
  /** Tells what is allowed, for the error and the reference page; empty allows everything. */
  readonly allowed: string;
  readonly importance: 'high' | 'medium' | 'low';
  readonly update: 'read-only' | 'per-broker' | 'cluster-wide';
  /** Keys asked in this order when this one is not set; their values are multiplied by `scale`. */
  readonly insteadOf: readonly { readonly name: string; readonly scale: number }[];
  /** 'none': accepted so that a real Kafka's file works, and without effect here. */
  readonly effect: 'used' | 'none';
  /** Not one of the keys that Kafka 3.9 describes: described only where it is set. */
  readonly hidden: boolean;
  readonly doc: string;
  /** The typed value; throws ConfigError with the part of the sentence after "key = value". */
  parse(text: string): T;
}

/** KIP-1030 and KIP-724. */
export interface InKafka4 {
  readonly default?: string;
  readonly atLeast?: number;
  readonly removed?: true;
}

export type ValueOf<K> = K extends ConfigKey<infer T> ? T : never;

interface Common {
  importance?: 'high' | 'medium' | 'low';
  update?: 'per-broker' | 'cluster-wide';
  singleNode?: string;
  effect?: 'none';
  hidden?: boolean;
  inKafka4?: InKafka4;
  doc: string;
}
interface Ranged {
  atLeast?: number;
  atMost?: number;
  /** Allowed although it lies outside the range. */
  orExactly?: number;
  insteadOf?: readonly (readonly [name: string, scale: number])[];
}

const INT_MAX = 2_147_483_647;
const LIMITS = {
  short: [-32_768n, 32_767n],
  int: [-2_147_483_648n, BigInt(INT_MAX)],
  long: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
} as const;
/** Kafka's "no limit" for longs; as a number it is 2^63. */
export const LONG_MAX = '9223372036854775807';

function key<T>(
  type: ConfigType,
  common: Common & { default: unknown; insteadOf?: Ranged['insteadOf'] },
  allowed: string,
  parse: (text: string) => T,
): ConfigKey<T> {
  return {
    type,
    default: common.default === null ? null : String(common.default),
    singleNodeDefault: common.singleNode,
    inKafka4: common.inKafka4,
    allowed,
    importance: common.importance ?? 'medium',
    update: common.update ?? 'read-only',
    insteadOf: (common.insteadOf ?? []).map(([name, scale]) => ({ name, scale })),
    effect: common.effect ?? 'used',
    hidden: common.hidden ?? false,
    doc: common.doc,
    parse,
  };
}

function rangeSentence({ atLeast, atMost, orExactly }: Ranged): string {
  const range =
    atLeast !== undefined && atMost !== undefined
      ? `between ${atLeast} and ${atMost}`
      : atLeast !== undefined
        ? `at least ${atLeast}`
        : atMost !== undefined
          ? `at most ${atMost}`
          : '';
  return range && orExactly !== undefined ? `${range}, or ${orExactly}` : range;
}

function inRange(value: number, { atLeast, atMost, orExactly }: Ranged): boolean {
  if (value === orExactly) return true;
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}

function integer<T extends number | null>(
  type: 'int' | 'short' | 'long',
  options: Common & Ranged & { default: unknown },
): ConfigKey<T> {
  const [low, high] = LIMITS[type];
  const range = rangeSentence(options);
  const expected = type === 'long' ? 'a whole number' : `a whole number from ${low} to ${high}`;
  return key(type, options, range, (text) => {
    const trimmed = text.trim();
    if (!/^[+-]?\d{1,20}$/.test(trimmed)) throw new ConfigError(`is not ${expected}`);
    const exact = BigInt(trimmed.replace('+', ''));
    if (exact < low || exact > high) throw new ConfigError(`is not ${expected}`);
    const value = Number(exact);
    if (!inRange(value, options)) throw new ConfigError(`must be ${range}`);
    return value as T;
  });
}

type IntOptions<D> = Common & Ranged & { default: D };
/** A key with `insteadOf` always ends in a value, so its own null default does not show in its type. */
type Fallback = { insteadOf: NonNullable<Ranged['insteadOf']> };

export function int(options: IntOptions<number>): ConfigKey<number>;
export function int(options: IntOptions<null> & Fallback): ConfigKey<number>;
export function int(options: IntOptions<null>): ConfigKey<number | null>;
export function int(options: IntOptions<number | null>): ConfigKey<number | null> {
  return integer('int', options);
}

export function short(options: IntOptions<number>): ConfigKey<number> {
  return integer('short', options);
}

/** `default` may be LONG_MAX, which no `number` can hold. */
export function long(options: IntOptions<number | string>): ConfigKey<number>;
export function long(options: IntOptions<null> & Fallback): ConfigKey<number>;
export function long(options: IntOptions<null>): ConfigKey<number | null>;
export function long(options: IntOptions<number | string | null>): ConfigKey<number | null> {
  return integer('long', options);
}

export function double(options: Common & Ranged & { default: number | string }): ConfigKey<number> {
  const range = rangeSentence(options);
  return key('double', options, range, (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value)) throw new ConfigError('is not a number');
    if (!inRange(value, options)) throw new ConfigError(`must be ${range}`);
    return value;
  });
}

export function boolean(options: Common & { default: boolean }): ConfigKey<boolean> {
  return key('boolean', options, 'true or false', (text) => {
    const lower = text.trim().toLowerCase();
    if (lower !== 'true' && lower !== 'false') throw new ConfigError('must be true or false');
    return lower === 'true';
  });
}

interface Text {
  nonEmpty?: boolean;
  /** What a value that is not empty must look like, and how that is said. */
  shape?: readonly [pattern: RegExp, sentence: string];
}
function text<T>(
  type: 'string' | 'class' | 'password',
  options: Common & Text & { default: string | null },
): ConfigKey<T> {
  const [pattern, sentence] = options.shape ?? [];
  return key(type, options, sentence ?? (options.nonEmpty ? 'not empty' : ''), (value) => {
    if (options.nonEmpty && value.trim() === '') throw new ConfigError('must not be empty');
    if (pattern && value.trim() !== '' && !pattern.test(value)) {
      throw new ConfigError(`must be ${sentence}`);
    }
    return (type === 'password' ? value : value.trim()) as T;
  });
}

export function string(options: Common & Text & { default: string }): ConfigKey<string>;
export function string(options: Common & Text & { default: null }): ConfigKey<string | null>;
export function string(
  options: Common & Text & { default: string | null },
): ConfigKey<string | null> {
  return text('string', options);
}

/** The name of a Java class in Kafka; here always without effect. */
export function className(options: Common & { default: string | null }): ConfigKey<string | null> {
  return text('class', options);
}

/** Never shown: DescribeConfigs answers null and logs leave it out. */
export function password(options: Common & { default: null }): ConfigKey<string | null> {
  return text('password', options);
}

/** One of a few words, exactly as written. */
export function oneOf<const V extends string>(
  values: readonly V[],
  options: Common & { default: NoInfer<V> },
): ConfigKey<V> {
  const allowed = `one of ${values.join(', ')}`;
  return key('string', options, allowed, (value) => {
    const found = values.find((candidate) => candidate === value.trim());
    if (found === undefined) throw new ConfigError(`must be ${allowed}`);
    return found;
  });
}

/** Comma-separated; blanks around the items do not count. */
export function list<const V extends string = string>(
  options: Common & { default: string; items?: readonly V[] },
): ConfigKey<readonly V[]>;
export function list(options: Common & { default: null }): ConfigKey<readonly string[] | null>;
export function list(
  options: Common & { default: string | null; items?: readonly string[] },
): ConfigKey<readonly string[] | null> {
  const allowed = options.items ? `a list of ${options.items.join(', ')}` : '';
  return key<readonly string[] | null>('list', options, allowed, (value) => {
    const items = splitList(value);
    if (options.items && !items.every((item) => options.items?.includes(item))) {
      throw new ConfigError(`must be ${allowed}`);
    }
    return items;
  });
}

export function splitList(value: string): string[] {
  const trimmed = value.trim();
  return trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
}

/** How Kafka writes a typed value back: whole numbers plain, lists joined, words in lower case. */
export function canonicalText(key: ConfigKey, value: string): string {
  const trimmed = key.type === 'password' ? value : value.trim();
  switch (key.type) {
    case 'int':
    case 'short':
    case 'long':
      return /^[+-]?\d+$/.test(trimmed) ? BigInt(trimmed.replace('+', '')).toString() : trimmed;
    case 'boolean':
      return trimmed.toLowerCase();
    case 'list':
      return splitList(trimmed).join(',');
    case 'double':
      return doubleText(trimmed);
    default:
      return trimmed;
  }
}

/** Java prints a whole double with ".0" and a large one with "E". */
function doubleText(value: string): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (Math.abs(number) >= 1e7) {
    const [mantissa = '', exponent = ''] = number.toExponential().split('e+');
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent}`;
  }
  return Number.isInteger(number) ? number.toFixed(1) : String(number);
}

/** 'log.retention.ms' -> 'logRetentionMs' */
export type CamelCase<S extends string> = S extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

export function camelCase(name: string): string {
  return name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase());
}
