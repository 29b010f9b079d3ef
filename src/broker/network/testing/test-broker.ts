import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { Metrics } from '../../../base/metrics.ts';
import type { Endpoint, Network, Socket } from '../../../base/network.ts';
import { peekCorrelationId } from '../../../protocol/codec/headers.ts';
import { encodeRequestFrame } from '../../../protocol/codec/index.ts';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  FetchRequest,
  FetchResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  MetadataRequest,
  MetadataResponse,
  ProduceRequest,
  ProduceResponse,
} from '../../../protocol/messages/index.ts';
import type { MessageInput } from '../../../protocol/schema/index.ts';
import type { Quotas } from '../../quota/quotas.ts';
import type { Authorizer } from '../../security/authorizer.ts';
import { type Answer, defineApi } from '../api.ts';
import { Dispatcher } from '../dispatcher.ts';
import { bindDoor } from '../door.ts';
import { defaultNetworkLimits, type NetworkLimits } from '../limits.ts';
import { NetworkMetrics } from '../network-metrics.ts';
import { NetworkServer } from '../network-server.ts';
import { NO_RESPONSE, Pending } from '../pending.ts';
import type { RequestContext } from '../request-context.ts';

/** A request that the test answers when it likes. */
export interface ParkedFetch {
  readonly context: RequestContext;
  readonly pending: Pending<MessageInput<typeof FetchResponse>>;
}

export interface LogLine {
  readonly level: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export function recordingLogger(lines: LogLine[]): Logger {
  const at = (level: string) => (fields: Record<string, unknown>, text: string) => {
    lines.push({ level, text, fields });
  };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}

/**
 * A network layer with handlers that each answer in one of the ways a handler can:
 * - Heartbeat at once, with the generation as the throttle time; generation -666 asks for throttling. It
 *   needs READ on its group.
 * - Fetch waits for the test, and counts as parked.
 * - Metadata by a promise.
 * - Produce not at all for acks=0, else at once; the bytes it got are kept in `produced`. The timeout
 *   -666 makes it close the connection.
 * - DescribeGroups fails: as `describe` says.
 * - ApiVersions also at versions nobody knows.
 */
export class TestBroker {
  readonly parked: ParkedFetch[] = [];
  readonly ended: RequestContext[] = [];
  readonly produced: string[] = [];
  readonly lines: LogLine[] = [];
  readonly metrics = new Metrics();
  readonly server: NetworkServer;
  readonly #network: Network;
  describe: () => Answer<MessageInput<typeof DescribeGroupsResponse>> = () => ({});
  /** In the place of the error response of DescribeGroups. */
  describeError: (() => MessageInput<typeof DescribeGroupsResponse>) | undefined;

  constructor(options: {
    clock: Clock;
    network: Network;
    limits?: Partial<NetworkLimits>;
    authorizer?: Authorizer;
    quotas?: Quotas;
  }) {
    const metrics = new NetworkMetrics(this.metrics);
    const logger = recordingLogger(this.lines);
    const limits = { ...defaultNetworkLimits, ...options.limits };
    const dispatcher = new Dispatcher({
      clock: options.clock,
      limits,
      authorizer: options.authorizer,
      quotas: options.quotas,
      logger,
      metrics,
      apis: [this.#heartbeat, this.#fetch, this.#metadata, this.#produce, this.#describe, versions],
    });
    const { clock } = options;
    this.#network = options.network;
    this.server = new NetworkServer({ clock, logger, dispatcher, limits, metrics });
  }

  /** Lets clients in there; the address that it then has. */
  async listen(at: Endpoint & { name: string }): Promise<Endpoint> {
    const door = await bindDoor(this.#network, at);
    this.server.open(door);
    return door.local;
  }

  /** The warnings' texts. */
  get warnings(): string[] {
    return this.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
  }

  readonly #heartbeat = defineApi({
    request: HeartbeatRequest,
    response: HeartbeatResponse,
    versions: { min: 0, max: 3 },
    rights: { needs: [{ operation: 'READ', resource: 'GROUP', name: ({ groupId }) => groupId }] },
    handle(context, { generationId }) {
      if (generationId === -666) context.throttle(100);
      return { throttleTimeMs: generationId };
    },
    errorResponse: (_context, _request, error) => ({ errorCode: error.code }),
  });

  readonly #fetch = defineApi({
    request: FetchRequest,
    response: FetchResponse,
    versions: { min: 0, max: 12 },
    rights: {},
    quota: 'fetch',
    handle: (context) => {
      const pending = new Pending<MessageInput<typeof FetchResponse>>();
      this.parked.push({ context, pending });
      context.onClose(() => this.ended.push(context));
      return pending;
    },
    errorResponse: (_context, _request, error) => ({ errorCode: error.code }),
  });

  readonly #metadata = defineApi({
    request: MetadataRequest,
    response: MetadataResponse,
    versions: { min: 0, max: 12 },
    rights: {},
    handle: async () => ({ controllerId: 7 }),
    errorResponse: () => ({}),
  });

  readonly #produce = defineApi({
    request: ProduceRequest,
    response: ProduceResponse,
    versions: { min: 0, max: 9 },
    rights: {},
    quota: 'produce',
    handle: (context, { acks, topicData, timeoutMs }) => {
      if (timeoutMs === -666)
        context.closeConnection({ kind: 'scripted fault', sentence: 'the test wants it' });
      for (const { partitionData } of topicData) {
        for (const { records } of partitionData) this.produced.push(String(records));
      }
      return acks === 0 ? NO_RESPONSE : {};
    },
    errorResponse: () => ({}),
  });

  readonly #describe = defineApi({
    request: DescribeGroupsRequest,
    response: DescribeGroupsResponse,
    versions: { min: 0, max: 5 },
    rights: {},
    handle: () => this.describe(),
    errorResponse: (_context, { groups }, error) =>
      this.describeError?.() ?? {
        groups: groups.map((groupId) => ({ groupId, errorCode: error.code })),
      },
  });
}

const versions = defineApi({
  request: ApiVersionsRequest,
  response: ApiVersionsResponse,
  versions: { min: 0, max: 3 },
  rights: {},
  handle: () => ({}),
  errorResponse: (_context, _request, error) => ({ errorCode: error.code }),
  answerUnsupportedVersion: () => ({ version: 0, response: { errorCode: 35 } }),
});

/** A raw client: sends bytes, collects frames. */
export class TestClient {
  readonly socket: Socket;
  readonly frames: Buffer[] = [];
  closed = false;
  #received: Buffer = Buffer.alloc(0);
  #onChange: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.start({
      onData: (chunk) => this.#take(chunk),
      onDrain: () => {},
      onEnd: () => {
        socket.end();
      },
      onClose: () => {
        this.closed = true;
        this.#onChange();
      },
    });
  }

  static async connect(network: Network, to: Endpoint): Promise<TestClient> {
    return new TestClient(await network.connect(to, { timeoutMs: 5000 }));
  }

  /** The correlation ids of the answers, in the order in which they came. */
  get answered(): number[] {
    return this.frames.map((frame) => peekCorrelationId(frame));
  }

  /** Bytes that are no whole frame. */
  get rest(): Buffer {
    return this.#received;
  }

  /** Resolves when `condition` holds after something happened to this connection. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => {
        if (condition()) resolve();
      };
      this.#onChange();
    });
  }

  send(...frames: Buffer[]): void {
    this.socket.write(frames);
  }

  #take(chunk: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0);
      if (size > this.#received.length - 4) break;
      this.frames.push(this.#received.subarray(4, 4 + size));
      this.#received = this.#received.subarray(4 + size);
    }
    this.#onChange();
  }
}

const clientId = 'test-client';

export function heartbeat(correlationId: number, generationId = 0): Buffer {
  const input = { groupId: 'group', generationId, memberId: 'member' };
  return Buffer.concat(encodeRequestFrame(HeartbeatRequest, 3, { correlationId, clientId }, input));
}

export function fetch(correlationId: number): Buffer {
  return Buffer.concat(encodeRequestFrame(FetchRequest, 12, { correlationId, clientId }, {}));
}

export function metadata(correlationId: number): Buffer {
  return Buffer.concat(encodeRequestFrame(MetadataRequest, 9, { correlationId, clientId }, {}));
}

export function describeGroups(correlationId: number): Buffer {
  const input = { groups: ['g'] };
  const header = { correlationId, clientId };
  return Buffer.concat(encodeRequestFrame(DescribeGroupsRequest, 5, header, input));
}

export function produce(
  correlationId: number,
  acks: number,
  records: string,
  timeoutMs = 0,
): Buffer {
  const partitionData = [{ index: 0, records: Buffer.from(records) }];
  const input = { acks, timeoutMs, topicData: [{ name: 'topic', partitionData }] };
  return Buffer.concat(encodeRequestFrame(ProduceRequest, 7, { correlationId, clientId }, input));
}

/** A frame of `bytes`, whatever they are. */
export function frame(bytes: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(bytes.length);
  return Buffer.concat([prefix, bytes]);
}
