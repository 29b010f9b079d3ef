import type { Fields, InputOf, MessageSchema, ValueOf } from '../schema/index.ts';
import { parseVersions } from '../schema/versions.ts';
import { decoderOf, encoderOf } from './compile.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** The int16 version that opens a key or value of an internal topic, a snapshot, a subscription. */
export function peekVersion(buffer: Buffer): number {
  return new Reader(buffer).int16();
}

/** One buffer: the int16 version, then the body. For keys and values of internal topics. */
export function encodeVersioned<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  input: InputOf<F>,
): Buffer {
  const writer = Writer.shared();
  writer.int16(version);
  encoderOf(schema, version)(writer, input);
  const chunks = writer.finish();
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/**
 * Reads what {@link encodeVersioned} writes. A version that the schema does not have is a
 * ProtocolError; with `newerAsHighest` a newer one is read as the highest known, which is how
 * Kafka's clients treat subscriptions and assignments. Slices in the result share `buffer`.
 */
export function decodeVersioned<F extends Fields>(
  schema: MessageSchema<F>,
  buffer: Buffer,
  options: { readonly newerAsHighest?: boolean } = {},
): ValueOf<F> {
  const reader = new Reader(buffer);
  let version = reader.int16();
  if (options.newerAsHighest)
    version = Math.min(version, parseVersions(schema.validVersions).highest);
  return decoderOf(schema, version)(reader);
}
