import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { BufferPool } from '../../base/collections/buffer-pool.ts';
import type { Complaints } from '../../base/complaints.ts';
import type { Logger } from '../../base/logger.ts';
import type { Socket, SocketEvents } from '../../base/network.ts';
import { AnswerQueue } from './answer-queue.ts';
import { Complainer, type Complaint } from './complainer.ts';
import type { Dispatcher } from './dispatcher.ts';
import { FlowControl } from './flow-control.ts';
import { foreignProtocol } from './foreign-protocol.ts';
import { FrameReader, type FrameReceiver } from './frame-reader.ts';
import { IdleWatch } from './idle-watch.ts';
import type { InFlightBudget } from './in-flight-budget.ts';
import type { LargeFrameSender, LargeFrames } from './large-frames.ts';
import type { NetworkLimits } from './limits.ts';
import type { NetworkMetrics } from './network-metrics.ts';
import { Request, type RequestPort } from './request.ts';
import type { Session } from './session.ts';

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

/**
 * One client's connection, from its first byte to its last: cuts frames out of what comes, makes requests
 * of them as FlowControl lets it, and leaves their answers to the AnswerQueue.
 */
export class Connection implements RequestPort, SocketEvents, FrameReceiver, LargeFrameSender {
  readonly session: Session;
  readonly #env: ConnectionEnvironment;
  readonly #socket: Socket;
  readonly #onClosed: (connection: Connection) => void;
  readonly #complainer: Complainer;
  readonly #frames: FrameReader;
  readonly #flow: FlowControl;
  readonly #answers: AnswerQueue;
  readonly #idle: IdleWatch;
  #state: ConnectionState = 'open';

  constructor(options: {
    env: ConnectionEnvironment;
    session: Session;
    socket: Socket;
    onClosed: (connection: Connection) => void;
  }) {
    const { env, session, socket } = options;
    const { clock, limits, metrics } = env;
    this.session = session;
    this.#env = env;
    this.#socket = socket;
    this.#onClosed = options.onClosed;
    this.#complainer = new Complainer(env.complaints, session);
    this.#frames = new FrameReader({
      pool: env.pool,
      maxFrameBytes: limits.maxRequestBytes,
      receiver: this,
    });
    this.#flow = new FlowControl({
      ...env,
      socket,
      complainer: this.#complainer,
      maxInFlightBytes: limits.maxInFlightBytesPerConnection,
      dispatch: (frame, size) => this.#dispatch(frame, size),
    });
    this.#answers = new AnswerQueue({ clock, socket, flow: this.#flow, metrics });
    this.#idle = new IdleWatch(
      clock,
      () => this.#isBusy(),
      () => this.#closeIdle(),
    );
  }

  start(): void {
    const { maxIdleMs } = this.#env.limits;
    if (maxIdleMs >= 0) this.#idle.start(maxIdleMs);
    this.#socket.start(this);
  }

  /** Reads nothing more; sends what is answered or about to be, then closes. Parked requests end. */
  closeSoon(): void {
    if (!this.#isServed()) return;
    this.#state = 'closing';
    this.#frames.stop();
    this.#flow.stop();
    this.#answers.abandonFromFirstParked();
    this.#answers.end();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  // SocketEvents

  onData(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#idle.active();
    this.#env.metrics.bytesReceived(chunk.length);
    this.#frames.push(chunk);
    this.#flow.received(chunk.length);
  }

  onDrain(): void {
    this.#idle.active();
  }

  /** As in Kafka: a client may end its side and wait for what it has asked for. */
  onEnd(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#frames.stop();
    this.#flow.end();
    const { maxIdleMs } = this.#env.limits;
    this.#idle.start(maxIdleMs < 0 ? HALF_CLOSED_MS : maxIdleMs);
    this.#flow.proceed();
    this.#answers.end();
  }

  onClose(error: Error | undefined): void {
    assert(this.#state !== 'closed', 'a socket closes once');
    this.#state = 'closed';
    this.#frames.stop();
    this.#flow.stop();
    this.#idle.stop();
    if (error) {
      this.#env.logger.debug({ ...this.#complainer.describe(), error }, 'a connection broke');
    }
    this.#answers.close();
    this.#onClosed(this);
  }

  // FrameReceiver

  onCutFrame(size: number): boolean {
    const large = this.#env.largeFrames.enter(this, size);
    this.#flow.expect(large);
    return large.isAllowed;
  }

  onFrame(buffer: Buffer, size: number): void {
    this.#flow.enter(buffer, size);
  }

  onBadLength(size: number, prefix: Buffer): void {
    const foreign = foreignProtocol(prefix, this.session.listenerName);
    if (!foreign) {
      const sentence = badLength(size, this.#env.limits.maxRequestBytes);
      this.#refuse({ kind: 'bad length', sentence });
      return;
    }
    if (foreign.reply) this.#socket.write([Buffer.from(foreign.reply, 'latin1')]);
    this.#refuse({ kind: 'foreign protocol', of: foreign.name, sentence: foreign.reason });
  }

  // LargeFrameSender

  get largeFrameBytes(): number {
    return this.#frames.filledBytes;
  }

  onLargeFrameAllowed(): void {
    this.#flow.adjust();
  }

  onLargeFrameStalled(): void {
    // Where the broker itself does not read on, it is not the sender that stalls.
    if (this.#flow.isPaused) return;
    this.#refuse({
      kind: 'stalled',
      sentence:
        'it stopped in the middle of a large request, or sent less than a tenth of it in 30 s, while others waited to send theirs: see what holds this client up',
    });
  }

  // RequestPort

  onAnswered(request: Request): void {
    this.#answers.onAnswered(request);
  }

  onParked(request: Request): void {
    if (this.#state === 'closing' && request.parked) this.#answers.abandonFromFirstParked();
  }

  reserveForAnswer(wantedBytes: number): number {
    return this.#flow.reserve(wantedBytes);
  }

  growAnswer(heldBytes: number, bytes: number): boolean {
    return this.#flow.grow(heldBytes, bytes);
  }

  holdDecoded(bytes: number): void {
    this.#flow.take(bytes);
  }

  giveReserved(bytes: number): void {
    this.#flow.give(bytes);
    if (this.#flow.isHeldUp) this.#answers.flushSoon();
  }

  hold(): () => void {
    return this.#flow.hold();
  }

  releaseFrame(frame: Buffer): void {
    this.#env.pool.release(frame);
  }

  complain(complaint: Complaint, request: Request): void {
    this.#complainer.complain(complaint, request.described);
  }

  refuse(complaint: Complaint, request: Request): void {
    this.#answers.abandonFrom(request);
    this.#refuse(complaint, request);
  }

  /** One log line that names the client, its request and the reason, then the end of the connection. */
  #refuse(complaint: Complaint, request?: Request): void {
    if (!this.#isServed()) return;
    const sentence = `closed a connection: ${complaint.sentence}`;
    this.#complainer.complain({ ...complaint, sentence }, request?.described);
    this.#env.metrics.connectionRefused();
    this.closeSoon();
  }

  #dispatch(frame: Buffer, size: number): void {
    const { dispatcher } = this.#env;
    const request = new Request(this, dispatcher, frame, size, this.#idle.lastActivityMs);
    this.#answers.push(request);
    dispatcher.dispatch(request);
  }

  /** Whether requests of it are still handled. */
  #isServed(): boolean {
    return this.#state === 'open' || this.#state === 'ended';
  }

  /** It waits for an answer: that it is silent means nothing. */
  #isBusy(): boolean {
    return this.#state === 'open' && !this.#answers.isEmpty && this.#flow.unsentBytes === 0;
  }

  #closeIdle(): void {
    this.#env.logger.debug(this.#complainer.describe(), 'closed an idle connection');
    this.#env.metrics.idleConnectionClosed();
    this.#socket.destroy();
  }
}

function badLength(size: number, limit: number): string {
  if (size < 0) return `a request of ${size} bytes was announced, which is not Kafka's protocol`;
  return (
    `a request of ${size} bytes is larger than socket.request.max.bytes = ${limit}: raise it, or let` +
    ` the client send less at once (max.request.size in Java, message.max.bytes in librdkafka)`
  );
}
