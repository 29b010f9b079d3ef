import type { Int64 } from '../../base/int64.ts';
import { ZERO_UUID } from '../../base/random.ts';
import type { LazyArray } from './lazy-array.ts';

/** A field without parts, by its name in Kafka's schemas. */
export type PrimitiveKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'exactInt64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records';

export type Fields = { readonly [name: string]: Field };

export interface FieldOptions {
  /** What the field means, where its name does not say it. */
  readonly about?: string;
  /** Versions at which null may be sent. */
  readonly nullable?: string;
  /** At versions without the field a value that is not the default is dropped instead of refused. */
  readonly ignorable?: boolean;
  /** The number of the field among the tagged fields of its struct (KIP-482). */
  readonly tag?: number;
  /** Versions at which the field is tagged; at its other versions it has a place in the order. */
  readonly taggedVersions?: string;
  /** `none`: never in the compact form. Only the client id of request headers needs it (KIP-511). */
  readonly flexibleVersions?: 'none';
  /** Words for a person: cut where they are too long to be read, or to be sent. */
  readonly isForPeople?: true;
}

/** The value a field has when it is not on the wire. Arrays and structs only know null or empty. */
export type DefaultValue = string | number | boolean | null;

/**
 * One declared field. `Value` and `Input` exist for inference only: what decoding yields, and what
 * encoding accepts.
 */
export interface Field<Value = unknown, Input = unknown> {
  readonly kind: PrimitiveKind | 'array' | 'struct';
  readonly versions: string;
  readonly options: FieldOptions;
  /** Null or a primitive; undefined stands for "empty": an empty array, bytes, a default struct. */
  readonly default: DefaultValue | undefined;
  /** Array elements: a primitive, or the fields of a struct. */
  readonly element?: PrimitiveKind | Fields | undefined;
  /** The fields of a struct. */
  readonly fields?: Fields | undefined;
  readonly inferred?: { readonly value: Value; readonly input: Input };
}

type Nullable<Options> = Options extends { readonly nullable: string } ? null : never;

type Maker<Value, Default extends DefaultValue> = <
  const Options extends FieldOptions & {
    readonly default?: Default | (Options extends { readonly nullable: string } ? null : never);
  },
>(
  versions: string,
  options?: Options,
) => Field<Value | Nullable<Options>, Value | Nullable<Options>>;

function primitive<Value, Default extends DefaultValue>(
  kind: PrimitiveKind,
  implicitDefault: DefaultValue | undefined,
): Maker<Value, Default> {
  return (versions, options) => ({
    kind,
    versions,
    options: options ?? {},
    default: options?.default === undefined ? implicitDefault : options.default,
  });
}

export const bool = primitive<boolean, boolean>('bool', false);
export const int8 = primitive<number, number>('int8', 0);
export const int16 = primitive<number, number>('int16', 0);
export const uint16 = primitive<number, number>('uint16', 0);
export const int32 = primitive<number, number>('int32', 0);
export const uint32 = primitive<number, number>('uint32', 0);
/**
 * An int64 as a number, exact to 2^53. A value beyond it is read as the farthest number in its
 * direction: for offsets, times and sizes, where it means nothing but "beyond any there is".
 */
export const int64 = primitive<number, number>('int64', 0);
/** An int64 whose every bit counts: ids, and what is stored and given back. */
export const exactInt64 = primitive<Int64, number>('exactInt64', 0);
export const float64 = primitive<number, number>('float64', 0);
export const string = primitive<string, string>('string', '');
/** What an error says to a person. It may hold what a client sent, so it is cut before it is sent. */
export const errorText: typeof string = (versions, options) => {
  const field = string(versions, options);
  return { ...field, options: { ...field.options, isForPeople: true } };
};
/** 22 characters of unpadded base64url; the default is the all-zero id. */
export const uuid = primitive<string, string>('uuid', ZERO_UUID);
/** A Buffer. Decoding yields a slice of the frame, valid as long as the frame. */
export const bytes = primitive<Buffer, never>('bytes', undefined);

type RecordsInput = Buffer | readonly Buffer[] | null;

/**
 * Record batches (or a legacy message set), never looked into here. Decoding yields a slice of the
 * frame; encoding takes one buffer or several and passes them on uncopied.
 */
export function records(
  versions: string,
  options: FieldOptions = {},
): Field<Buffer | null, RecordsInput> {
  return { kind: 'records', versions, options, default: null };
}

type PrimitiveValue<Kind extends PrimitiveKind> = Kind extends 'bool'
  ? boolean
  : Kind extends 'string' | 'uuid'
    ? string
    : Kind extends 'bytes' | 'records'
      ? Buffer
      : Kind extends 'exactInt64'
        ? Int64
        : number;

/** What decoding a set of fields yields: every field, whatever the version. */
export type ValueOf<F extends Fields> = {
  -readonly [Name in keyof F]: F[Name] extends Field<infer Value, unknown> ? Value : never;
};

/** What encoding a set of fields accepts: every field has a default, so each may be left out. */
export type InputOf<F extends Fields> = {
  readonly [Name in keyof F]?: F[Name] extends Field<unknown, infer Input> ? Input : never;
};

type ElementValue<Element> = Element extends PrimitiveKind
  ? PrimitiveValue<Element>
  : Element extends Fields
    ? ValueOf<Element>
    : never;

type ElementInput<Element> = Element extends PrimitiveKind
  ? PrimitiveValue<Element>
  : Element extends Fields
    ? InputOf<Element>
    : never;

type NullDefault<Options> = Options extends { readonly nullable: string } ? null : never;

/** An array of a primitive (`'int32'`) or of structs (their fields). */
export function array<
  const Element extends PrimitiveKind | Fields,
  const Options extends FieldOptions & { readonly default?: NullDefault<Options> },
>(
  versions: string,
  element: Element,
  options?: Options,
): Field<
  ElementValue<Element>[] | Nullable<Options>,
  readonly ElementInput<Element>[] | LazyArray<ElementInput<Element>> | Nullable<Options>
> {
  return { kind: 'array', versions, element, options: options ?? {}, default: options?.default };
}

/** A struct in place; at nullable versions one byte says whether it is there. */
export function struct<
  F extends Fields,
  const Options extends FieldOptions & { readonly default?: NullDefault<Options> },
>(
  versions: string,
  fields: F,
  options?: Options,
): Field<ValueOf<F> | Nullable<Options>, InputOf<F> | Nullable<Options>> {
  return { kind: 'struct', versions, fields, options: options ?? {}, default: options?.default };
}
