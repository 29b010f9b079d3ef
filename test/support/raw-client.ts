import { connect, type Socket } from 'node:net';
import { decodeResponseFrame, encodeRequestFrame } from '../../src/protocol/codec/index.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../../src/protocol/schema/index.ts';

/**
 * A client without any manners of its own: it sends exactly what a test says, at the version it says,
 * and hands out frames as they come.
 */
export class RawClient {
  readonly #socket: Socket;
  readonly #frames: Buffer[] = [];
  readonly #readers: { resolve(frame: Buffer): void; reject(error: Error): void }[] = [];
  /** What came of a frame that is not whole yet. */
  #chunks: Buffer[] = [];
  #receivedBytes = 0;
  #correlationId = 0;
  #isClosed = false;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        for (const reader of this.#readers.splice(0)) reader.reject(new Error('closed'));
        resolve();
      });
    });
  }

  static async connect(at: { host: string; port: number }): Promise<RawClient> {
    const socket = connect(at.port, at.host);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  /** One request and its response; the frames in between are the test's own doing. */
  async call<Q extends Fields, S extends Fields>(
    request: MessageSchema<Q>,
    response: MessageSchema<S>,
    version: number,
    body: InputOf<Q>,
    clientId: string | null = 'raw',
  ): Promise<ValueOf<S>> {
    const correlationId = this.send(request, version, body, clientId);
    const answer = decodeResponseFrame(response, version, await this.nextFrame());
    if (answer.correlationId !== correlationId) {
      throw new Error(`answer ${answer.correlationId} came for request ${correlationId}`);
    }
    return answer.body;
  }

  /** Sends without waiting; the correlation id. */
  send<Q extends Fields>(
    request: MessageSchema<Q>,
    version: number,
    body: InputOf<Q>,
    clientId: string | null = 'raw',
  ): number {
    const correlationId = ++this.#correlationId;
    for (const chunk of encodeRequestFrame(request, version, { correlationId, clientId }, body)) {
      this.#socket.write(chunk);
    }
    return correlationId;
  }

  /** Any bytes. */
  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next response without its length; rejects when the connection ends first. */
  nextFrame(): Promise<Buffer> {
    const frame = this.#frames.shift();
    if (frame) return Promise.resolve(frame);
    if (this.#isClosed) return Promise.reject(new Error('closed'));
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Sends no more; what comes is still read. */
  endWriting(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes < 4) return;
    if (this.#chunks[0]!.length < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    // Joined only when there is a whole frame: a frame of many megabytes comes in thousands of chunks.
    if (this.#receivedBytes < 4 + this.#chunks[0]!.readInt32BE(0)) return;
    let received = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const end = 4 + received.readInt32BE(0);
      const frame = Buffer.from(received.subarray(4, end));
      received = received.subarray(end);
      const reader = this.#readers.shift();
      if (reader) reader.resolve(frame);
      else this.#frames.push(frame);
    }
    this.#chunks = received.length > 0 ? [received] : [];
    this.#receivedBytes = received.length;
  }
}
