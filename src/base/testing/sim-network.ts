import type { Clock } from '../clock.ts';
import type { Endpoint, Listener, Network, Socket } from '../network.ts';
import { SimSocket } from './sim-socket.ts';

export interface SimNetworkOptions {
  readonly clock: Clock;
  /** How long bytes travel; 0 delivers them within the end of the turn. */
  delayMs?: number | (() => number);
  /** How many bytes each read may bring; 64 KB by default, `() => 1` is byte by byte. */
  chunkBytes?: () => number;
}

/** Asked before a connection is made: the error code it shall fail with, or undefined. */
export type ConnectFault = (from: string, to: Endpoint) => string | undefined;

const FIRST_FREE_PORT = 40_000;

/** A network in memory, with hosts by name. */
export class SimNetwork {
  fault: ConnectFault = () => undefined;
  readonly #options: SimNetworkOptions;
  readonly #listeners = new Map<string, (socket: Socket) => void>();
  readonly #sockets = new Set<SimSocket>();
  #nextPort = FIRST_FREE_PORT;

  constructor(options: SimNetworkOptions) {
    this.#options = options;
  }

  /** The network as `name` sees it: what it listens on is found under that name. */
  host(name: string): Network {
    return {
      listen: (at, onSocket) => this.#listen(name, at, onSocket),
      connect: (to) => this.#connect(name, to),
    };
  }

  /** Breaks every connection between the two hosts, or all of `one`. */
  disconnect(one: string, other?: string): void {
    const error = Object.assign(new Error('the network broke'), { code: 'ECONNRESET' });
    for (const socket of [...this.#sockets]) {
      const { host: from } = socket.local;
      const { host: to } = socket.remote;
      if (from === one && (other === undefined || to === other)) socket.breakOff(error);
    }
  }

  /** A host dies: nobody listens there any more, and its connections are reset or never heard of again. */
  crash(host: string, { isNoticed }: { isNoticed: boolean }): void {
    for (const key of [...this.#listeners.keys()]) {
      if (key.startsWith(`${host}:`)) this.#listeners.delete(key);
    }
    for (const socket of [...this.#sockets]) {
      if (socket.local.host !== host) continue;
      if (isNoticed) socket.breakOff(undefined);
      else socket.vanish();
    }
  }

  /** What accepted sockets say of the file handles that are left. */
  shortage: () => string | undefined = () => undefined;

  /** One end of one of the open connections of `host` forgets it without a word. */
  halfOpen(host: string, pick: (count: number) => number): void {
    const open = [...this.#sockets].filter(
      (socket) => socket.local.host === host && !socket.closed,
    );
    if (open.length > 0) open[pick(open.length)]?.vanish();
  }

  /** Resets one of the open connections of `host`. */
  breakOne(host: string, pick: (count: number) => number): void {
    const open = [...this.#sockets].filter(
      (socket) => socket.local.host === host && !socket.closed,
    );
    const error = Object.assign(new Error('the network broke'), { code: 'ECONNRESET' });
    if (open.length > 0) open[pick(open.length)]?.breakOff(error);
  }

  async #listen(host: string, at: Endpoint, onSocket: (socket: Socket) => void): Promise<Listener> {
    const local = { host, port: at.port || this.#nextPort++ };
    const key = keyOf(local);
    if (this.#listeners.has(key)) throw networkError('EADDRINUSE', local);
    this.#listeners.set(key, onSocket);
    return {
      local,
      close: async () => {
        this.#listeners.delete(key);
      },
    };
  }

  async #connect(from: string, to: Endpoint): Promise<Socket> {
    const code = this.fault(from, to);
    if (code !== undefined) throw networkError(code, to);
    await new Promise<void>((resolve) => this.#later(resolve));
    const onSocket = this.#listeners.get(keyOf(to));
    if (!onSocket) throw networkError('ECONNREFUSED', to);
    const near = { host: from, port: this.#nextPort++ };
    const client = this.#socket(near, to);
    const server = this.#socket(to, near, this.shortage());
    SimSocket.join(client, server);
    onSocket(server);
    return client;
  }

  #socket(local: Endpoint, remote: Endpoint, shortage?: string): SimSocket {
    for (const old of this.#sockets) if (old.closed) this.#sockets.delete(old);
    const socket = new SimSocket({
      local,
      remote,
      shortage,
      later: (step) => this.#later(step),
      chunkBytes: this.#options.chunkBytes ?? (() => 64 * 1024),
    });
    this.#sockets.add(socket);
    return socket;
  }

  #later(step: () => void): void {
    const { clock, delayMs: delay = 0 } = this.#options;
    const delayMs = typeof delay === 'number' ? delay : delay();
    if (delayMs > 0) clock.after(delayMs, step);
    else clock.endOfTurn(step);
  }
}

const keyOf = (at: Endpoint): string => `${at.host}:${at.port}`;

function networkError(code: string, at: Endpoint): Error {
  return Object.assign(new Error(`${code} ${keyOf(at)} (simulated)`), { code });
}
