import { lookup } from 'node:dns/promises';
import * as net from 'node:net';
import { type Logger, silentLogger } from '../logger.ts';
import type { Endpoint, Listener, Network, Socket, SocketEvents } from '../network.ts';
import { adoptHandle, handleNumber } from './adopt-handle.ts';
import { fileHandleLimit, handleShortage } from './file-handles.ts';

/**
 * Every socket reads into this one buffer: a read is handled before the next one begins, and the
 * receiver copies what it keeps. It costs half the CPU of a fresh buffer per read.
 */
const sharedReadBuffer = Buffer.allocUnsafeSlow(64 * 1024);

const LISTEN_BACKLOG = 511;

/**
 * A peer that sends no more is asked whether it is there after so long without traffic. Systems keep
 * what is left of a closed socket for up to a minute, and it answers for as long.
 */
const ASK_ENDED_PEER_AFTER_MS = 60_000;

/** A line about connections that could not be accepted, no more often than this. */
const ACCEPT_LINE_INTERVAL_MS = 10_000;

export interface NodeNetworkOptions {
  /** Told about failed accepts, which have no connection to close; silent by default. */
  logger?: Logger;
  /** False reads through 'data' events, as where the runtime has no `onread` for accepted sockets. */
  ownReadBuffer?: boolean;
  /** `ulimit -n`, as the system says by default. */
  handleLimit?: number;
}

/** Real TCP. */
export class NodeNetwork implements Network {
  readonly #logger: Logger;
  readonly #ownReadBuffer: boolean;
  readonly #handleLimit: number | undefined;
  #failedAccepts = 0;
  #nextAcceptLineMs = 0;

  constructor(options: NodeNetworkOptions = {}) {
    this.#logger = options.logger ?? silentLogger;
    this.#ownReadBuffer = options.ownReadBuffer ?? true;
    this.#handleLimit = options.handleLimit ?? fileHandleLimit();
  }

  async listen(at: Endpoint, onSocket: (socket: Socket) => void): Promise<Listener> {
    const server = net.createServer({
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: true,
      allowHalfOpen: true,
    });
    server.on('connection', (accepted) => {
      const shortage = handleShortage(handleNumber(accepted), this.#handleLimit);
      const socket = new NodeSocket(accepted, undefined, shortage);
      if (this.#ownReadBuffer) socket.adopt(accepted);
      onSocket(socket);
    });
    await new Promise<void>((resolve, reject) => {
      // The handle is closed in this turn of the loop: who hears of it later finds none left.
      const fail = (error: Error) => setImmediate(reject, error);
      server.once('error', fail);
      server.listen(
        { port: at.port, backlog: LISTEN_BACKLOG, ...(at.host && { host: at.host }) },
        () => {
          server.off('error', fail);
          resolve();
        },
      );
    });
    server.on('error', (error) => this.#acceptFailed(error, at));
    const address = server.address();
    const local =
      address !== null && typeof address === 'object'
        ? endpoint(address.address, address.port)
        : at;
    return {
      local,
      // The port is free as soon as the call returns; the 'close' event would wait for open sockets.
      close: async () => {
        server.close();
      },
    };
  }

  async resolve(host: string): Promise<void> {
    await lookup(host);
  }

  /**
   * A connection that finds no file handle is closed at once, and its client tries again; those that
   * are open go on. There may be thousands a second, and one line is enough.
   */
  #acceptFailed(error: Error, { host, port }: Endpoint): void {
    const nowMs = performance.now();
    this.#failedAccepts++;
    if (nowMs < this.#nextAcceptLineMs) return;
    this.#nextAcceptLineMs = nowMs + ACCEPT_LINE_INTERVAL_MS;
    const count = this.#failedAccepts;
    this.#failedAccepts = 0;
    this.#logger.error({ error, host, port, count }, 'could not accept a connection');
  }

  connect(to: Endpoint, options: { timeoutMs: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const reader: Reader = { receive: undefined };
      const stream = new net.Socket({
        allowHalfOpen: true,
        ...(this.#ownReadBuffer && { onread: readInto(reader) }),
      });
      const deadline = setTimeout(() => {
        const text = `connect to ${to.host}:${to.port} took longer than ${options.timeoutMs} ms`;
        stream.destroy(Object.assign(new Error(text), { code: 'ETIMEDOUT' }));
      }, options.timeoutMs);
      const fail = (error?: Error) => {
        clearTimeout(deadline);
        reject(error ?? new Error(`connect to ${to.host}:${to.port} was cut off`));
      };
      const cutOff = () => fail();
      stream.pause();
      stream.on('error', fail);
      stream.on('close', cutOff);
      const target = { host: to.host || 'localhost', port: to.port };
      stream.connect({ ...target, noDelay: true, keepAlive: true }, () => {
        clearTimeout(deadline);
        stream.off('error', fail);
        stream.off('close', cutOff);
        resolve(new NodeSocket(stream, reader));
      });
    });
  }
}

/** Where a stream with `onread` puts its chunks; set by the socket that owns it. */
interface Reader {
  receive: ((chunk: Uint8Array) => void) | undefined;
}

function readInto(reader: Reader): net.OnReadOpts {
  return {
    buffer: sharedReadBuffer,
    callback: (size, buffer) => {
      reader.receive?.(size === buffer.length ? buffer : buffer.subarray(0, size));
      return true;
    },
  };
}

class NodeSocket implements Socket {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly shortage: string | undefined;
  #stream: net.Socket;
  #events: SocketEvents | undefined;
  #error: Error | undefined;
  #closed = false;
  #bufferedBytes = 0;
  /** One entry per write that has not finished, in order: sizes and callbacks. */
  #unsentSizes: number[] = [];
  #unsentCallbacks: ((() => void) | undefined)[] = [];
  readonly #receive = (chunk: Uint8Array) => this.#events?.onData(chunk);
  readonly #written = () => this.#finishWrite();

  /** `reader` is where the chunks come from if the stream has `onread`; it has no 'data' then. */
  constructor(stream: net.Socket, reader?: Reader, shortage?: string) {
    this.shortage = shortage;
    this.remote = endpoint(stream.remoteAddress ?? '', stream.remotePort ?? 0);
    this.local = endpoint(stream.localAddress ?? '', stream.localPort ?? 0);
    if (reader) reader.receive = this.#receive;
    this.#stream = stream;
    this.#watch(stream);
  }

  /** Takes an accepted stream's handle over into one that reads into the shared buffer. */
  adopt(accepted: net.Socket): void {
    const stream = adoptHandle(accepted, readInto({ receive: this.#receive }));
    if (!stream) return;
    accepted.removeAllListeners();
    this.#stream = stream;
    this.#watch(stream);
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  start(events: SocketEvents): void {
    this.#events = events;
    if (this.#closed) {
      events.onClose(this.#error);
      return;
    }
    // Also where `onread` is in use: should a runtime ignore it, the bytes still arrive here.
    this.#stream.on('data', this.#receive);
    this.#stream.resume();
  }

  write(buffers: readonly Uint8Array[], onSent?: () => void): void {
    const stream = this.#stream;
    if (this.#closed || buffers.length === 0 || stream.writableEnded || stream.destroyed) {
      onSent?.();
      return;
    }
    let size = 0;
    for (let index = 0; index < buffers.length; index++) size += buffers[index]!.length;
    this.#bufferedBytes += size;
    this.#unsentSizes.push(size);
    this.#unsentCallbacks.push(onSent);
    const last = buffers.length - 1;
    if (last > 0) stream.cork();
    for (let index = 0; index < last; index++) stream.write(buffers[index]!);
    stream.write(buffers[last]!, this.#written);
    if (last > 0) stream.uncork();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#closed) this.#stream.resume();
  }

  end(): void {
    this.#stream.destroySoon();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #watch(stream: net.Socket): void {
    stream.on('error', (error) => {
      this.#error = error;
    });
    stream.on('end', () => {
      // Whether the peer only ended its side or is gone looks the same; the system can ask it.
      stream.setKeepAlive(true, ASK_ENDED_PEER_AFTER_MS);
      if (this.#events?.onEnd) this.#events.onEnd();
      else this.end();
    });
    stream.on('close', () => this.#close());
  }

  #finishWrite(): void {
    const size = this.#unsentSizes.shift();
    if (size === undefined) return;
    this.#bufferedBytes -= size;
    this.#unsentCallbacks.shift()?.();
    if (!this.#closed) this.#events?.onDrain();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#unsentSizes.length > 0) this.#finishWrite();
    this.#events?.onClose(this.#error);
  }
}

/** Addresses of IPv4 peers on a dual-stack socket lose their IPv6 wrapping. */
function endpoint(address: string, port: number): Endpoint {
  const mapped = '::ffff:';
  const isMapped = address.startsWith(mapped) && address.includes('.');
  return { host: isMapped ? address.slice(mapped.length) : address, port };
}
