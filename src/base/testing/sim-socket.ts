import type { Endpoint, Socket, SocketEvents } from '../network.ts';

/** What one side may send before the other has read it, like a kernel's buffers. */
const WINDOW_BYTES = 256 * 1024;

/** A read of a real socket ends here too. */
const LARGEST_CHUNK_BYTES = 64 * 1024;

interface Write {
  bytes: Buffer;
  taken: number;
  onSent: (() => void) | undefined;
}

export interface SimSocketOptions {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly shortage?: string | undefined;
  /** Runs `step` later, in order: how bytes and ends travel. */
  readonly later: (step: () => void) => void;
  /** The size of the next chunk to deliver, 1 to 65,536. */
  readonly chunkBytes: () => number;
}

/** One end of a connection in memory. */
export class SimSocket implements Socket {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly shortage: string | undefined;
  readonly #options: SimSocketOptions;
  #peer: SimSocket | undefined;
  #events: SocketEvents | undefined;
  #writes: Write[] = [];
  #bufferedBytes = 0;
  /** Received and not yet delivered. */
  #inbox: Buffer[] = [];
  #inboxBytes = 0;
  #paused = false;
  #ending: 'no' | 'writing' | 'both' = 'no';
  #peerEnded = false;
  #endDelivered = false;
  #closed = false;
  #vanished = false;
  #closeError: Error | undefined;
  #stepPending = false;

  constructor(options: SimSocketOptions) {
    this.#options = options;
    this.remote = options.remote;
    this.local = options.local;
    this.shortage = options.shortage;
  }

  /** Joins two ends. */
  static join(one: SimSocket, other: SimSocket): void {
    one.#peer = other;
    other.#peer = one;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  start(events: SocketEvents): void {
    this.#events = events;
    if (this.#closed) events.onClose(this.#closeError);
    else this.#wake();
  }

  write(buffers: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#closed || this.#ending !== 'no') {
      onSent?.();
      return;
    }
    const bytes = Buffer.concat(buffers);
    this.#writes.push({ bytes, taken: 0, onSent });
    this.#bufferedBytes += bytes.length;
    this.#wake();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  end(): void {
    if (this.#ending !== 'both') this.#ending = 'both';
    this.#wake();
  }

  /** Sends no more and still reads, as a client that shuts down one direction. */
  endWriting(): void {
    if (this.#ending === 'no') this.#ending = 'writing';
    this.#wake();
  }

  destroy(): void {
    this.breakOff(undefined);
  }

  /** Closes at once; the other side learns of it as a reset. */
  breakOff(error: Error | undefined): void {
    if (this.#closed) return;
    const peer = this.#peer;
    this.#close(error);
    this.#options.later(() => peer?.breakOff(resetError()));
  }

  /** Is gone without a word, as when the machine loses power: the other side keeps on waiting. */
  vanish(): void {
    this.#vanished = true;
    if (!this.#closed) this.#close(Object.assign(new Error('vanished'), { code: 'ETIMEDOUT' }));
  }

  #wake(): void {
    if (this.#stepPending || this.#closed) return;
    this.#stepPending = true;
    this.#options.later(() => {
      this.#stepPending = false;
      this.#send();
      this.#deliver();
    });
  }

  #send(): void {
    const peer = this.#peer;
    if (this.#closed || !peer) return;
    let drained = false;
    for (let write = this.#writes[0]; write; write = this.#writes[0]) {
      if (peer.#closed) {
        // Who writes to a connection that the other side has closed is told so.
        if (!peer.#vanished) this.#close(resetError());
        return;
      }
      const count = Math.min(WINDOW_BYTES - peer.#inboxBytes, write.bytes.length - write.taken);
      if (count > 0) peer.#receive(write.bytes.subarray(write.taken, write.taken + count));
      write.taken += count;
      this.#bufferedBytes -= count;
      if (write.taken < write.bytes.length) return;
      this.#writes.shift();
      write.onSent?.();
      drained = true;
    }
    if (drained) this.#events?.onDrain();
    if (this.#ending === 'no' || this.#writes.length > 0) return;
    if (!peer.#peerEnded) {
      peer.#peerEnded = true;
      peer.#wake();
    }
    if (this.#ending === 'both') this.#close(undefined);
  }

  #receive(bytes: Buffer): void {
    this.#inbox.push(bytes);
    this.#inboxBytes += bytes.length;
    this.#wake();
  }

  /** One chunk a step, so that several sockets take turns. */
  #deliver(): void {
    if (this.#closed || this.#paused || !this.#events) return;
    const first = this.#inbox[0];
    if (!first) {
      this.#deliverEnd();
      return;
    }
    const size = Math.min(first.length, this.#options.chunkBytes(), LARGEST_CHUNK_BYTES);
    // The receiver gets memory that is overwritten as soon as it returns, as with a real socket.
    const chunk = Buffer.from(first.subarray(0, size));
    if (size === first.length) this.#inbox.shift();
    else this.#inbox[0] = first.subarray(size);
    this.#inboxBytes -= size;
    this.#events.onData(chunk);
    chunk.fill(0xaa);
    if (this.#peer) this.#peer.#wake();
    this.#wake();
  }

  #deliverEnd(): void {
    if (!this.#peerEnded || this.#endDelivered) return;
    this.#endDelivered = true;
    if (this.#events?.onEnd) this.#events.onEnd();
    else this.end();
    // Where this side has ended too, nothing is left to wait for.
    if (this.#ending === 'writing' && this.#writes.length === 0) this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    this.#closed = true;
    this.#closeError = error;
    this.#inbox = [];
    const lost = this.#writes;
    this.#writes = [];
    this.#bufferedBytes = 0;
    for (const { onSent } of lost) onSent?.();
    this.#events?.onClose(error);
  }
}

function resetError(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
