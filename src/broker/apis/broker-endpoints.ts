import type { BrokerMetadata, ClusterSnapshot } from '../metadata/cluster-snapshot.ts';
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
  { connection }: RequestContext,
): AdvertisedBroker | undefined {
  const endpoint = broker.endpoints.get(connection.listenerName);
  if (!endpoint) return undefined;
  // An empty host is a listener on all addresses without an advertised one: the address that the
  // client reached is the one address known to work for it.
  const host = endpoint.host === '' ? connection.local.host : endpoint.host;
  const port = endpoint.port === 0 ? connection.local.port : endpoint.port;
  return { nodeId: broker.id, host, port, rack: broker.rack };
}
