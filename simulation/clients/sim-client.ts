import type { Endpoint, Network, Socket } from '../../src/base/network.ts';
import type { SimProcess } from '../../src/base/testing/sim-loop.ts';
import { decodeResponseFrame, encodeRequestFrame } from '../../src/protocol/codec/index.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../../src/protocol/schema/index.ts';
import { mustHold } from '../violation.ts';

/** The connection is no more; what was asked on it was done or not. */
export class Disconnected extends Error {
  override name = 'Disconnected';
}

interface Waiting {
  readonly correlationId: number;
  readonly name: string;
  resolve(frame: Buffer): void;
  reject(error: Error): void;
}

export interface SimClientOptions {
  readonly network: Network;
  readonly process: SimProcess;
  readonly broker: Endpoint;
  readonly clientId: string;
  /** No answer for so long: the other side must have gone without a word. */
  readonly timeoutMs: number;
  /** Called then, before the connection is given up. */
  readonly onTimeout: (what: string, connectedMs: number) => void;
}

/** A connection that speaks the protocol and insists on its rules: every request one answer, in order. */
export class SimClient {
  readonly #socket: Socket;
  readonly #options: SimClientOptions;
  readonly #connectedMs: number;
  readonly #waiting: Waiting[] = [];
  #received = Buffer.alloc(0);
  #correlationId = 0;
  #isClosed = false;

  /** Rejects with Disconnected. */
  static async connect(options: SimClientOptions): Promise<SimClient> {
    let socket: Socket;
    try {
      socket = await options.network.connect(options.broker, { timeoutMs: 10_000 });
    } catch (error) {
      throw new Disconnected('no connection', { cause: error });
    }
    return new SimClient(socket, options);
  }

  private constructor(socket: Socket, options: SimClientOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#connectedMs = options.process.monotonicMs();
    socket.start({
      onData: (chunk) => this.#take(chunk),
      onDrain: () => {},
      onClose: () => this.#closed(),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** One request and its response. Rejects with Disconnected. */
  async call<Q extends Fields, S extends Fields>(
    request: MessageSchema<Q>,
    response: MessageSchema<S>,
    version: number,
    body: InputOf<Q>,
  ): Promise<ValueOf<S>> {
    if (this.#isClosed) throw new Disconnected('closed');
    const correlationId = ++this.#correlationId;
    const { clientId } = this.#options;
    const chunks = encodeRequestFrame(request, version, { correlationId, clientId }, body);
    const answered = new Promise<Buffer>((resolve, reject) => {
      this.#waiting.push({ correlationId, name: request.name, resolve, reject });
    });
    const timer = this.#options.process.after(this.#options.timeoutMs, () => {
      this.#options.onTimeout(`${clientId} got no answer to ${request.name}`, this.#connectedMs);
      this.close();
    });
    this.#socket.write(chunks);
    try {
      return decodeResponseFrame(response, version, await answered).body;
    } finally {
      timer.cancel();
    }
  }

  /** Bytes that are no whole request, or none at all. */
  sendBytes(bytes: Uint8Array): void {
    this.#socket.write([bytes]);
  }

  close(): void {
    this.#socket.destroy();
    this.#closed();
  }

  #take(chunk: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0);
      if (this.#received.length < 4 + size) return;
      const frame = Buffer.from(this.#received.subarray(4, 4 + size));
      this.#received = this.#received.subarray(4 + size);
      const waiting = this.#waiting.shift();
      mustHold(waiting !== undefined, () => 'an answer came that nobody asked for');
      const answered = frame.readInt32BE(0);
      mustHold(
        answered === waiting.correlationId,
        () => `answer ${answered} came where ${waiting.correlationId} (${waiting.name}) was next`,
      );
      waiting.resolve(frame);
    }
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Disconnected('closed'));
  }
}
