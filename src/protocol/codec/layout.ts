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
