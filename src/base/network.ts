/** The network as a port. */
export interface Network {
  /** Rejects with Node's error (`code` EADDRINUSE, EACCES, ...). Port 0 picks a free one. */
  listen(at: Endpoint, onSocket: (socket: Socket) => void): Promise<Listener>;
  /** Rejects with Node's error (`code` ECONNREFUSED, ETIMEDOUT, ...). */
  connect(to: Endpoint, options: { timeoutMs: number }): Promise<Socket>;
  /**
   * As `listen`, and every socket that it hands over has done its TLS handshake. Rejects also where `setup`
   * cannot be used. Absent where the network has no TLS: no listener speaks it yet.
   */
  listenTls?(
    at: Endpoint,
    setup: TlsSetup,
    onSocket: (socket: Socket) => void,
  ): Promise<TlsListener>;
  /** Looks a name up; rejects with Node's error (`code` ENOTFOUND, ...). Absent where nothing has names. */
  resolve?(host: string): Promise<void>;
}

/** A host name or address, and a port. An empty host listens on every address. */
export interface Endpoint {
  host: string;
  port: number;
}

export interface Listener {
  readonly local: Endpoint;
  /** Stops accepting; open sockets stay. */
  close(): Promise<void>;
}

/** What one side of TLS shows and asks for. Certificates and keys are PEM. */
export interface TlsSetup {
  /** The certificate that it shows, followed by those that lead to its issuer. */
  readonly certificates: string;
  readonly privateKey: string;
  /** Whom it believes about the other side. */
  readonly trusted: string;
  /** Whether a client must show a certificate, may, or is not asked (`ssl.client.auth`). */
  readonly clientCertificate: 'required' | 'requested' | 'none';
}

export interface TlsListener extends Listener {
  /** From now on new connections use this; open ones go on with what they began with. Throws where it cannot be used. */
  replace(setup: TlsSetup): void;
}

/** A certificate that its owner has proved to be theirs, and whose issuer is trusted. */
export interface PeerCertificate {
  /** The distinguished name as RFC 2253 writes it, the most specific part first: `CN=alice,O=Example`. */
  readonly subject: string;
}

export interface SocketEvents {
  /** `chunk` is only valid during the call: its memory is reused for the next read. */
  onData(chunk: Uint8Array): void;
  /** The bytes handed to `write` have left this process: `bufferedBytes` went down. */
  onDrain(): void;
  /** The peer sends no more but may still read. Without this the socket then closes as by `end`. */
  onEnd?(): void;
  /** Once, whoever closed. `error` only where the transport failed. */
  onClose(error: Error | undefined): void;
}

export interface Socket {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** Of an accepted one: that it took one of the last file handles, in words; undefined while there are more. */
  readonly shortage?: string | undefined;
  /** What the peer has shown of itself; undefined where it has not, as always without TLS. */
  readonly peerCertificate?: PeerCertificate | undefined;
  /** Begins delivering events. Nothing is read before. */
  start(events: SocketEvents): void;
  /**
   * Sends all buffers as one write. They belong to the socket until `onSent`, which is called once,
   * also when the socket closes first.
   */
  write(buffers: readonly Uint8Array[], onSent?: () => void): void;
  /** Bytes handed to `write` that the kernel has not taken yet. */
  readonly bufferedBytes: number;
  pause(): void;
  resume(): void;
  /** Closes after everything written has been sent. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}
