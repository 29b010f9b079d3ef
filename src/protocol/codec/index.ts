import type { Fields, InputOf, ValueOf } from '../schema/fields.ts';
import type { MessageSchema } from '../schema/index.ts';
import { decoderOf, encoderOf } from './compile.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export type { RequestHeader } from './headers.ts';
export {
  decodeRequestFrame,
  decodeRequestHeader,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
  peekCorrelationId,
  requestHeaderVersion,
  responseHeaderVersion,
} from './headers.ts';
export { ProtocolError } from './protocol-error.ts';
export { Reader } from './reader.ts';
export { decodeVersioned, encodeVersioned, peekVersion } from './versioned.ts';
export { Writer } from './writer.ts';

/**
 * Decodes one message that starts at `offset`. Bytes after the message are ignored, as Kafka does.
 * Buffers in the result are slices of `buffer`. Throws {@link ProtocolError} for bytes that are not
 * this message, and for a version that the schema does not have.
 */
export function decode<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  buffer: Buffer,
  offset = 0,
): ValueOf<F> {
  return decodeFrom(schema, version, new Reader(buffer, offset));
}

/** As {@link decode}, from a reader, which is left just after the message. */
export function decodeFrom<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  reader: Reader,
): ValueOf<F> {
  return decoderOf(schema, version)(reader);
}

/**
 * Encodes one message into a list of chunks: one fresh buffer, cut wherever `records` came in
 * between, which are passed on uncopied. Throws {@link ProtocolError} for a value that does not fit
 * its field, for null where the version has no null, and for a value other than the default in a
 * field that the version does not have, unless the field is ignorable.
 */
export function encode<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  input: InputOf<F>,
): Buffer[] {
  const writer = Writer.shared();
  encodeTo(schema, version, input, writer);
  return writer.finish();
}

/** As {@link encode}, appending to a writer. */
export function encodeTo<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  input: InputOf<F>,
  writer: Writer,
): void {
  encoderOf(schema, version)(writer, input);
}
