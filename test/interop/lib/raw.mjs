// The Kafka protocol by hand: what writes a request, reads a response, and carries both over one connection.
import { connect } from 'node:net';

class Writer {
  chunks = [];
  push(size, write) {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.chunks.push(buffer);
    return this;
  }
  int8(value) {
    return this.push(1, (b) => b.writeInt8(value));
  }
  int16(value) {
    return this.push(2, (b) => b.writeInt16BE(value));
  }
  int32(value) {
    return this.push(4, (b) => b.writeInt32BE(value));
  }
  int64(value) {
    return this.push(8, (b) => b.writeBigInt64BE(BigInt(value)));
  }
  string(value) {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.from(value, 'utf8');
    this.int16(bytes.length);
    this.chunks.push(bytes);
    return this;
  }
  bytes(value) {
    if (value === null) return this.int32(-1);
    this.int32(value.length);
    this.chunks.push(value);
    return this;
  }
  array(items, each) {
    if (items === null) return this.int32(-1);
    this.int32(items.length);
    for (const item of items) each(item);
    return this;
  }
  done() {
    return Buffer.concat(this.chunks);
  }
}

class Reader {
  position = 0;
  constructor(buffer) {
    this.buffer = buffer;
  }
  take(size) {
    const start = this.position;
    this.position += size;
    if (this.position > this.buffer.length)
      throw new Error('the response is shorter than its content');
    return start;
  }
  int8 = () => this.buffer.readInt8(this.take(1));
  int16 = () => this.buffer.readInt16BE(this.take(2));
  int32 = () => this.buffer.readInt32BE(this.take(4));
  int64 = () => Number(this.buffer.readBigInt64BE(this.take(8)));
  boolean = () => this.int8() !== 0;
  string = () => {
    const size = this.int16();
    if (size < 0) return null;
    const start = this.take(size);
    return this.buffer.toString('utf8', start, start + size);
  };
  bytes = () => {
    const size = this.int32();
    if (size < 0) return null;
    const start = this.take(size);
    return this.buffer.subarray(start, start + size);
  };
  array = (each) => {
    const count = this.int32();
    if (count < 0) return null;
    return Array.from({ length: count }, each);
  };
}

/** One connection that sends requests one after another and reads their responses in order. */
export class RawConnection {
  #socket;
  #received = Buffer.alloc(0);
  #waiting = [];
  #correlationId = 0;
  #failure;

  constructor(host, port) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      while (this.#received.length >= 4) {
        const size = this.#received.readInt32BE(0);
        if (this.#received.length < 4 + size) break;
        const frame = Buffer.from(this.#received.subarray(4, 4 + size));
        this.#received = this.#received.subarray(4 + size);
        this.#waiting.shift()?.resolve(frame);
      }
    });
    const fail = (error) => {
      this.#failure ??= error;
      for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
    };
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail(new Error('the broker closed the connection')));
  }

  /** Sends one frame with request header v1 and resolves to a Reader placed behind the correlation id. */
  async request(apiKey, version, body, { timeoutMs = 15_000 } = {}) {
    const correlationId = ++this.#correlationId;
    const frame = await this.frame(
      Buffer.concat([
        new Writer()
          .int16(apiKey)
          .int16(version)
          .int32(correlationId)
          .string('interop-referee')
          .done(),
        body,
      ]),
      { timeoutMs },
    );
    const reader = new Reader(frame);
    const answered = reader.int32();
    if (answered !== correlationId)
      throw new Error(`correlation id ${answered}, expected ${correlationId}`);
    return reader;
  }

  /** Sends the bytes as one frame and resolves to the next response frame, without its length. */
  frame(bytes, { timeoutMs = 15_000 } = {}) {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#socket.destroy(new Error(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      const settle = (action) => (value) => {
        clearTimeout(timer);
        action(value);
      };
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) });
      const length = Buffer.alloc(4);
      length.writeInt32BE(bytes.length);
      this.#socket.write(Buffer.concat([length, bytes]));
    });
  }

  /** Sends the bytes as one frame and expects nothing. */
  send(bytes) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    this.#socket.write(Buffer.concat([length, bytes]));
  }

  /** As `frame`, with every byte in a write of its own. */
  frameInPieces(bytes) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    const answer = new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
    const pieces = [...Buffer.concat([length, bytes])];
    const next = () => {
      if (pieces.length === 0) return;
      this.#socket.write(Buffer.from([pieces.shift()]), () => setImmediate(next));
    };
    next();
    return answer;
  }

  /** Sends only a length and four bytes more; answers `closed`, or `open` when it still is after two seconds. */
  afterLength(length) {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(length);
    this.#socket.write(bytes);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('open'), 2_000);
      this.#socket.on('close', () => {
        clearTimeout(timer);
        resolve('closed');
      });
    });
  }

  close() {
    this.#socket.destroy();
  }
}

export { Reader, Writer };
