import type { Endpoint } from '../../base/network.ts';
import type { BrokerMetadata, ClusterSnapshot } from '../metadata/cluster-snapshot.ts';
import { isLoopback } from '../network/loopback.ts';
import type { RequestContext } from '../network/request-context.ts';

export interface AdvertisedBroker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/**
 * The brokers as this client can reach them: through the listener it used itself, so that an address
 * of another listener never leaks. A broker without that listener is left out.
 */
export function brokersFor(snapshot: ClusterSnapshot, context: RequestContext): AdvertisedBroker[] {
  return [...snapshot.brokers.values()].flatMap((broker) => addressFor(broker, context) ?? []);
}

/** Undefined where the broker does not have the client's listener. */
export function addressFor(
  broker: BrokerMetadata,
  context: RequestContext,
): AdvertisedBroker | undefined {
  const { listenerName, local, remote } = context.session;
  const endpoint = broker.endpoints.get(listenerName);
  if (!endpoint) return undefined;
  // An empty host is a listener on all addresses without an advertised one: the address that the
  // client reached is the one address known to work for it.
  const host = endpoint.host === '' ? local.host : endpoint.host;
  const port = endpoint.port === 0 ? local.port : endpoint.port;
  if (isLoopback(host) && !isLoopback(remote.host)) {
    warnOfLoopback(context, { host, port });
  }
  return { nodeId: broker.id, host, port, rack: broker.rack };
}

/** Often enough to be found in a log of the day, and no more. */
const LOOPBACK_RATE = { lines: 1, windowMs: 3_600_000 };

/** The commonest mistake of all: the client goes on to its own machine, and finds nobody there. */
function warnOfLoopback(context: RequestContext, told: Endpoint): void {
  const { listenerName, local, remote } = context.session;
  context.complain({
    kind: 'advertised address',
    sentence:
      `the client at ${remote.host} is told to go on at ${told.host}:${told.port}, which is its own machine:` +
      ` set advertised.listeners to an address that clients reach, such as ${listenerName}://${local.host}:${local.port}`,
    rate: LOOPBACK_RATE,
  });
}
