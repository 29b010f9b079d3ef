import type { Field, Fields, MessageSchema, PrimitiveKind } from '../schema/index.ts';
import { fullName } from '../schema/index.ts';
import { includesVersion, parseVersions } from '../schema/versions.ts';
import { ProtocolError } from './protocol-error.ts';

/** How one field is treated at one version of a message. */
export interface FieldLayout {
  readonly name: string;
  readonly field: Field;
  readonly place: 'absent' | 'ordered' | 'tagged';
  readonly tag: number;
  readonly nullable: boolean;
  /** Lengths as unsigned varints of length + 1. */
  readonly compact: boolean;
}

/** Whether `version` of the message is flexible; ProtocolError for a version it does not have. */
export function flexibleAt(schema: MessageSchema, version: number): boolean {
  if (!includesVersion(parseVersions(schema.validVersions), version)) {
    throw new ProtocolError(`${fullName(schema)} has no version ${version}`);
  }
  return includesVersion(parseVersions(schema.flexibleVersions), version);
}

/** The fields of a struct at a version, in declared order. */
export function layoutOf(fields: Fields, version: number, flexible: boolean): FieldLayout[] {
  return Object.entries(fields).map(([name, field]) => {
    const { taggedVersions = 'none', nullable = 'none', flexibleVersions, tag } = field.options;
    const present = includesVersion(parseVersions(field.versions), version);
    const tagged = present && includesVersion(parseVersions(taggedVersions), version);
    if (tagged && (!flexible || tag === undefined)) {
      throw new TypeError(`${name} is tagged at version ${version}, which is not flexible`);
    }
    return {
      name,
      field,
      place: tagged ? 'tagged' : present ? 'ordered' : 'absent',
      tag: tag ?? -1,
      nullable: includesVersion(parseVersions(nullable), version),
      compact: flexible && flexibleVersions !== 'none',
    };
  });
}

const FIXED_SIZES: { readonly [kind: string]: number } = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  exactInt64: 8,
  float64: 8,
  uuid: 16,
};

function primitiveSize(kind: PrimitiveKind | 'array', compact: boolean): number {
  return FIXED_SIZES[kind] ?? (compact ? 1 : kind === 'string' ? 2 : 4);
}

/** The least number of bytes one element of an array takes, at least 1. */
export function leastElementSize(
  element: PrimitiveKind | Fields,
  version: number,
  flexible: boolean,
): number {
  if (typeof element === 'string') return primitiveSize(element, flexible);
  let size = flexible ? 1 : 0;
  for (const layout of layoutOf(element, version, flexible)) {
    if (layout.place !== 'ordered') continue;
    const { kind, fields } = layout.field;
    if (kind !== 'struct') size += primitiveSize(kind, layout.compact);
    else size += layout.nullable ? 1 : leastElementSize(fields ?? {}, version, flexible);
  }
  return Math.max(size, 1);
}

/** An element costs so much in any case: whoever works on it remembers something of it. */
const LEAST_HEAP_BYTES = 64;

/** Beside the 8 bytes that each field takes in its object. */
const HEAP_BYTES: { readonly [kind: string]: number } = {
  int64: 16,
  exactInt64: 16,
  float64: 16,
  string: 24,
  uuid: 40,
  bytes: 96,
  records: 96,
  array: 32,
};

/**
 * About how many bytes of memory one element of an array takes when it is decoded, on a 64-bit V8: objects,
 * the boxes of long numbers and the heads of strings. The characters of strings come to that, of which there
 * are at most as many as there are bytes on the wire.
 */
export function heapBytesOf(element: PrimitiveKind | Fields): number {
  if (typeof element === 'string') return LEAST_HEAP_BYTES + (HEAP_BYTES[element] ?? 0);
  return LEAST_HEAP_BYTES + fieldBytes(element);
}

/** Fields that a version does not have are in its objects too, with their defaults. */
function fieldBytes(fields: Fields): number {
  let sum = 0;
  for (const { kind, fields: inner } of Object.values(fields)) {
    sum += 8 + (kind === 'struct' ? 24 + fieldBytes(inner ?? {}) : (HEAP_BYTES[kind] ?? 0));
  }
  return sum;
}

/**
 * How many bytes of memory, as `heapBytesOf` has it, the arrays of a message take at most for each of its bytes on the
 * wire: where all elements are of the kind that says the least for its size. 0 without arrays.
 */
export function mostHeapBytesPerByte(fields: Fields, version: number, flexible: boolean): number {
  let most = 0;
  for (const { place, field } of layoutOf(fields, version, flexible)) {
    const { element, fields: inner } = field;
    if (place === 'absent') continue;
    if (element !== undefined) {
      const perByte = heapBytesOf(element) / leastElementSize(element, version, flexible);
      most = Math.max(most, perByte);
    }
    const within = typeof element === 'object' ? element : inner;
    if (within) most = Math.max(most, mostHeapBytesPerByte(within, version, flexible));
  }
  return most;
}

/** Whether decoding or encoding it may take long: it has an array, at whatever depth. */
export function hasArray(fields: Fields): boolean {
  return Object.values(fields).some(
    ({ kind, fields: inner }) => kind === 'array' || (inner !== undefined && hasArray(inner)),
  );
}

/** Shared by every message; there is nothing in it to change. */
export const EMPTY_BYTES = Buffer.alloc(0);

/** A fresh default value of a field: what it holds where the wire does not carry it. */
export function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return field.default;
  if (field.kind === 'array') return [];
  if (field.kind === 'struct') return defaultsOf(field.fields ?? {});
  return EMPTY_BYTES;
}

function defaultsOf(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, defaultOf(field)]),
  );
}
