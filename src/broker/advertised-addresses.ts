import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Endpoint, Network } from '../base/network.ts';
import { Connection } from '../client/connection.ts';
import { ClientError, endpointText } from '../client/errors.ts';
import type { Listener } from '../config/listeners.ts';
import { MetadataRequest, MetadataResponse } from '../protocol/messages/03-metadata.ts';
import { isLoopback } from './network/loopback.ts';

/** Of each step; a stop waits for them. */
const TIMEOUT_MS = 1000;

export interface AddressCheckPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Goes where `advertised.listeners` sends the clients, and warns about each address that does not lead back
 * to this cluster: the commonest mistake of all. The address may be right elsewhere (it is forwarded, or
 * known to others), so that is no error. What nobody has set is not looked at. Never rejects.
 */
export async function checkAdvertisedAddresses(
  listeners: readonly Listener[],
  clusterId: string,
  ports: AddressCheckPorts,
): Promise<void> {
  await Promise.all(
    listeners.map(async ({ name, advertised }) => {
      // Port 0 is whichever the listener got.
      if (!advertised || advertised.port === 0) return;
      const problem = await problemWith(advertised, clusterId, ports);
      if (problem === undefined) return;
      const address = `${name}://${endpointText(advertised)}`;
      ports.logger.warn(
        { listener: name, host: advertised.host, port: advertised.port },
        `advertised.listeners names ${address}, ${problem}`,
      );
    }),
  );
}

async function problemWith(
  at: Endpoint,
  clusterId: string,
  ports: AddressCheckPorts,
): Promise<string | undefined> {
  const unknown = await lookUp(at.host, ports);
  if (unknown !== undefined) {
    return (
      `and this machine knows no ${at.host}${unknown}:` +
      ' clients that do not know it either connect once and then fail; name a host that all of them know'
    );
  }
  const found = await whoIsAt(at, ports);
  if (found.clusterId === clusterId) return undefined;
  return (
    `which does not lead here (${found.reason}): clients connect once and then fail,` +
    ' unless it is forwarded to this broker where they are; name an address that they reach it at'
  );
}

/** Why the name is not known, in brackets. A look-up that takes long says nothing: connecting will. */
async function lookUp(host: string, ports: AddressCheckPorts): Promise<string | undefined> {
  const { network, clock } = ports;
  if (!network.resolve || isLoopback(host) || isAddress(host)) return undefined;
  const known = network.resolve(host).then(
    () => undefined,
    (error: unknown) =>
      error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '',
  );
  const { promise: late, timer } = timeout(clock);
  try {
    return await Promise.race([known, late]);
  } finally {
    timer.cancel();
  }
}

function timeout(clock: Clock): { promise: Promise<undefined>; timer: Timer } {
  let expire: (value: undefined) => void = () => {};
  const promise = new Promise<undefined>((resolve) => {
    expire = resolve;
  });
  return { promise, timer: clock.after(TIMEOUT_MS, () => expire(undefined)) };
}

async function whoIsAt(
  at: Endpoint,
  ports: AddressCheckPorts,
): Promise<{ clusterId?: string | null; reason: string }> {
  const timeouts = { connectTimeoutMs: TIMEOUT_MS, requestTimeoutMs: TIMEOUT_MS };
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(ports, at, {
      clientId: 'sluice-address-check',
      ...timeouts,
    });
    const { clusterId } = await connection.call(MetadataRequest, MetadataResponse, { topics: [] });
    return { clusterId, reason: `the cluster ${clusterId} answers there` };
  } catch (error) {
    const reason = error instanceof ClientError ? error.message : 'no Kafka broker answers there';
    return { reason };
  } finally {
    connection?.close();
  }
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}
