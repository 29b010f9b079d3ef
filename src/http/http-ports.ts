import type { Endpoint, Network } from '../base/network.ts';
import { errorSentence } from '../base/system-error.ts';
import { endpointText } from '../client/errors.ts';
import { ConfigError } from '../config/index.ts';

/** Rejects, before the data is read, where a port of `http.listeners` is taken. Throws ConfigError. */
export async function checkHttpPorts(
  network: Network,
  listeners: readonly Endpoint[],
): Promise<void> {
  for (const at of listeners) {
    if (at.port === 0) continue;
    const listener = await network
      .listen(at, (socket) => socket.destroy())
      .catch((error: unknown) => {
        throw httpRefusal(at, error);
      });
    await listener.close();
  }
}

/** The sentence for an address of `http.listeners` that cannot be listened on. */
export function httpRefusal(at: Endpoint, error: unknown): ConfigError {
  const address = endpointText(at);
  const reason = errorSentence(error, { address });
  return new ConfigError(
    `http.listeners = http://${address}: ${reason}, or switch HTTP off with an empty value`,
  );
}
