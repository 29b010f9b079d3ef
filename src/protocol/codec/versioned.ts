import type { Fields, InputOf, ValueOf } from '../schema/fields.ts';
import type { MessageSchema } from '../schema/index.ts';

/** The int16 version that opens a record of an internal topic, a snapshot, a subscription. */
export function peekVersion(_buffer: Buffer): number {
  throw new Error('not written yet');
}

/** One buffer: the int16 version, then the body. For keys and values of internal topics. */
export function encodeVersioned<F extends Fields>(
  _schema: MessageSchema<F>,
  _version: number,
  _input: InputOf<F>,
): Buffer {
  throw new Error('not written yet');
}

/**
 * Reads what {@link encodeVersioned} writes. A version the schema does not have is a ProtocolError,
 * or with `newerAsHighest` a newer one is read as the highest known, which is how Kafka's clients
 * treat subscriptions and assignments.
 */
export function decodeVersioned<F extends Fields>(
  _schema: MessageSchema<F>,
  _buffer: Buffer,
  _options: { readonly newerAsHighest?: boolean } = {},
): ValueOf<F> & { readonly version?: never } {
  throw new Error('not written yet');
}
