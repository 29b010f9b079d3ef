import type { Endpoint, Listener, Network, Socket } from '../../base/network.ts';
import { withSentence } from '../../base/system-error.ts';
import { endpointText } from '../../client/errors.ts';

/** Who comes before it is opened waits: a start that recovers much takes minutes, and nobody is to fill the memory. */
const MOST_WAITING = 1000;

/** A listener that has its port, and lets nobody in before it is opened. */
export interface Door extends Listener {
  /** The listener's name in the configuration. */
  readonly name: string;
  /** Those who wait come in, and everybody who comes from now on. */
  open(onSocket: (socket: Socket) => void): void;
}

/** Port 0 picks a free one. Rejects with the system's error, in a sentence that names the address. */
export async function bindDoor(network: Network, at: Endpoint & { name: string }): Promise<Door> {
  const { name, host, port } = at;
  const waiting: Socket[] = [];
  let accept = (socket: Socket): void => {
    // The last file handles are for the data that is being opened.
    if (waiting.length < MOST_WAITING && socket.shortage === undefined) waiting.push(socket);
    else socket.destroy();
  };
  const listener = await network
    .listen({ host, port }, (socket) => accept(socket))
    .catch((error: unknown) => {
      throw withSentence(error, { address: endpointText({ host, port }) });
    });
  return {
    name,
    local: listener.local,
    open(onSocket) {
      accept = onSocket;
      for (const socket of waiting.splice(0)) onSocket(socket);
    },
    close() {
      accept = (socket) => socket.destroy();
      for (const socket of waiting.splice(0)) socket.destroy();
      return listener.close();
    },
  };
}
