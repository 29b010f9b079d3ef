import type { Network, Socket } from '../../base/network.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork } from '../../base/testing/sim-network.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { decodeRequestFrame, encodeResponseFrame } from '../../protocol/codec/index.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import { errorCode } from '../../protocol/errors.ts';
import { ApiVersionsResponse } from '../../protocol/messages/18-api-versions.ts';
import { apis, MetadataResponse } from '../../protocol/messages/index.ts';
import type { Fields, InputOf, MessageSchema } from '../../protocol/schema/index.ts';
import { parseVersions } from '../../protocol/schema/versions.ts';
import { FrameReader } from '../frame-reader.ts';

/** A request as the fake broker got it. */
export interface SeenRequest {
  readonly name: string;
  readonly version: number;
  // The decoded message; tests know which one it is.
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers a request: frames to send, now or later, or nothing. */
export type Answer = (
  request: SeenRequest,
  correlationId: number,
) => readonly Buffer[] | Promise<readonly Buffer[]> | undefined;

const API_VERSIONS = 18;
const METADATA = 3;

/** A broker in memory whose answers a test scripts; it answers ApiVersions and Metadata by itself. */
export class FakeBroker {
  readonly clock = new SimClock();
  /** The wires, to refuse connections. */
  readonly wires: SimNetwork;
  readonly network: Network;
  readonly seen: SeenRequest[] = [];
  readonly endpoint = { host: 'broker', port: 9092 };
  /** Partition counts of the topics it knows. */
  readonly topics = new Map<string, number>();
  /** Highest versions it admits to, by key; all others are those of the schemas. */
  readonly maxVersions = new Map<number, number>();
  readonly #answers = new Map<number, Answer>();
  readonly #sockets = new Set<Socket>();

  constructor(chunkBytes?: () => number) {
    this.wires = new SimNetwork({ clock: this.clock, ...(chunkBytes ? { chunkBytes } : {}) });
    this.network = this.wires.host('client');
    void this.wires.host('broker').listen(this.endpoint, (socket) => this.#accept(socket));
  }

  get ports() {
    return { network: this.network, clock: this.clock, random: new SimRandom(1) };
  }

  /** What the broker does with requests of this API from now on. */
  on(apiKey: number, answer: Answer): void {
    this.#answers.set(apiKey, answer);
  }

  /** What `on` was given last. */
  answerOf(apiKey: number): Answer | undefined {
    return this.#answers.get(apiKey);
  }

  /** Answers requests of an API with the results of `body`, one call each. */
  reply<F extends Fields>(
    schema: MessageSchema<F>,
    body: (request: SeenRequest) => InputOf<F>,
  ): void {
    this.on(schema.apiKey, (request, correlationId) =>
      encodeResponseFrame(schema, request.version, correlationId, body(request)),
    );
  }

  requests(name: string): SeenRequest[] {
    return this.seen.filter((request) => request.name === name);
  }

  disconnectAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Takes nothing more from its connections, as a process that is stuck. */
  pauseReading(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** Runs the clock, a step at a time, until `promise` settles. */
  async until<T>(promise: Promise<T>, { limitMs = 300_000, stepMs = 10 } = {}): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    for (let ms = 0; !settled && ms < limitMs; ms += stepMs) {
      await this.clock.advanceAndSettle(stepMs);
    }
    if (!settled) throw new Error(`nothing came of it within ${limitMs} ms`);
    return promise;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const frames = new FrameReader(1 << 24);
    socket.start({
      onData: (chunk) => {
        for (const frame of frames.push(chunk)) this.#handle(socket, frame);
      },
      onDrain() {},
      onClose: () => this.#sockets.delete(socket),
    });
  }

  #handle(socket: Socket, frame: Buffer): void {
    const { header, body } = decodeRequestFrame(Buffer.from(frame));
    const api = apis.find(({ key }) => key === header.apiKey)!;
    const request = { name: api.name, version: header.apiVersion, body: { ...body } };
    this.seen.push(request);
    const answer = this.#answers.get(header.apiKey);
    const frames = answer
      ? answer(request, header.correlationId)
      : this.#standardAnswer(header.apiKey, header.apiVersion, header.correlationId);
    if (frames instanceof Promise) {
      void frames.then((later) => this.#sockets.has(socket) && socket.write(later));
    } else if (frames) socket.write(frames);
  }

  #standardAnswer(apiKey: number, version: number, correlationId: number): Buffer[] | undefined {
    if (apiKey === API_VERSIONS) {
      return encodeResponseFrame(ApiVersionsResponse, version, correlationId, {
        apiKeys: this.apiKeys(),
      });
    }
    if (apiKey !== METADATA) return undefined;
    return encodeResponseFrame(MetadataResponse, version, correlationId, {
      brokers: [{ nodeId: 1, ...this.endpoint }],
      controllerId: 1,
      topics: [...this.topics].map(([name, count]) => ({
        errorCode: 0,
        name,
        partitions: Array.from({ length: count }, (_, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          replicaNodes: [1],
          isrNodes: [1],
        })),
      })),
    });
  }

  apiKeys(): { apiKey: number; minVersion: number; maxVersion: number }[] {
    return apis.map(({ key, request }) => {
      const { lowest, highest } = parseVersions(request.validVersions);
      return {
        apiKey: key,
        minVersion: lowest,
        maxVersion: this.maxVersions.get(key) ?? highest,
      };
    });
  }
}

/** The number of an error, for scripted answers. */
export const code = (name: ErrorName): number => errorCode(name);
