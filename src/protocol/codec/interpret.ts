import type { Int64 } from '../../base/int64.ts';
import type {
  Field,
  Fields,
  InputOf,
  LazyArray,
  MessageSchema,
  PrimitiveKind,
  ValueOf,
} from '../schema/index.ts';
import { fullName } from '../schema/index.ts';
import type { FieldLayout } from './layout.ts';
import { defaultOf, flexibleAt, heapBytesOf, layoutOf, leastElementSize } from './layout.ts';
import { ProtocolError } from './protocol-error.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/**
 * The slow twin of the compiled codec: it walks the schema for every message. Tests hold the two
 * equal, and it words the errors, since it knows the path of the field it is at.
 */
class Walk {
  readonly path: string[] = [];
  readonly version: number;
  readonly flexible: boolean;

  constructor(schema: MessageSchema, version: number) {
    this.version = version;
    this.flexible = flexibleAt(schema, version);
  }

  readStruct(fields: Fields, reader: Reader): Record<string, unknown> {
    const layouts = layoutOf(fields, this.version, this.flexible);
    const found = new Map<string, unknown>();
    for (const layout of layouts) {
      if (layout.place === 'ordered') found.set(layout.name, this.#readField(layout, reader));
    }
    if (this.flexible) {
      for (let count = reader.tagCount(); count > 0; count--) {
        const tag = reader.unsignedVarint();
        const size = reader.tagSize();
        const end = reader.position + size;
        const layout = layouts.find((each) => each.place === 'tagged' && each.tag === tag);
        if (layout === undefined) {
          reader.skip(size);
          continue;
        }
        found.set(layout.name, this.#readField(layout, reader));
        reader.endTag(end);
      }
    }
    return Object.fromEntries(
      layouts.map(({ name, field }) => [
        name,
        found.has(name) ? found.get(name) : defaultOf(field),
      ]),
    );
  }

  #readField(layout: FieldLayout, reader: Reader): unknown {
    const { name, field, nullable, compact } = layout;
    this.path.push(name);
    let value: unknown;
    if (field.kind === 'struct') {
      const present = !nullable || reader.structPresent();
      value = present ? this.readStruct(field.fields ?? {}, reader) : null;
    } else if (field.kind === 'array') {
      value = this.#readArray(field, nullable, compact, reader);
    } else {
      value = readPrimitive(field.kind, nullable, compact, reader);
    }
    this.path.pop();
    return value;
  }

  #readArray(field: Field, nullable: boolean, compact: boolean, reader: Reader): unknown {
    const element = field.element ?? 'int8';
    const size = leastElementSize(element, this.version, this.flexible);
    const heapBytes = heapBytesOf(element);
    const count = nullable
      ? reader.nullableArrayCount(compact, size, heapBytes)
      : reader.arrayCount(compact, size, heapBytes);
    if (count < 0) return null;
    const values: unknown[] = [];
    for (let index = 0; index < count; index++) {
      this.path.push(`[${index}]`);
      values.push(
        typeof element === 'string'
          ? readPrimitive(element, false, compact, reader)
          : this.readStruct(element, reader),
      );
      this.path.pop();
    }
    return values;
  }

  writeStruct(fields: Fields, input: Record<string, unknown>, writer: Writer): void {
    const layouts = layoutOf(fields, this.version, this.flexible);
    const tagged: FieldLayout[] = [];
    for (const layout of layouts) {
      this.path.push(layout.name);
      const given = input[layout.name];
      const isDefault = given === undefined || equalsDefault(layout.field, given);
      if (layout.place === 'ordered') {
        this.#writeField(layout, given === undefined ? defaultOf(layout.field) : given, writer);
      } else if (layout.place === 'tagged') {
        if (!isDefault) tagged.push(layout);
      } else if (!isDefault && !layout.field.options.ignorable) {
        throw new ProtocolError('the version has no such field, and its value is not the default');
      }
      this.path.pop();
    }
    if (!this.flexible) return;
    writer.unsignedVarint(tagged.length);
    for (const layout of tagged.sort((a, b) => a.tag - b.tag)) {
      this.path.push(layout.name);
      const mark = writer.beginTag(layout.tag);
      this.#writeField(layout, input[layout.name], writer);
      writer.endTag(mark);
      this.path.pop();
    }
  }

  #writeField(layout: FieldLayout, value: unknown, writer: Writer): void {
    const { field, nullable, compact } = layout;
    if (value === null && !nullable) {
      throw new ProtocolError('null, where this version allows none');
    }
    if (field.kind === 'struct') {
      if (nullable) writer.int8(value === null ? -1 : 1);
      if (value !== null) {
        this.writeStruct(field.fields ?? {}, value as Record<string, unknown>, writer);
      }
      return;
    }
    if (field.options.isForPeople && typeof value === 'string') {
      writer.text(value, compact);
      return;
    }
    if (field.kind !== 'array') {
      writePrimitive(field.kind, value, compact, writer);
      return;
    }
    if (value === null) {
      writer.arrayLength(-1, compact);
      return;
    }
    const values = value as LazyArray<unknown>;
    const element = field.element ?? 'int8';
    writer.arrayLength(values.length, compact);
    for (let index = 0; index < values.length; index++) {
      this.path.push(`[${index}]`);
      if (typeof element === 'string') writePrimitive(element, values.at(index), compact, writer);
      else this.writeStruct(element, values.at(index) as Record<string, unknown>, writer);
      this.path.pop();
    }
  }
}

function readPrimitive(
  kind: PrimitiveKind,
  nullable: boolean,
  compact: boolean,
  reader: Reader,
): unknown {
  if (kind === 'string') return nullable ? reader.nullableString(compact) : reader.string(compact);
  if (kind === 'bytes' || kind === 'records') {
    return nullable ? reader.nullableBytes(compact) : reader.bytes(compact);
  }
  return reader[kind]();
}

function writePrimitive(kind: PrimitiveKind, value: unknown, compact: boolean, writer: Writer) {
  if (kind === 'string') {
    if (value === null) writer.nullString(compact);
    else writer.string(value as string, compact);
  } else if (kind === 'bytes' || kind === 'records') {
    if (value === null) writer.length(-1, compact);
    else writer[kind](value as Buffer, compact);
  } else if (kind === 'bool') writer.bool(value as boolean);
  else if (kind === 'uuid') writer.uuid(value as string);
  else if (kind === 'exactInt64') writer.exactInt64(value as Int64);
  else writer[kind](value as number);
}

function equalsDefault(field: Field, value: unknown): boolean {
  if (field.default !== undefined) return value === field.default;
  if (value === null) return false;
  if (field.kind !== 'struct') return (value as { readonly length: number }).length === 0;
  const struct = value as Record<string, unknown>;
  return Object.entries(field.fields ?? {}).every(
    ([name, inner]) => struct[name] === undefined || equalsDefault(inner, struct[name]),
  );
}

/** Adds the message, its version and the path of the field to an error of reader or writer. */
function explain(error: unknown, schema: MessageSchema, walk: Walk): unknown {
  if (!(error instanceof ProtocolError)) return error;
  const path = walk.path.join('.').replaceAll('.[', '[');
  const where = `${fullName(schema)} v${walk.version}${path === '' ? '' : `, ${path}`}`;
  return new ProtocolError(`${where}: ${error.message}`);
}

/** Decodes by walking the schema: the same result as the compiled decoder, about 20 times slower. */
export function interpretDecode<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  reader: Reader,
): ValueOf<F> {
  const walk = new Walk(schema, version);
  try {
    // The walk yields exactly the declared fields, which is what ValueOf says in types.
    return walk.readStruct(schema.fields, reader) as ValueOf<F>;
  } catch (error) {
    throw explain(error, schema, walk);
  }
}

/** Encodes by walking the schema: the same bytes as the compiled encoder. */
export function interpretEncode<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  input: InputOf<F>,
  writer: Writer,
): void {
  const walk = new Walk(schema, version);
  try {
    walk.writeStruct(schema.fields, input, writer);
  } catch (error) {
    throw explain(error, schema, walk);
  }
}
