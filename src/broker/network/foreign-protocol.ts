const HTTP_OPENINGS = ['GET ', 'POST', 'PUT ', 'HEAD', 'DELE', 'OPTI', 'PATC', 'CONN', 'PRI '];
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR = 0x03;

export interface ForeignProtocol {
  readonly name: 'TLS' | 'HTTP';
  /** For the log: what came and what to do. */
  readonly reason: string;
  /** A sentence for the client in its own protocol, where it has one. */
  readonly reply?: string;
}

/** Recognises, by a connection's first 4 bytes, a client that does not speak Kafka's protocol. */
export function foreignProtocol(
  prefix: Uint8Array,
  listenerName: string,
): ForeignProtocol | undefined {
  if (prefix[0] === TLS_HANDSHAKE && prefix[1] === TLS_MAJOR) {
    return {
      name: 'TLS',
      reason: `the client speaks TLS, listener ${listenerName} does not: set security.protocol=PLAINTEXT in the client, or give it the address of a listener with TLS`,
    };
  }
  if (!HTTP_OPENINGS.includes(Buffer.from(prefix).toString('latin1'))) return undefined;
  const text =
    "This port speaks Kafka's protocol, not HTTP. See http.listeners for the HTTP port.\n";
  return {
    name: 'HTTP',
    reason: `the client speaks HTTP, listener ${listenerName} speaks Kafka's protocol: give it the address in http.listeners instead`,
    reply: `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
  };
}
