import type { Steps } from '../../base/slices.ts';
import { apiByKey, apis } from '../messages/index.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../schema/index.ts';
import { parseVersions } from '../schema/versions.ts';
import { decoderOf, type EncodePace, encoderOf, encodeStepsOf } from './compile.ts';
import { ProtocolError, TooLongForOneTurn } from './protocol-error.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

const API_VERSIONS = 18;
const CONTROLLED_SHUTDOWN = 7;

/** What opens every request. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where the request's body begins in the buffer. */
  readonly bodyOffset: number;
}

/** By API key: the lowest flexible version, or Infinity. */
const flexibleFrom: readonly (number | undefined)[] = apis.reduce<number[]>((table, api) => {
  const { lowest, highest } = parseVersions(api.request.flexibleVersions);
  table[api.key] = highest < lowest ? Number.POSITIVE_INFINITY : lowest;
  return table;
}, []);

function isFlexible(apiKey: number, apiVersion: number): boolean {
  const from = flexibleFrom[apiKey];
  if (from === undefined) throw new ProtocolError(`no API has the key ${apiKey}`);
  return apiVersion >= from;
}

/** 0 without a client id (ControlledShutdown v0), 1 before the flexible versions, then 2. */
export function requestHeaderVersion(apiKey: number, apiVersion: number): 0 | 1 | 2 {
  if (apiKey === CONTROLLED_SHUTDOWN && apiVersion === 0) return 0;
  return isFlexible(apiKey, apiVersion) ? 2 : 1;
}

/**
 * 1 at flexible versions, else 0. Always 0 for ApiVersions, so that a client which asked for a
 * version the broker does not have can still read the answer (KIP-511).
 */
export function responseHeaderVersion(apiKey: number, apiVersion: number): 0 | 1 {
  return apiKey !== API_VERSIONS && isFlexible(apiKey, apiVersion) ? 1 : 0;
}

/**
 * Reads the header of a request from a frame (without its 4 length bytes). The header's own version
 * follows from API key and version; an API version nobody knows still has a readable header.
 * Throws {@link ProtocolError} for an unknown API key or damaged bytes.
 */
export function decodeRequestHeader(buffer: Buffer, offset = 0): RequestHeader {
  const reader = new Reader(buffer, offset);
  try {
    const apiKey = reader.int16();
    const apiVersion = reader.int16();
    const correlationId = reader.int32();
    const version = requestHeaderVersion(apiKey, apiVersion);
    // The client id keeps its old form at every header version, so that a broker that does not know
    // the request's version can read it all the same.
    const clientId = version === 0 ? null : reader.nullableString(false);
    if (version === 2) reader.skipTags();
    return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.position };
  } catch (error) {
    if (error instanceof ProtocolError) error.message = `request header: ${error.message}`;
    throw error;
  }
}

/**
 * A whole response frame (length, header, body) as chunks for one `writev`. `schema` must be a
 * response of an API.
 */
export function encodeResponseFrame<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  correlationId: number,
  input: InputOf<F>,
): Buffer[] {
  const writer = Writer.shared();
  beginResponse(writer, schema.apiKey, version, correlationId);
  encoderOf(schema, version)(writer, input);
  return endResponse(writer);
}

/**
 * As {@link encodeResponseFrame} where it takes up little of a turn; undefined where the answer is long and has to be
 * written in slices.
 */
export function encodeShortResponseFrame<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  correlationId: number,
  input: InputOf<F>,
): Buffer[] | undefined {
  const writer = Writer.shared();
  writer.bound();
  try {
    beginResponse(writer, schema.apiKey, version, correlationId);
    encoderOf(schema, version)(writer, input);
  } catch (error) {
    if (error instanceof TooLongForOneTurn) return undefined;
    throw error;
  }
  return endResponse(writer);
}

/** As {@link encodeResponseFrame}, of a long answer: yields where its turn is over. */
export function* encodeResponseFrameSteps<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  correlationId: number,
  input: InputOf<F>,
  pace: EncodePace,
): Steps<Buffer[]> {
  const writer = new Writer();
  beginResponse(writer, schema.apiKey, version, correlationId);
  yield* encodeStepsOf(schema, version)(writer, input, pace);
  return endResponse(writer);
}

function beginResponse(
  writer: Writer,
  apiKey: number,
  version: number,
  correlationId: number,
): void {
  writer.int32(0);
  writer.int32(correlationId);
  if (responseHeaderVersion(apiKey, version) === 1) writer.unsignedVarint(0);
}

function endResponse(writer: Writer): Buffer[] {
  writer.patchInt32(0, writer.size - 4);
  return writer.finish();
}

/** A whole request frame (length, header, body) as chunks. For the client's side. */
export function encodeRequestFrame<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  input: InputOf<F>,
): Buffer[] {
  const writer = Writer.shared();
  writer.int32(0);
  writer.int16(schema.apiKey);
  writer.int16(version);
  writer.int32(header.correlationId);
  const headerVersion = requestHeaderVersion(schema.apiKey, version);
  if (headerVersion > 0) {
    if (header.clientId === null) writer.nullString(false);
    else writer.string(header.clientId, false);
  }
  if (headerVersion === 2) writer.unsignedVarint(0);
  encoderOf(schema, version)(writer, input);
  writer.patchInt32(0, writer.size - 4);
  return writer.finish();
}

/** Which request a response answers: the first 4 bytes of its frame (without the length bytes). */
export function peekCorrelationId(frame: Buffer): number {
  return new Reader(frame).int32();
}

/** Reads a whole response from its frame (without the 4 length bytes). For the client's side. */
export function decodeResponseFrame<F extends Fields>(
  schema: MessageSchema<F>,
  version: number,
  frame: Buffer,
): { readonly correlationId: number; readonly body: ValueOf<F> } {
  const reader = new Reader(frame);
  const correlationId = reader.int32();
  if (responseHeaderVersion(schema.apiKey, version) === 1) reader.skipTags();
  return { correlationId, body: decoderOf(schema, version)(reader) };
}

/** Reads a whole request: header and body of a known API and version, in one step. */
export function decodeRequestFrame(frame: Buffer): {
  readonly header: RequestHeader;
  readonly body: ValueOf<Fields>;
} {
  const header = decodeRequestHeader(frame);
  const api = apiByKey(header.apiKey);
  if (api === undefined) throw new ProtocolError(`no API has the key ${header.apiKey}`);
  const reader = new Reader(frame, header.bodyOffset);
  return { header, body: decoderOf(api.request, header.apiVersion)(reader) };
}
