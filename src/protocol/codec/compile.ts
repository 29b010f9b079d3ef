import type { Pace, Steps } from '../../base/slices.ts';
import type {
  Field,
  Fields,
  InputOf,
  MessageSchema,
  PrimitiveKind,
  ValueOf,
} from '../schema/index.ts';
import { fullName } from '../schema/index.ts';
import { interpretDecode, interpretEncode } from './interpret.ts';
import type { FieldLayout } from './layout.ts';
import {
  EMPTY_BYTES,
  flexibleAt,
  hasArray,
  heapBytesOf,
  layoutOf,
  leastElementSize,
} from './layout.ts';
import { ProtocolError, TooLargeToDecode } from './protocol-error.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

type Decoder<F extends Fields> = (reader: Reader) => ValueOf<F>;
type Encoder<F extends Fields> = (writer: Writer, input: InputOf<F>) => void;
type DecodeSteps<F extends Fields> = (reader: Reader, pace: Pace) => Steps<ValueOf<F>>;
type EncodeSteps<F extends Fields> = (
  writer: Writer,
  input: InputOf<F>,
  pace: EncodePace,
) => Steps<void>;

/** What the encoder of a long message asks and tells after each element. */
export interface EncodePace extends Pace {
  /** So many more bytes are complete; 0 most of the time. What it throws ends the encoding. */
  wrote(bytes: number): void;
}

/** What `MessageSchema.compiled` holds per version; only this module touches it. */
interface Compiled<F extends Fields> {
  decode?: Decoder<F>;
  encode?: Encoder<F>;
  decodeSteps?: DecodeSteps<F>;
  encodeSteps?: EncodeSteps<F>;
}

function slotOf<F extends Fields>(schema: MessageSchema<F>, version: number): Compiled<F> {
  const present = schema.compiled[version];
  // Entries are only ever made below, for this same schema.
  if (present !== undefined) return present as Compiled<F>;
  flexibleAt(schema, version);
  const slot: Compiled<F> = {};
  schema.compiled[version] = slot;
  return slot;
}

/** The decoder of one version of a message, generated on first use. */
export function decoderOf<F extends Fields>(schema: MessageSchema<F>, version: number): Decoder<F> {
  const slot = slotOf(schema, version);
  slot.decode ??= makeDecoder(schema, version);
  return slot.decode;
}

/** The encoder of one version of a message, generated on first use. */
export function encoderOf<F extends Fields>(schema: MessageSchema<F>, version: number): Encoder<F> {
  const slot = slotOf(schema, version);
  slot.encode ??= makeEncoder(schema, version);
  return slot.encode;
}

/** As {@link decoderOf}, for long messages: yields where its turn is over. Errors name no field. */
export function decodeStepsOf<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
): DecodeSteps<F> {
  const slot = slotOf(schema, version);
  if (!slot.decodeSteps) {
    const source = new DecoderSource(schema, version, 'in slices');
    const root = source.struct(schema.fields);
    const decode = decoderOf(schema, version);
    slot.decodeSteps = hasArray(schema.fields)
      ? (source.build(root) as Build<DecodeSteps<F>>)(EMPTY_BYTES, refuse)
      : atOnce((reader: Reader) => decode(reader));
  }
  return slot.decodeSteps;
}

/** As {@link encoderOf}, for long messages: yields where its turn is over. Errors name no field. */
export function encodeStepsOf<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
): EncodeSteps<F> {
  const slot = slotOf(schema, version);
  if (!slot.encodeSteps) {
    const source = new EncoderSource(schema, version, 'in slices');
    const root = source.struct(schema.fields);
    const encode = encoderOf(schema, version);
    slot.encodeSteps = hasArray(schema.fields)
      ? (source.build(root) as Build<EncodeSteps<F>>)(EMPTY_BYTES, refuse)
      : atOnce((writer: Writer, input: InputOf<F>) => encode(writer, input));
  }
  return slot.encodeSteps;
}

/** A message without arrays is never long. */
function atOnce<Arguments extends unknown[], Result>(work: (...args: Arguments) => Result) {
  // biome-ignore lint/correctness/useYield: it has nothing to wait for
  return function* (...args: Arguments): Steps<Result> {
    return work(...args);
  };
}

function makeDecoder<F extends Fields>(schema: MessageSchema<F>, version: number): Decoder<F> {
  const source = new DecoderSource(schema, version, 'at once');
  const root = source.struct(schema.fields);
  // The generated function builds exactly the declared fields.
  const run = source.build(root) as Build<Decoder<F>>;
  const decodeBytes = run(EMPTY_BYTES, refuse);
  return (reader) => {
    const start = reader.position;
    try {
      return decodeBytes(reader);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error instanceof TooLargeToDecode) throw error;
      // Only the interpreter knows which field it is at; what it throws is the better error.
      interpretDecode(schema, version, new Reader(reader.buffer, start, reader.end));
      throw error;
    }
  };
}

function makeEncoder<F extends Fields>(schema: MessageSchema<F>, version: number): Encoder<F> {
  const source = new EncoderSource(schema, version, 'at once');
  const root = source.struct(schema.fields);
  const run = source.build(root) as Build<Encoder<F>>;
  const encodeInput = run(EMPTY_BYTES, refuse);
  return (writer, input) => {
    try {
      encodeInput(writer, input);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      interpretEncode(schema, version, input, new Writer());
      throw error;
    }
  };
}

/** What a generated module is handed besides its arguments. */
type Build<Run> = (emptyBytes: Buffer, refuse: () => never) => Run;

function refuse(): never {
  throw new ProtocolError('the value cannot be sent at this version');
}

/** Source text of one generated module: one function per struct, named by number. */
class Source {
  readonly functions: string[] = [];
  readonly version: number;
  readonly flexible: boolean;
  readonly title: string;
  readonly sliced: boolean;
  #variables = 0;

  constructor(schema: MessageSchema, version: number, form: 'at once' | 'in slices') {
    this.version = version;
    this.sliced = form === 'in slices';
    this.flexible = flexibleAt(schema, version);
    this.title = `${fullName(schema)} v${version}`;
  }

  variable(): string {
    return `v${this.#variables++}`;
  }

  layouts(fields: Fields): FieldLayout[] {
    const layouts = layoutOf(fields, this.version, this.flexible);
    for (const { name } of layouts) {
      // Names become source text below, so they must be nothing but names.
      if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(name))
        throw new TypeError(`"${name}" is not a field name`);
    }
    return layouts;
  }

  /** What `mayTakeLong` is a generator where the source is for slices: it yields when its turn is over. */
  define(parameters: string, body: readonly string[], mayTakeLong = false): string {
    const name = `f${this.functions.length}`;
    const [keyword, all] =
      this.sliced && mayTakeLong ? ['function*', `${parameters}, p`] : ['function', parameters];
    this.functions.push(`${keyword} ${name}(${all}) {\n${body.join('\n')}\n}`);
    return name;
  }

  build(root: string): unknown {
    const text = `'use strict'; // ${this.title}\n${this.functions.join('\n')}\nreturn ${root};`;
    return new Function('EMPTY_BYTES', 'refuse', text);
  }
}

class DecoderSource extends Source {
  /** Defines the function that reads a struct, and returns its name. */
  struct(fields: Fields): string {
    const layouts = this.layouts(fields);
    const body: string[] = [];
    const values = new Map<string, string>();
    for (const layout of layouts) {
      if (layout.place !== 'ordered') continue;
      const variable = this.variable();
      values.set(layout.name, variable);
      body.push(`let ${variable};`, this.#read(layout, variable));
    }
    if (this.flexible) body.push(...this.#tags(layouts, values));
    const properties = layouts.map(
      ({ name, field }) => `${name}: ${values.get(name) ?? defaultSource(field)}`,
    );
    body.push(`return { ${properties.join(', ')} };`);
    return this.define('r', body, hasArray(fields));
  }

  /** The expression that reads a struct. */
  #structSource(fields: Fields): string {
    const name = this.struct(fields);
    return this.sliced && hasArray(fields) ? `(yield* ${name}(r, p))` : `${name}(r)`;
  }

  #tags(layouts: readonly FieldLayout[], values: Map<string, string>): string[] {
    const tagged = layouts.filter((layout) => layout.place === 'tagged');
    if (tagged.length === 0) return ['r.skipTags();'];
    const before: string[] = [];
    const cases = tagged.map((layout) => {
      const variable = this.variable();
      values.set(layout.name, variable);
      before.push(`let ${variable} = ${defaultSource(layout.field)};`);
      return `case ${layout.tag}: {\n${this.#read(layout, variable)}\nbreak; }`;
    });
    return [
      ...before,
      'for (let count = r.tagCount(); count > 0; count--) {',
      'const tag = r.unsignedVarint();',
      'const size = r.tagSize();',
      'const end = r.position + size;',
      `switch (tag) {\n${cases.join('\n')}\ndefault: r.skip(size);\n}`,
      'r.endTag(end);',
      '}',
    ];
  }

  #read({ field, nullable, compact }: FieldLayout, variable: string): string {
    if (field.kind === 'struct') {
      const read = this.#structSource(field.fields ?? {});
      return `${variable} = ${nullable ? `r.structPresent() ? ${read} : null` : read};`;
    }
    if (field.kind !== 'array') {
      return `${variable} = ${readSource(field.kind, nullable, compact)};`;
    }
    const element = field.element ?? 'int8';
    const size = leastElementSize(element, this.version, this.flexible);
    const heapBytes = heapBytesOf(element);
    const count = `r.${nullable ? 'nullableArrayCount' : 'arrayCount'}(${compact}, ${size}, ${heapBytes})`;
    const read =
      typeof element === 'string'
        ? readSource(element, false, compact)
        : this.#structSource(element);
    const [counted, list] = [this.variable(), this.variable()];
    return [
      `const ${counted} = ${count};`,
      `if (${counted} < 0) ${variable} = null;`,
      `else { const ${list} = [];`,
      `for (let i = 0; i < ${counted}; i++) {`,
      `${list}.push(${read});`,
      this.sliced ? 'if (p.isOver()) yield;' : '',
      '}',
      `${variable} = ${list}; }`,
    ].join('\n');
  }
}

function readSource(kind: PrimitiveKind, nullable: boolean, compact: boolean): string {
  if (kind === 'string') return `r.${nullable ? 'nullableString' : 'string'}(${compact})`;
  if (kind === 'bytes' || kind === 'records') {
    return `r.${nullable ? 'nullableBytes' : 'bytes'}(${compact})`;
  }
  return `r.${kind}()`;
}

function defaultSource(field: Field): string {
  if (field.default !== undefined) return JSON.stringify(field.default);
  if (field.kind === 'bytes') return 'EMPTY_BYTES';
  if (field.kind === 'array') return '[]';
  const inner = Object.entries(field.fields ?? {});
  return `{ ${inner.map(([name, each]) => `${name}: ${defaultSource(each)}`).join(', ')} }`;
}

class EncoderSource extends Source {
  /** Defines the function that writes a struct, and returns its name. */
  struct(fields: Fields): string {
    const body: string[] = [];
    const tagged: { layout: FieldLayout; variable: string }[] = [];
    for (const layout of this.layouts(fields)) {
      const { name, field, place } = layout;
      const variable = this.variable();
      if (place === 'ordered') {
        body.push(`let ${variable} = m.${name};`);
        body.push(`if (${variable} === undefined) ${variable} = ${emptySource(field)};`);
        body.push(this.#write(layout, variable));
      } else if (place === 'tagged') {
        body.push(`const ${variable} = m.${name};`);
        tagged.push({ layout, variable });
      } else if (!field.options.ignorable) {
        body.push(`const ${variable} = m.${name};`);
        body.push(`if (!(${this.#isDefault(field, variable)})) refuse();`);
      }
    }
    if (this.flexible) body.push(...this.#tags(tagged));
    return this.define('w, m', body, hasArray(fields));
  }

  #tags(tagged: readonly { layout: FieldLayout; variable: string }[]): string[] {
    if (tagged.length === 0) return ['w.unsignedVarint(0);'];
    const sorted = tagged.toSorted((a, b) => a.layout.tag - b.layout.tag);
    const flags = sorted.map(() => this.variable());
    const tests = sorted.map(
      ({ layout, variable }, index) =>
        `const ${flags[index]} = !(${this.#isDefault(layout.field, variable)});`,
    );
    const writes = sorted.map(({ layout, variable }, index) => {
      const mark = this.variable();
      const write = this.#write(layout, variable);
      return `if (${flags[index]}) { const ${mark} = w.beginTag(${layout.tag});\n${write}\nw.endTag(${mark}); }`;
    });
    const count = flags.map((flag) => `(${flag} ? 1 : 0)`).join(' + ');
    return [...tests, `w.unsignedVarint(${count});`, ...writes];
  }

  /** Whether the value, or its absence, is the default. */
  #isDefault(field: Field, variable: string): string {
    const absent = `${variable} === undefined`;
    if (field.default !== undefined) {
      return `${absent} || ${variable} === ${JSON.stringify(field.default)}`;
    }
    if (field.kind !== 'struct')
      return `${absent} || (${variable} !== null && ${variable}.length === 0)`;
    const inner = Object.entries(field.fields ?? {}).map(
      ([name, each]) => `(${this.#isDefault(each, `m.${name}`)})`,
    );
    const test = this.define('m', [`return ${inner.join(' && ') || 'true'};`]);
    return `${absent} || (${variable} !== null && ${test}(${variable}))`;
  }

  #write({ field, nullable, compact }: FieldLayout, variable: string): string {
    const { kind } = field;
    if (kind === 'struct') {
      const write = this.#structSource(field.fields ?? {}, variable);
      if (!nullable) return `if (${variable} === null) refuse();\n${write}`;
      return `if (${variable} === null) w.int8(-1); else { w.int8(1); ${write} }`;
    }
    const none = kind === 'string' ? `w.nullString(${compact})` : `w.length(-1, ${compact})`;
    const whenNull = nullable ? none : 'refuse()';
    if (kind !== 'array') {
      const write = field.options.isForPeople
        ? `w.text(${variable}, ${compact});`
        : writeSource(kind, variable, compact);
      if (kind !== 'string' && kind !== 'bytes' && kind !== 'records') return write;
      return `if (${variable} === null) ${whenNull}; else ${write}`;
    }
    const element = field.element ?? 'int8';
    const [count, each] = [this.variable(), this.variable()];
    const write =
      typeof element === 'string'
        ? writeSource(element, each, compact)
        : this.#structSource(element, each);
    // Indexing is what the usual arrays are quickest at; those that are made on demand have only at().
    return [
      `if (${variable} === null) ${whenNull};`,
      `else { const ${count} = ${variable}.length;`,
      `w.arrayLength(${count}, ${compact});`,
      `for (let i = 0; i < ${count}; i++) {`,
      `const ${each} = Array.isArray(${variable}) ? ${variable}[i] : ${variable}.at(i);`,
      write,
      this.sliced ? 'p.wrote(w.step()); if (p.isOver()) yield;' : '',
      '} }',
    ].join('\n');
  }

  /** The statement that writes a struct. */
  #structSource(fields: Fields, value: string): string {
    const name = this.struct(fields);
    return this.sliced && hasArray(fields)
      ? `yield* ${name}(w, ${value}, p);`
      : `${name}(w, ${value});`;
  }
}

function writeSource(kind: PrimitiveKind, value: string, compact: boolean): string {
  if (kind === 'string' || kind === 'bytes' || kind === 'records') {
    return `w.${kind}(${value}, ${compact});`;
  }
  return `w.${kind}(${value});`;
}

/** What an absent value is written as. A struct's own fields fill in their defaults. */
function emptySource(field: Field): string {
  return field.kind === 'struct' && field.default === undefined ? '{}' : defaultSource(field);
}
