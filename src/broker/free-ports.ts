import type { Endpoint, Network } from '../base/network.ts';
import { withSentence } from '../base/system-error.ts';
import { endpointText } from '../client/errors.ts';

/**
 * Rejects with the sentence for the first of these addresses that cannot be listened on. Asked before the data
 * is recovered, which may take minutes: a taken port is the first thing to hear of. Nobody is let in yet.
 */
export async function checkPorts(network: Network, listeners: readonly Endpoint[]): Promise<void> {
  for (const at of listeners) {
    if (at.port === 0) continue;
    const listener = await network.listen(at, (socket) => socket.destroy()).catch(refused(at));
    await listener.close();
  }
}

/** Names the address in what the system says of it. */
export function refused({ host, port }: Endpoint): (error: unknown) => never {
  return (error) => {
    throw withSentence(error, { address: endpointText({ host, port }) });
  };
}
