import { assert } from '../../base/assert.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { BufferPool } from '../../base/collections/buffer-pool.ts';
import type { ComplaintRate, Complaints } from '../../base/complaints.ts';
import type { LogFields, Logger } from '../../base/logger.ts';
import type { Endpoint, Socket, SocketEvents } from '../../base/network.ts';
import type { Dispatcher } from './dispatcher.ts';
import { foreignProtocol } from './foreign-protocol.ts';
import { FrameReader, type FrameReceiver } from './frame-reader.ts';
import type { BudgetWaiter, InFlightBudget } from './in-flight-budget.ts';
import type { LargeFrame, LargeFrameSender, LargeFrames } from './large-frames.ts';
import type { NetworkLimits } from './limits.ts';
import type { NetworkMetrics } from './network-metrics.ts';
import { Request } from './request.ts';
import type { ConnectionInfo } from './request-context.ts';
import { RequestQueue } from './request-queue.ts';
import { WriteList } from './write-list.ts';

/** What a request takes up beside its bytes, so that very many tiny ones are bounded too. */
const REQUEST_OVERHEAD_BYTES = 1024;

/** With more waiting in the socket, the client does not keep up: no further answers are made. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

/** Of a large request so much is received in a turn of the event loop; then the others have theirs. */
const LARGE_FRAME_BYTES_PER_TURN = 256 * 1024;

/** With many clients this is so at every request. */
const FULL_RATE = { lines: 1, windowMs: 60_000 };

export const ANONYMOUS = 'User:ANONYMOUS';

/** What connections share. */
export interface ConnectionEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly complaints: Complaints;
  readonly dispatcher: Dispatcher;
  readonly limits: NetworkLimits;
  readonly metrics: NetworkMetrics;
  readonly pool: BufferPool;
  readonly budget: InFlightBudget;
  readonly largeFrames: LargeFrames;
}

/**
 * How long a client that sends no more is waited for, where nothing else limits it. One that is gone is
 * mostly noticed sooner: by the first answer to it, or by the system, which asks whether it is there.
 */
const HALF_CLOSED_MS = 600_000;

/**
 * - open: reads and answers. To ended, closing, or closed.
 * - ended: the client sends no more. All that it has sent is answered in order, also what waits for
 *   something, then the socket ends. To closing, or closed.
 * - closing: reads nothing; answers that are ready or don't wait for anything still go out, then the
 *   socket ends. To closed.
 * - closed: final.
 */
type ConnectionState = 'open' | 'ended' | 'closing' | 'closed';

interface WaitingFrame {
  readonly buffer: Buffer;
  readonly size: number;
  readonly large: LargeFrame | undefined;
}

/**
 * One client's connection: frames in, answers out in the order of the requests, and only as much in
 * flight as the limits allow.
 */
export class Connection
  implements ConnectionInfo, SocketEvents, FrameReceiver, BudgetWaiter, LargeFrameSender
{
  readonly id: number;
  readonly listenerName: string;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly principal = ANONYMOUS;
  clientSoftware: string | undefined = undefined;
  /** From the last request whose header could be read. */
  clientId = '';

  readonly #env: ConnectionEnvironment;
  readonly #socket: Socket;
  readonly #onClosed: (connection: Connection) => void;
  readonly #frames: FrameReader;
  #state: ConnectionState = 'open';
  /** Frames that came in the same read as one that filled the limits. */
  #waiting: WaitingFrame[] = [];
  readonly #requests = new RequestQueue();
  /** Requests that are open or whose answer is unsent, with their overhead, and those answers. */
  #inFlightBytes = 0;
  #unsentBytes = 0;
  #flushScheduled = false;
  #readingPaused = false;
  /** Received of large requests since the last pause, and whether this turn's share is used up. */
  #shareBytes = 0;
  #hadItsShare = false;
  /** The large request that is being received. */
  #large: LargeFrame | undefined = undefined;
  #muteTimer: Timer | undefined = undefined;
  /** Requests that later ones must not overtake yet. */
  #holds = 0;
  #idleTimer: Timer | undefined = undefined;
  #lastActivityMs: number;
  readonly #flush = () => this.#flushAnswers();

  constructor(options: {
    env: ConnectionEnvironment;
    id: number;
    listenerName: string;
    socket: Socket;
    onClosed: (connection: Connection) => void;
  }) {
    this.#env = options.env;
    this.#socket = options.socket;
    this.#onClosed = options.onClosed;
    this.id = options.id;
    this.listenerName = options.listenerName;
    this.remote = options.socket.remote;
    this.local = options.socket.local;
    this.#frames = new FrameReader({
      pool: options.env.pool,
      maxFrameBytes: options.env.limits.maxRequestBytes,
      receiver: this,
    });
    this.#lastActivityMs = options.env.clock.monotonicMs();
  }

  start(): void {
    this.#watchIdle();
    this.#socket.start(this);
  }

  identifyClient(softwareName: string, softwareVersion: string): void {
    this.clientSoftware = `${softwareName} ${softwareVersion}`;
  }

  /** Reads nothing more; sends what is answered or about to be, then closes. Parked requests end. */
  closeSoon(): void {
    if (!this.#isServed()) return;
    this.#state = 'closing';
    this.#stopReading();
    this.#dropWaiting();
    this.#abandonFromFirstParked();
    this.#scheduleFlush();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * One log line that names the client, its request and the reason, then the end of the connection.
   * Answers before `request` still go out; it and those after it can't have one.
   */
  refuse(reason: string, request?: Request): void {
    if (request) this.#abandon(this.#requests.cutFrom((queued) => queued === request));
    if (!this.#isServed()) return;
    // Numbers and names in it are those of one request; what is left is what such lines share.
    const kind = reason.replace(/\d+|'[^']*'|\([^)]*\)/g, '');
    this.#warn(kind, `closed a connection: ${reason}`, { request });
    this.#env.metrics.connectionRefused();
    this.closeSoon();
  }

  complain(
    kind: string,
    sentence: string,
    { apiVersion, api, rate }: { api?: string; apiVersion?: number; rate?: ComplaintRate } = {},
  ): void {
    const about = {
      ...(api !== undefined && { api }),
      ...(apiVersion !== undefined && { apiVersion }),
    };
    this.#warn(kind, sentence, { fields: about, ...(rate && { rate }) });
  }

  // SocketEvents

  onData(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#lastActivityMs = this.#env.clock.monotonicMs();
    this.#env.metrics.bytesReceived(chunk.length);
    this.#frames.push(chunk);
    if (this.#large) this.#countShare(chunk.length);
    this.#adjustReading();
  }

  onDrain(): void {
    this.#lastActivityMs = this.#env.clock.monotonicMs();
  }

  /** As in Kafka: a client may end its side and wait for what it has asked for. */
  onEnd(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#stopReading();
    this.#idleTimer?.cancel();
    this.#watchIdle();
    this.#proceed();
    this.#scheduleFlush();
  }

  onClose(error: Error | undefined): void {
    assert(this.#state !== 'closed', 'a socket closes once');
    this.#state = 'closed';
    this.#stopReading();
    this.#dropWaiting();
    this.#idleTimer?.cancel();
    if (error) this.#env.logger.debug({ ...this.#describe(), error }, 'a connection broke');
    this.#abandon(this.#requests.cutFrom(() => true));
    this.#onClosed(this);
  }

  // FrameReceiver

  onLargeFrame(size: number): void {
    this.#large = this.#env.largeFrames.enter(this, size);
  }

  onFrame(buffer: Buffer, size: number): void {
    const frame = { buffer, size, large: this.#large };
    this.#large = undefined;
    if (this.#waiting.length > 0 || !this.#mayDispatch()) this.#waiting.push(frame);
    else this.#dispatch(frame);
  }

  onBadLength(size: number, prefix: Buffer): void {
    const foreign = foreignProtocol(prefix, this.listenerName);
    if (foreign?.reply) this.#socket.write([Buffer.from(foreign.reply, 'latin1')]);
    this.refuse(foreign?.reason ?? badLength(size, this.#env.limits.maxRequestBytes));
  }

  // LargeFrameSender

  get lastActivityMs(): number {
    return this.#lastActivityMs;
  }

  /** The system would hand over megabytes at once, and nobody else be heard meanwhile. */
  #countShare(bytes: number): void {
    this.#shareBytes += bytes;
    if (this.#shareBytes < LARGE_FRAME_BYTES_PER_TURN || this.#hadItsShare) return;
    this.#shareBytes = 0;
    this.#hadItsShare = true;
    this.#env.clock.nextTurn(() => {
      this.#hadItsShare = false;
      this.#adjustReading();
    });
  }

  onLargeFrameAllowed(): void {
    this.#adjustReading();
  }

  onLargeFrameStalled(): void {
    // Where the broker itself does not read on, it is not the sender that stalls.
    if (this.#readingPaused) return;
    this.refuse(
      'it stopped in the middle of a large request while others waited to send theirs: see what holds this client up',
    );
  }

  // From the requests

  onAnswered(request: Request): void {
    this.#takeInFlight(request.responseSize);
    this.#giveInFlight(request.takeReserved());
    if (request.throttleMs > 0) this.#mute(request.throttleMs);
    if (request !== this.#requests.first) return;
    if (request.responseSize > 0) {
      this.#scheduleFlush();
      return;
    }
    this.#requests.shift();
    request.finish();
    this.#release(request);
    if (
      this.#requests.first?.state === 'answered' ||
      this.#state !== 'open' ||
      this.#readingPaused
    ) {
      this.#scheduleFlush();
    }
  }

  /** A request began to wait for something; on a connection that closes it has waited long enough. */
  onParked(request: Request): void {
    if (this.#state === 'closing' && request.parked) this.#abandonFromFirstParked();
  }

  /** Takes memory for an answer, as much of it as there should be; how much that is. */
  reserveForAnswer(wantedBytes: number): number {
    const bytes = Math.min(wantedBytes, this.#env.budget.answerBytes);
    this.#takeInFlight(bytes);
    return bytes;
  }

  giveReserved(bytes: number): void {
    this.#giveInFlight(bytes);
    if (this.#isHeldUp()) this.#scheduleFlush();
  }

  /** No later request is handled until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    this.#adjustReading();
    return () => {
      this.#holds--;
      this.#proceed();
    };
  }

  releaseFrame(frame: Buffer): void {
    this.#env.pool.release(frame);
  }

  onBudgetFreed(): void {
    this.#proceed();
  }

  // Requests in

  #mayDispatch(): boolean {
    if (!this.#isServed() || this.#muteTimer || this.#holds > 0) return false;
    // One request is always allowed, or a limit below its size would stop the connection for ever.
    if (this.#inFlightBytes === 0) return true;
    return (
      this.#inFlightBytes < this.#env.limits.maxInFlightBytesPerConnection &&
      this.#unsentBytes <= MAX_UNSENT_BYTES &&
      !this.#env.budget.exhausted
    );
  }

  #dispatch({ buffer, size, large }: WaitingFrame): void {
    const { dispatcher } = this.#env;
    const request = new Request(this, dispatcher, buffer, size, this.#lastActivityMs);
    this.#requests.push(request);
    this.#takeInFlight(size + REQUEST_OVERHEAD_BYTES);
    // Only now: in between others would be let in for the room that this one still takes.
    if (large) this.#env.largeFrames.leave(large);
    dispatcher.dispatch(request);
  }

  /** Goes on with frames that had to wait, then with reading. */
  #proceed(): void {
    while (this.#mayDispatch()) {
      const frame = this.#waiting.shift();
      if (!frame) break;
      this.#dispatch(frame);
    }
    this.#adjustReading();
    if (this.#state === 'ended' && this.#isDone()) this.#scheduleFlush();
  }

  /** Whether requests of it are still handled. */
  #isServed(): boolean {
    return this.#state === 'open' || this.#state === 'ended';
  }

  /** Whether it waits for room to go on. */
  #isHeldUp(): boolean {
    return this.#readingPaused || this.#waiting.length > 0;
  }

  #isDone(): boolean {
    return !this.#requests.first && this.#waiting.length === 0;
  }

  #adjustReading(): void {
    if (!this.#isServed()) return;
    const isFull = this.#waiting.length > 0 || (this.#state === 'open' && !this.#mayDispatch());
    if (isFull && !this.#muteTimer && this.#env.budget.exhausted) this.#waitForBudget();
    if (this.#state !== 'open') return;
    const pause = isFull || this.#large?.isAllowed === false || this.#hadItsShare;
    if (pause === this.#readingPaused) return;
    this.#readingPaused = pause;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
  }

  #waitForBudget(): void {
    const { budget, complaints } = this.#env;
    budget.wait(this);
    const megabytes = Math.round(budget.usedBytes / 1024 / 1024);
    complaints.warn(
      { about: 'every client', kind: 'in flight', rate: FULL_RATE },
      this.#describe(),
      `${megabytes} MB of requests and unsent answers are in flight, the most there may be (queued.max.request.bytes): clients are not read from until some are done`,
    );
  }

  #stopReading(): void {
    this.#frames.stop();
    if (this.#large) this.#env.largeFrames.leave(this.#large);
    this.#large = undefined;
    // The socket goes on reading, and the bytes are dropped: an unread one would make closing a reset,
    // which can take the answers before it away from the client.
    if (this.#readingPaused) this.#socket.resume();
    this.#readingPaused = false;
  }

  /** Lets go of the requests that wait to be handled. */
  #dropWaiting(): void {
    for (const { buffer, large } of this.#waiting) {
      this.#env.pool.release(buffer);
      if (large) this.#env.largeFrames.leave(large);
    }
    this.#waiting = [];
    this.#muteTimer?.cancel();
    this.#muteTimer = undefined;
    this.#env.budget.forget(this);
  }

  #mute(ms: number): void {
    if (!this.#isServed()) return;
    this.#muteTimer?.cancel();
    this.#muteTimer = this.#env.clock.after(ms, () => {
      this.#muteTimer = undefined;
      this.#proceed();
    });
    this.#adjustReading();
  }

  // Answers out

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#state === 'closed') return;
    this.#flushScheduled = true;
    this.#env.clock.endOfTurn(this.#flush);
  }

  /** One write for all answers whose turn it is. */
  #flushAnswers(): void {
    this.#flushScheduled = false;
    if (this.#state === 'closed') return;
    const list = new WriteList();
    const sent: Request[] = [];
    let size = 0;
    const requests = this.#requests;
    for (let { first } = requests; first?.state === 'answered'; first = requests.first) {
      requests.shift();
      const { chunks } = first;
      for (let index = 0; index < chunks.length; index++) list.add(chunks[index]!);
      size += first.responseSize;
      sent.push(first);
    }
    if (sent.length > 0) {
      this.#unsentBytes += size;
      this.#env.metrics.bytesSent(size);
      this.#socket.write(list.finish(), () => this.#onSent(sent, size));
    } else if (this.#isHeldUp()) {
      this.#proceed();
    }
    if (this.#state !== 'open' && this.#isDone()) this.#socket.end();
  }

  #onSent(sent: readonly Request[], size: number): void {
    this.#unsentBytes -= size;
    for (const request of sent) {
      request.finish();
      this.#release(request);
    }
    if (this.#isHeldUp()) this.#proceed();
  }

  // Ends

  #abandonFromFirstParked(): void {
    this.#abandon(this.#requests.cutFrom(({ parked }) => parked));
  }

  /** None of these can be answered any more; they are out of the queue. */
  #abandon(requests: readonly Request[]): void {
    for (const request of requests) {
      request.abandon();
      this.#release(request);
    }
    if (this.#state === 'closing') this.#scheduleFlush();
  }

  #watchIdle(): void {
    const { clock, limits } = this.#env;
    const unlimited = limits.maxIdleMs < 0;
    if (unlimited && this.#state === 'open') return;
    const maxIdleMs = unlimited ? HALF_CLOSED_MS : limits.maxIdleMs;
    const idleMs = clock.monotonicMs() - this.#lastActivityMs;
    const busy =
      this.#requests.first !== undefined && this.#unsentBytes === 0 && this.#state === 'open';
    if (idleMs >= maxIdleMs && !busy) {
      this.#env.logger.debug(this.#describe(), 'closed an idle connection');
      this.#env.metrics.idleConnectionClosed();
      this.#socket.destroy();
      return;
    }
    const waitMs = busy ? maxIdleMs : maxIdleMs - idleMs;
    this.#idleTimer = clock.after(waitMs, () => this.#watchIdle());
  }

  #takeInFlight(bytes: number): void {
    this.#inFlightBytes += bytes;
    this.#env.budget.take(bytes);
  }

  #release(request: Request): void {
    const size = request.requestSize + REQUEST_OVERHEAD_BYTES + request.responseSize;
    this.#giveInFlight(size + request.takeReserved());
  }

  #giveInFlight(bytes: number): void {
    if (bytes === 0) return;
    this.#inFlightBytes -= bytes;
    this.#env.budget.give(bytes);
  }

  #warn(
    kind: string,
    sentence: string,
    {
      request,
      fields,
      rate,
    }: { request?: Request | undefined; fields?: LogFields; rate?: ComplaintRate },
  ): void {
    this.#env.complaints.warn(
      { about: this.remote.host, kind, ...(rate && { rate }) },
      { ...this.#describe(request), ...fields },
      sentence,
    );
  }

  #describe(request?: Request): LogFields {
    return {
      client: `${this.remote.host}:${this.remote.port}`,
      listener: this.listenerName,
      ...(this.clientId && { clientId: this.clientId }),
      ...(this.clientSoftware && { software: this.clientSoftware }),
      ...(request && request.apiKey >= 0 && { api: request.api?.name ?? request.apiKey }),
      ...(request && request.apiKey >= 0 && { apiVersion: request.apiVersion }),
    };
  }
}

function badLength(size: number, limit: number): string {
  if (size < 0) return `a request of ${size} bytes was announced, which is not Kafka's protocol`;
  return (
    `a request of ${size} bytes is larger than socket.request.max.bytes = ${limit}: raise it, or let` +
    ` the client send less at once (max.request.size in Java, message.max.bytes in librdkafka)`
  );
}
