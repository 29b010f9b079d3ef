import type { Fields, InputOf, ValueOf } from './fields.ts';

export type MessageType = 'request' | 'response' | 'header' | 'data';

/** What a message declares; the order of `fields` is the order on the wire. */
export interface MessageDeclaration<F extends Fields> {
  /** The API's number; absent for headers and for data that is not a request or response. */
  readonly apiKey?: number;
  /** The API's name without "Request" or "Response", or the data's own name. */
  readonly name: string;
  readonly type: MessageType;
  readonly validVersions: string;
  /** Versions with compact lengths and tagged fields (KIP-482). */
  readonly flexibleVersions: string;
  readonly fields: F;
}

export interface MessageSchema<F extends Fields = Fields> extends MessageDeclaration<F> {
  /** -1 when the message belongs to no API. */
  readonly apiKey: number;
  /** The codec's functions by version, made on first use. */
  readonly compiled: unknown[];
}

/** Declares a message. Nothing is parsed here, so that loading all declarations stays cheap. */
export function message<const F extends Fields>(
  declaration: MessageDeclaration<F>,
): MessageSchema<F> {
  const { apiKey = -1, name, type, validVersions, flexibleVersions, fields } = declaration;
  return { apiKey, name, type, validVersions, flexibleVersions, fields, compiled: [] };
}

/** The name Kafka gives the message: `FetchRequest`, `OffsetCommitKey`. */
export function fullName(schema: Pick<MessageSchema, 'name' | 'type'>): string {
  if (schema.type === 'request') return `${schema.name}Request`;
  if (schema.type === 'response') return `${schema.name}Response`;
  return schema.name;
}

/** What decoding a message yields, the same shape at every version: absent fields hold defaults. */
export type MessageOf<Schema> = Schema extends MessageSchema<infer F> ? ValueOf<F> : never;

/** What encoding a message accepts. A field left out is sent as its default. */
export type MessageInput<Schema> = Schema extends MessageSchema<infer F> ? InputOf<F> : never;
