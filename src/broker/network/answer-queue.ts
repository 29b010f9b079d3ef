import type { Clock } from '../../base/clock.ts';
import type { Socket } from '../../base/network.ts';
import { type FlowControl, REQUEST_OVERHEAD_BYTES } from './flow-control.ts';
import type { NetworkMetrics } from './network-metrics.ts';
import type { Request } from './request.ts';
import { RequestQueue } from './request-queue.ts';
import { WriteList } from './write-list.ts';

/** Sends the answers of one connection in the order of the requests, those of a turn with one write. */
export class AnswerQueue {
  readonly #clock: Clock;
  readonly #socket: Pick<Socket, 'write' | 'end'>;
  readonly #flow: FlowControl;
  readonly #metrics: NetworkMetrics;
  /** Requests whose answer is not handed to the socket yet. */
  readonly #requests = new RequestQueue();
  /** Answers go out; the socket ends after the last one; nothing goes out any more. */
  #phase: 'open' | 'ending' | 'closed' = 'open';
  #flushScheduled = false;
  readonly #flush = () => this.#flushAnswers();

  constructor(options: {
    clock: Clock;
    socket: Pick<Socket, 'write' | 'end'>;
    flow: FlowControl;
    metrics: NetworkMetrics;
  }) {
    this.#clock = options.clock;
    this.#socket = options.socket;
    this.#flow = options.flow;
    this.#metrics = options.metrics;
  }

  get isEmpty(): boolean {
    return this.#requests.first === undefined;
  }

  push(request: Request): void {
    this.#requests.push(request);
  }

  /** Its answer leaves when those before it have. */
  onAnswered(request: Request): void {
    this.#flow.take(request.responseSize);
    this.#flow.give(request.takeReserved());
    if (request.throttleMs > 0) this.#flow.mute(request.throttleMs);
    if (request !== this.#requests.first) return;
    if (request.responseSize > 0) {
      this.flushSoon();
      return;
    }
    this.#requests.shift();
    request.finish();
    this.#release(request);
    const isNextReady = this.#requests.first?.state === 'answered';
    if (isNextReady || this.#phase !== 'open' || this.#flow.isHeldUp) this.flushSoon();
  }

  /** At the end of the turn: sends what is ready, and goes on with what was held up. */
  flushSoon(): void {
    if (this.#flushScheduled || this.#phase === 'closed') return;
    this.#flushScheduled = true;
    this.#clock.endOfTurn(this.#flush);
  }

  /** The socket ends when all is answered. */
  end(): void {
    this.#phase = 'ending';
    this.flushSoon();
  }

  /** The socket is gone, and nobody waits for an answer any more. */
  close(): void {
    this.#phase = 'closed';
    this.#abandon(this.#requests.cutFrom(() => true));
  }

  /** This request and those after it can't have an answer. */
  abandonFrom(request: Request): void {
    this.#abandon(this.#requests.cutFrom((queued) => queued === request));
  }

  /** What waits for something has waited long enough, and what comes after it cannot overtake it. */
  abandonFromFirstParked(): void {
    this.#abandon(this.#requests.cutFrom(({ parked }) => parked));
  }

  #abandon(requests: readonly Request[]): void {
    for (const request of requests) {
      request.abandon();
      this.#release(request);
    }
    if (this.#phase === 'ending') this.flushSoon();
  }

  /** One write for all answers whose turn it is. */
  #flushAnswers(): void {
    this.#flushScheduled = false;
    if (this.#phase === 'closed') return;
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
      this.#flow.sending(size);
      this.#metrics.bytesSent(size);
      this.#socket.write(list.finish(), () => this.#onSent(sent, size));
    } else if (this.#flow.isHeldUp) {
      this.#flow.proceed();
    }
    if (this.#phase === 'ending' && this.isEmpty && !this.#flow.hasWaiting) this.#socket.end();
  }

  #onSent(sent: readonly Request[], size: number): void {
    this.#flow.sent(size);
    for (const request of sent) {
      request.finish();
      this.#release(request);
    }
    if (this.#flow.isHeldUp) this.#flow.proceed();
  }

  #release(request: Request): void {
    const { requestSize, decodedBytes, responseSize } = request;
    const size = requestSize + REQUEST_OVERHEAD_BYTES + decodedBytes + responseSize;
    this.#flow.give(size + request.takeReserved());
  }
}
