import type { Clock, Timer } from '../base/clock.ts';
import type { Endpoint, Network, Socket } from '../base/network.ts';
import { decodeResponseFrame, encodeRequestFrame } from '../protocol/codec/index.ts';
import { KafkaError } from '../protocol/errors.ts';
import { ApiVersionsRequest, ApiVersionsResponse } from '../protocol/messages/18-api-versions.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../protocol/schema/index.ts';
import { type ApiRanges, chooseVersion } from './api-ranges.ts';
import { ClientError, ConnectionError, endpointText, reasonOf } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import { within } from './within.ts';

export interface ConnectionPorts {
  readonly network: Network;
  readonly clock: Clock;
}

export interface ConnectionOptions {
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** A response above this size closes the connection. */
  readonly maxResponseBytes?: number;
}

export interface CallOptions {
  /** Use no version above this, for example where a later one names topics by id. */
  readonly maxVersion?: number;
  /** Instead of the connection's own. */
  readonly timeoutMs?: number;
}

interface Waiting {
  readonly onFrame: (frame: Buffer) => void;
  readonly onError: (error: Error) => void;
  readonly timer: Timer;
}

const DEFAULT_MAX_RESPONSE_BYTES = 256 * 1024 * 1024;
const VERSIONS_OF_FIRST_TRY = 3;

/** One connection to one broker: requests go out in order, each answer finds its caller. */
export class Connection {
  readonly endpoint: Endpoint;
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  readonly #waiting = new Map<number, Waiting>();
  #correlationId = 0;
  #ranges: ApiRanges = new Map();
  #closed: Error | undefined;

  private constructor(
    clock: Clock,
    socket: Socket,
    endpoint: Endpoint,
    options: ConnectionOptions,
  ) {
    this.#clock = clock;
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#options = options;
    this.#frames = new FrameReader(options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES);
  }

  /** Connects and learns what the broker can do. Throws ConnectionError naming host and port. */
  static async open(
    ports: ConnectionPorts,
    endpoint: Endpoint,
    options: ConnectionOptions,
  ): Promise<Connection> {
    let socket: Socket;
    try {
      socket = await ports.network.connect(endpoint, { timeoutMs: options.connectTimeoutMs });
    } catch (error) {
      throw new ConnectionError(`cannot connect to ${endpointText(endpoint)}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    const connection = new Connection(ports.clock, socket, endpoint, options);
    socket.start({
      onData: (chunk) => connection.#onData(chunk),
      onDrain: () => {},
      onClose: (error) => connection.#fail(connection.#closedError(error)),
    });
    try {
      await connection.#negotiate();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /** What the broker offers, by API key. */
  get apiRanges(): ApiRanges {
    return this.#ranges;
  }

  /** Bytes that wait to leave this process. */
  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /**
   * Sends a request at the highest version that both sides have, and resolves to its answer.
   * `input` may depend on that version. Throws ConnectionError, and ClientError where there is no
   * common version; the errors inside the answer are the caller's to look at.
   */
  async call<Q extends Fields, S extends Fields>(
    request: MessageSchema<Q>,
    response: MessageSchema<S>,
    input: InputOf<Q> | ((version: number) => InputOf<Q>),
    options: CallOptions = {},
  ): Promise<ValueOf<S>> {
    const version = this.versionOf(request, options.maxVersion);
    const frame = await this.#exchange(
      request,
      version,
      typeof input === 'function' ? (input as (version: number) => InputOf<Q>)(version) : input,
      options.timeoutMs ?? this.#options.requestTimeoutMs,
    );
    return decodeResponseFrame(response, version, frame).body;
  }

  /**
   * Sends a request that gets no answer: Produce with acks=0. Resolves when it has left this process, so that a
   * broker that stops reading slows the sender down. Throws ConnectionError.
   */
  async send<Q extends Fields>(
    request: MessageSchema<Q>,
    input: InputOf<Q>,
    options: CallOptions = {},
  ): Promise<void> {
    if (this.#closed) throw this.#closed;
    const version = this.versionOf(request, options.maxVersion);
    const frame = encodeRequestFrame(request, version, this.#nextHeader(), input);
    const sent = new Promise<void>((resolve) => this.#socket.write(frame, resolve));
    const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs;
    await within(this.#clock, timeoutMs, sent, () => {
      const where = endpointText(this.endpoint);
      const error = new ConnectionError(
        `${where} did not take ${request.name} within ${timeoutMs} ms`,
      );
      this.#fail(error);
      this.#socket.destroy();
      return error;
    });
    if (this.#closed) throw this.#closed;
  }

  /** The version that a call would use. Throws ClientError. */
  versionOf(request: MessageSchema, maxVersion?: number): number {
    return chooseVersion(request, this.#ranges, endpointText(this.endpoint), maxVersion);
  }

  close(): void {
    this.#fail(new ConnectionError(`the connection to ${endpointText(this.endpoint)} was closed`));
    this.#socket.destroy();
  }

  #nextHeader(): { correlationId: number; clientId: string } {
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff;
    return { correlationId: this.#correlationId, clientId: this.#options.clientId };
  }

  #exchange<Q extends Fields>(
    request: MessageSchema<Q>,
    version: number,
    input: InputOf<Q>,
    timeoutMs: number,
  ): Promise<Buffer> {
    if (this.#closed) return Promise.reject(this.#closed);
    const header = this.#nextHeader();
    const frame = encodeRequestFrame(request, version, header, input);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        // The answer may still come and answers are in order, so the connection is of no more use.
        const where = endpointText(this.endpoint);
        this.#fail(
          new ConnectionError(`${where} did not answer ${request.name} within ${timeoutMs} ms`),
        );
        this.#socket.destroy();
      });
      this.#waiting.set(header.correlationId, { onFrame: resolve, onError: reject, timer });
      this.#socket.write(frame);
    });
  }

  async #negotiate(): Promise<void> {
    const ask = (version: number) =>
      this.#exchange(
        ApiVersionsRequest,
        version,
        version >= 3 ? { clientSoftwareName: 'sluice', clientSoftwareVersion: '0' } : {},
        this.#options.connectTimeoutMs,
      );
    let frame = await ask(VERSIONS_OF_FIRST_TRY);
    let version = VERSIONS_OF_FIRST_TRY;
    // A broker that does not have the version says so in a body of version 0 (KIP-511).
    if (frame.length >= 6 && frame.readInt16BE(4) === 35) {
      version = 0;
      const { body } = decodeResponseFrame(ApiVersionsResponse, 0, frame);
      if (body.apiKeys.length === 0) frame = await ask(0);
    }
    const { body } = decodeResponseFrame(ApiVersionsResponse, version, frame);
    if (body.errorCode !== 0 && body.errorCode !== 35) {
      throw new ClientError(
        `${endpointText(this.endpoint)} refused ApiVersions with error ${body.errorCode}`,
      );
    }
    this.#ranges = new Map(
      body.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        { min: minVersion, max: maxVersion },
      ]),
    );
  }

  #onData(chunk: Uint8Array): void {
    try {
      for (const frame of this.#frames.push(chunk)) {
        const correlationId = frame.readInt32BE(0);
        const waiting = this.#waiting.get(correlationId);
        if (!waiting) continue;
        this.#waiting.delete(correlationId);
        waiting.timer.cancel();
        waiting.onFrame(frame);
      }
    } catch (error) {
      const where = endpointText(this.endpoint);
      const what = error instanceof Error ? error.message : String(error);
      this.#fail(new ConnectionError(`${where} does not speak Kafka's protocol: ${what}`));
      this.#socket.destroy();
    }
  }

  #closedError(error: Error | undefined): ConnectionError {
    const why = error ? reasonOf(error) : 'it closed the connection';
    return new ConnectionError(`lost the connection to ${endpointText(this.endpoint)}: ${why}`, {
      cause: error,
    });
  }

  #fail(error: Error): void {
    this.#closed ??= error;
    for (const [correlationId, waiting] of this.#waiting) {
      this.#waiting.delete(correlationId);
      waiting.timer.cancel();
      waiting.onError(error);
    }
  }
}

/** Whether repeating the request, possibly on another connection, may help. */
export function mayRetry(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof KafkaError && error.retriable);
}
