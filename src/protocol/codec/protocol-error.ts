/**
 * Bytes that are not the message they claim to be, or a value that a message cannot carry. The text
 * is one sentence that names the message and version, the field and the position.
 */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}
