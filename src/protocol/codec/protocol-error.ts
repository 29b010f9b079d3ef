/**
 * Bytes that are not the message they claim to be, or a value that a message cannot carry. The text
 * is one sentence that names the message and version, the field and the position.
 */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

/** A message that would take up more memory than it may. Nothing is wrong with its bytes. */
export class TooLargeToDecode extends ProtocolError {
  override name = 'TooLargeToDecode';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`the arrays of one message would take up more than ${maxBytes} bytes of memory`);
    this.maxBytes = maxBytes;
  }
}

/** A message that is too long to be encoded in one turn of the event loop. */
export class TooLongForOneTurn extends Error {
  override name = 'TooLongForOneTurn';
}
