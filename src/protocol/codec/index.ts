import type { Pace, Steps } from '../../base/slices.ts';
import type { Fields, InputOf, ValueOf } from '../schema/fields.ts';
import type { MessageSchema } from '../schema/index.ts';
import { decoderOf, decodeStepsOf, encoderOf } from './compile.ts';
import { flexibleAt, mostHeapBytesPerByte } from './layout.ts';
import { TooLargeToDecode } from './protocol-error.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export type { EncodePace } from './compile.ts';
export type { RequestHeader } from './headers.ts';
export {
  decodeRequestFrame,
  decodeRequestHeader,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
  encodeResponseFrameSteps,
  encodeShortResponseFrame,
  peekCorrelationId,
  requestHeaderVersion,
  responseHeaderVersion,
} from './headers.ts';
export { ProtocolError, TooLargeToDecode } from './protocol-error.ts';
export { MAX_DECODED_BYTES, Reader } from './reader.ts';
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

/** Up to so many bytes of memory a message is decoded in one go: about a thousand numbers, or 300 partitions. */
const SHORT_DECODED_BYTES = 96 * 1024;

/**
 * As {@link decode} where it takes up little of a turn; undefined where the message is long and has to be
 * decoded in slices. `heapBytes` is what its arrays take up in memory.
 */
export function decodeShort<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  buffer: Buffer,
  offset: number,
): { readonly body: ValueOf<F>; readonly heapBytes: number } | undefined {
  const reader = new Reader(buffer, offset, buffer.length, SHORT_DECODED_BYTES);
  try {
    const body = decodeFrom(schema, version, reader);
    return { body, heapBytes: reader.heapBytes };
  } catch (error) {
    if (error instanceof TooLargeToDecode) return undefined;
    throw error;
  }
}

/** The most bytes of memory that the arrays of a message take up when decoded, for each of its bytes on the wire. */
export function heapBytesPerByte(schema: MessageSchema, version: number): number {
  return mostHeapBytesPerByte(schema.fields, version, flexibleAt(schema, version));
}

/** As {@link decode}, of a long message: yields where its turn is over. */
export function* decodeSteps<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  reader: Reader,
  pace: Pace,
): Steps<ValueOf<F>> {
  return yield* decodeStepsOf(schema, version)(reader, pace);
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
