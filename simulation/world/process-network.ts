import type { Endpoint, Listener, Network, Socket, SocketEvents } from '../../src/base/network.ts';
import type { SimProcess } from '../../src/base/testing/sim-loop.ts';

/** The network as one process sees it: dead, it neither hears nor says anything. */
export class ProcessNetwork implements Network {
  readonly #network: Network;
  readonly #process: SimProcess;

  constructor(network: Network, process: SimProcess) {
    this.#network = network;
    this.#process = process;
  }

  listen(at: Endpoint, onSocket: (socket: Socket) => void): Promise<Listener> {
    return this.#network.listen(at, (socket) => {
      if (this.#process.isAlive) onSocket(new ProcessSocket(socket, this.#process));
      else socket.destroy();
    });
  }

  async connect(to: Endpoint, options: { timeoutMs: number }): Promise<Socket> {
    return new ProcessSocket(await this.#network.connect(to, options), this.#process);
  }
}

class ProcessSocket implements Socket {
  readonly #socket: Socket;
  readonly #process: SimProcess;

  constructor(socket: Socket, process: SimProcess) {
    this.#socket = socket;
    this.#process = process;
  }

  get remote(): Endpoint {
    return this.#socket.remote;
  }

  get local(): Endpoint {
    return this.#socket.local;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  start(events: SocketEvents): void {
    const process = this.#process;
    this.#socket.start({
      onData: (chunk) => {
        if (process.isAlive) events.onData(chunk);
      },
      onDrain: () => {
        if (process.isAlive) events.onDrain();
      },
      ...(events.onEnd && {
        onEnd: () => {
          if (process.isAlive) events.onEnd?.();
        },
      }),
      onClose: (error) => {
        if (process.isAlive) events.onClose(error);
      },
    });
  }

  write(buffers: readonly Uint8Array[], onSent?: () => void): void {
    if (!this.#process.isAlive) return;
    this.#socket.write(buffers, () => {
      if (this.#process.isAlive) onSent?.();
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#process.isAlive) this.#socket.end();
  }

  destroy(): void {
    if (this.#process.isAlive) this.#socket.destroy();
  }
}
