import type { Int64 } from '../../base/int64.ts';
import { ZERO_UUID } from '../../base/random.ts';
import type { SimRandom } from '../../base/testing/sim-random.ts';
import { defaultOf, flexibleAt, layoutOf } from '../codec/layout.ts';
import type { Fields, InputOf, MessageSchema, PrimitiveKind, ValueOf } from '../schema/index.ts';
import { parseVersions } from '../schema/versions.ts';

/** Every version of a message, ascending. */
export function versionsOf(schema: MessageSchema): number[] {
  const { lowest, highest } = parseVersions(schema.validVersions);
  return Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index);
}

const TEXTS = [
  '',
  'a',
  'orders',
  'naïve-テスト-🚰',
  'x'.repeat(24),
  'y'.repeat(200),
  'é'.repeat(24),
];
/** The ends of 64 bits, and the values beside the ends of what a number holds. */
export const EXTREME_INT64: readonly Int64[] = [
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 53n,
  -(2n ** 53n),
  2n ** 60n + 1n,
  2 ** 53 - 1,
  1 - 2 ** 53,
];

const INTEGERS: { readonly [kind: string]: readonly Int64[] } = {
  int8: [0, 1, -1, 127, -128],
  int16: [0, 1, -1, 258, 32767, -32768],
  uint16: [0, 1, 258, 65535],
  int32: [0, 1, -1, 66051, 2 ** 31 - 1, -(2 ** 31)],
  uint32: [0, 1, 66051, 2 ** 32 - 1],
  int64: [0, 1, -1, 2 ** 32, -(2 ** 32) - 5, 2 ** 53 - 1, -(2 ** 53) + 1, 1_763_596_800_123],
  exactInt64: [0, 1, -1, 1_763_596_800_123, ...EXTREME_INT64],
  float64: [0, 1.5, -2.25e300],
};

function primitive(kind: PrimitiveKind, random: SimRandom): unknown {
  if (kind === 'bool') return random.chance(0.5);
  if (kind === 'string') return random.pick(TEXTS);
  if (kind === 'bytes' || kind === 'records') return random.bytes(random.int(20));
  if (kind === 'uuid')
    return random.chance(0.2) ? ZERO_UUID : random.bytes(16).toString('base64url');
  return random.pick(INTEGERS[kind] ?? [0]);
}

class Generator {
  readonly version: number;
  readonly flexible: boolean;
  readonly random: SimRandom;

  constructor(schema: MessageSchema, version: number, random: SimRandom) {
    this.version = version;
    this.flexible = flexibleAt(schema, version);
    this.random = random;
  }

  struct(fields: Fields): Record<string, unknown> {
    const { random } = this;
    const value: Record<string, unknown> = {};
    for (const { name, field, place, nullable } of layoutOf(fields, this.version, this.flexible)) {
      const { kind, element } = field;
      if (place === 'absent') value[name] = defaultOf(field);
      else if (nullable && random.chance(0.25)) value[name] = null;
      else if (place === 'tagged' && random.chance(0.3)) value[name] = defaultOf(field);
      else if (kind === 'struct') value[name] = this.struct(field.fields ?? {});
      else if (kind !== 'array') value[name] = primitive(kind, random);
      else {
        value[name] = Array.from({ length: random.int(4) }, () =>
          typeof element === 'object' ? this.struct(element) : primitive(element ?? 'int8', random),
        );
      }
      // A default of null may not be sent where the version has no null.
      if (value[name] === null && place !== 'absent' && !nullable)
        value[name] = primitive('bytes', random);
    }
    return value;
  }
}

/** A random value of a message that can be sent at `version`; fields it lacks hold their defaults. */
export function generateMessage<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  random: SimRandom,
): ValueOf<F> & InputOf<F> {
  // The generator goes by the same fields as the type does.
  return new Generator(schema, version, random).struct(schema.fields) as ValueOf<F> & InputOf<F>;
}

/** The same message, whose every field of 64 bits takes any value: for what others may send. */
export function widened(schema: MessageSchema): MessageSchema {
  return { ...schema, fields: widenedFields(schema.fields), compiled: [] };
}

function widenedFields(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      {
        ...field,
        kind: field.kind === 'int64' ? 'exactInt64' : field.kind,
        fields: field.fields && widenedFields(field.fields),
        element:
          typeof field.element === 'object'
            ? widenedFields(field.element)
            : widenedElement(field.element),
      },
    ]),
  );
}

function widenedElement(element: PrimitiveKind | undefined): PrimitiveKind | undefined {
  return element === 'int64' ? 'exactInt64' : element;
}
