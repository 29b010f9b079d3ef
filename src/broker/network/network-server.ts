import type { Clock } from '../../base/clock.ts';
import { BufferPool } from '../../base/collections/buffer-pool.ts';
import { SpareBuffer } from '../../base/collections/spare-buffer.ts';
import { Complaints } from '../../base/complaints.ts';
import type { Logger } from '../../base/logger.ts';
import type { Socket } from '../../base/network.ts';
import { Complainer, type Complaint } from './complainer.ts';
import { Connection, type ConnectionEnvironment } from './connection.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Door } from './door.ts';
import { InFlightBudget } from './in-flight-budget.ts';
import { LargeFrames } from './large-frames.ts';
import type { NetworkLimits } from './limits.ts';
import type { NetworkMetrics } from './network-metrics.ts';
import { Session } from './session.ts';

/** Frames kept for reuse; a burst beyond it costs fresh memory, not an error. */
const MAX_POOLED_BYTES = 64 * 1024 * 1024;

/** The frame of a very large request is kept so long for the next one. */
const SPARE_FRAME_IDLE_MS = 5000;

/** How often it is said that nobody can connect any more. */
const SHORTAGE_RATE = { lines: 1, windowMs: 60_000 };

export interface NetworkServerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dispatcher: Dispatcher;
  readonly limits: NetworkLimits;
  readonly metrics: NetworkMetrics;
}

export interface Bound {
  readonly of: string;
  readonly used: number;
  readonly limit: number;
}

/** All listeners of a broker with their connections. */
export class NetworkServer {
  readonly #env: ConnectionEnvironment;
  readonly #doors: Door[] = [];
  readonly #connections = new Set<Connection>();
  readonly #connectionsByAddress = new Map<string, number>();
  readonly #onEmpty: (() => void)[] = [];
  readonly #spare: SpareBuffer;
  #nextId = 1;
  /** Why the last connection was refused, where that holds for any other one too. */
  #trouble: string | undefined;
  #stopping = false;

  constructor(options: NetworkServerOptions) {
    const { clock, logger, dispatcher, limits, metrics } = options;
    this.#spare = new SpareBuffer({ clock, idleMs: SPARE_FRAME_IDLE_MS });
    const budget = new InFlightBudget(limits.maxInFlightBytes);
    this.#env = {
      clock,
      logger,
      complaints: new Complaints(clock, logger),
      dispatcher,
      limits,
      metrics,
      pool: new BufferPool({ maxRetainedBytes: MAX_POOLED_BYTES, spare: this.#spare }),
      budget,
      largeFrames: new LargeFrames(clock, budget),
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Bytes of requests in flight and of unsent answers, over all connections. */
  get inFlightBytes(): number {
    return this.#env.budget.usedBytes;
  }

  /** What clients can make the network layer hold, in bytes, and how much there may be of each. */
  get bounds(): readonly Bound[] {
    const { budget, dispatcher } = this.#env;
    const { decoded } = dispatcher;
    return [
      { of: 'in_flight', used: budget.usedBytes, limit: budget.limitBytes },
      { of: 'decoded_requests', used: decoded.usedBytes, limit: decoded.maxBytes },
    ];
  }

  /** Why new connections are refused, from the first such one until one that is open closes. */
  troubles(): readonly string[] {
    return this.#trouble === undefined ? [] : [`new connections are refused: ${this.#trouble}`];
  }

  /** Lets clients in from now on; the door closes with the server. */
  open(door: Door): void {
    this.#doors.push(door);
    door.open((socket) => this.#accept(door.name, socket));
  }

  /**
   * Stops accepting and reading. Parked requests end at once with their `onClose`; the others may
   * still be answered for `graceMs`, then what is left is cut off. Resolves when all are closed.
   */
  async shutdown(options: { graceMs: number }): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#doors.map((door) => door.close()));
    for (const connection of [...this.#connections]) connection.closeSoon();
    await this.#untilEmpty(options.graceMs);
    this.#spare.end();
  }

  async #untilEmpty(graceMs: number): Promise<void> {
    if (this.#connections.size === 0) return;
    const cutOff = this.#env.clock.after(graceMs, () => {
      for (const connection of [...this.#connections]) connection.destroy();
    });
    await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    cutOff.cancel();
  }

  #accept(listenerName: string, socket: Socket): void {
    const { host } = socket.remote;
    this.#trouble = socket.shortage ?? this.#allTaken();
    const session = new Session(this.#nextId++, listenerName, socket);
    const refusal = this.#refusalOf(host);
    if (refusal) {
      const sentence = `refused a connection: ${refusal.sentence}`;
      new Complainer(this.#env.complaints, session).complain({ ...refusal, sentence });
      this.#env.metrics.connectionRefused();
      socket.destroy();
      return;
    }
    const connection = new Connection({
      env: this.#env,
      session,
      socket,
      onClosed: (closed) => this.#remove(closed),
    });
    this.#connections.add(connection);
    this.#connectionsByAddress.set(host, (this.#connectionsByAddress.get(host) ?? 0) + 1);
    this.#env.metrics.connectionOpened();
    connection.start();
  }

  #allTaken(): string | undefined {
    const { maxConnections } = this.#env.limits;
    return this.#connections.size >= maxConnections
      ? `max.connections=${maxConnections} are open`
      : undefined;
  }

  /** Why a new connection from there is not accepted. */
  #refusalOf(host: string): Complaint | undefined {
    if (this.#stopping) return { kind: 'shutting down', sentence: 'the broker is shutting down' };
    if (this.#trouble !== undefined) {
      // What concerns every client is said once in a minute, not ten times of each of them.
      const once = { isOfAll: true, rate: SHORTAGE_RATE };
      return { kind: 'no more connections', sentence: this.#trouble, ...once };
    }
    const { limits } = this.#env;
    const perAddress = limits.maxConnectionsPerIpOverrides.get(host) ?? limits.maxConnectionsPerIp;
    if ((this.#connectionsByAddress.get(host) ?? 0) < perAddress) return undefined;
    const sentence = `max.connections.per.ip=${perAddress} are open from this address`;
    return { kind: 'too many of an address', sentence };
  }

  #remove(connection: Connection): void {
    this.#trouble = undefined;
    this.#connections.delete(connection);
    const { host } = connection.session.remote;
    const left = (this.#connectionsByAddress.get(host) ?? 1) - 1;
    if (left > 0) this.#connectionsByAddress.set(host, left);
    else this.#connectionsByAddress.delete(host);
    this.#env.metrics.connectionClosed();
    if (this.#connections.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}
