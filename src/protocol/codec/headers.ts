import type { Fields, InputOf, ValueOf } from '../schema/fields.ts';
import type { MessageSchema } from '../schema/index.ts';

/** What opens every request. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where the request's body begins in the buffer. */
  readonly bodyOffset: number;
}

/**
 * Reads the header of a request from a frame (without its 4 length bytes). The header's own version
 * follows from API key and version; ApiVersions beyond the known versions still has a readable
 * header. Throws ProtocolError for an unknown API key or damaged bytes.
 */
export function decodeRequestHeader(_buffer: Buffer, _offset = 0): RequestHeader {
  throw new Error('not written yet');
}

/** 0 without a client id (ControlledShutdown v0), 1 before the flexible versions, then 2. */
export function requestHeaderVersion(_apiKey: number, _apiVersion: number): number {
  throw new Error('not written yet');
}

/** 1 at flexible versions, else 0; always 0 for ApiVersions (KIP-511). */
export function responseHeaderVersion(_apiKey: number, _apiVersion: number): number {
  throw new Error('not written yet');
}

/**
 * A whole response frame: length, header and body as chunks, ready for `writev`. `schema` must be a
 * response schema.
 */
export function encodeResponseFrame<F extends Fields>(
  _schema: MessageSchema<F>,
  _version: number,
  _correlationId: number,
  _input: InputOf<F>,
): Buffer[] {
  throw new Error('not written yet');
}

/** A whole request frame as chunks: length, header and body. For the client side. */
export function encodeRequestFrame<F extends Fields>(
  _schema: MessageSchema<F>,
  _version: number,
  _header: { readonly correlationId: number; readonly clientId: string | null },
  _input: InputOf<F>,
): Buffer[] {
  throw new Error('not written yet');
}

/** The client side of {@link encodeResponseFrame}: `frame` is a response without its length bytes. */
export function decodeFrame<F extends Fields>(
  _schema: MessageSchema<F>,
  _version: number,
  _frame: Buffer,
): { correlationId: number; body: ValueOf<F> } {
  throw new Error('not written yet');
}
