import type { Endpoint } from '../base/network.ts';
import type { BoundListener, Broker } from '../broker/broker.ts';
import type { BrokerConfig } from '../config/index.ts';
import { VERSION } from './version.ts';

type Settings = Pick<BrokerConfig, 'logDirList' | 'parsedListeners' | 'controlPlaneListenerName'>;

/** What a person reads first: where it listens, who can reach it, and what to try. */
export function readyText(
  broker: Pick<Broker, 'brokerId' | 'clusterId' | 'listeners'>,
  http: readonly Endpoint[],
  config: Settings,
): string {
  const forController = config.controlPlaneListenerName?.toUpperCase();
  const first = broker.listeners.find(({ name }) => name !== forController) ?? broker.listeners[0];
  const at = first ? addressFor(first, config) : '';
  const flag = at === 'localhost:9092' ? '' : ` --bootstrap-server ${at}`;
  const rows = [
    ...broker.listeners.map(
      (listener) => ['Kafka protocol', listenerText(listener, config)] as const,
    ),
    ...http.map(
      (endpoint) => ['Metrics, health', `http://${reachable(endpoint)}/metrics, /healthz`] as const,
    ),
    ['Data', config.logDirList.join(', ')] as const,
  ];
  return `
Sluice ${VERSION} is ready: broker ${broker.brokerId} of cluster ${broker.clusterId}.
${rows.map(([what, where]) => `  ${what.padEnd(17)}${where}`).join('\n')}
${openText(broker.listeners)}
Try next, each in a terminal of its own:
  npx sluice console-producer${flag} --topic greetings
  npx sluice console-consumer${flag} --topic greetings --from-beginning

`;
}

/** Nobody logs in yet, so that who can connect may do everything. */
export function openText(listeners: readonly Endpoint[]): string {
  const isOpen = listeners.some(({ host }) => !isLoopback(host));
  return isOpen
    ? `
Whoever reaches this machine can read and write everything: there are no logins yet. To listen for this
machine only: --override listeners=PLAINTEXT://localhost:${listeners[0]?.port ?? 9092}
`
    : '';
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function listenerText(listener: BoundListener, config: Settings): string {
  const { name, host, port } = listener;
  const where = isEverywhere(host)
    ? `port ${port} of every address of this machine`
    : addressOf(configuredHost(listener, config) ?? host, port);
  const told = config.parsedListeners.find((each) => each.name === name)?.advertised;
  const advertised = told && addressOf(told.host, told.port);
  const notes = [
    ...(name === 'PLAINTEXT' ? [] : [`listener ${name}`]),
    ...(advertised && advertised !== where ? [`clients are sent to ${advertised}`] : []),
  ];
  return notes.length > 0 ? `${where} (${notes.join(', ')})` : where;
}

/** What a client on this machine is to connect to: as the configuration writes it. */
function addressFor(listener: BoundListener, config: Settings): string {
  const host = configuredHost(listener, config) ?? listener.host;
  return reachable({ host, port: listener.port });
}

/** A name, where one was configured and an address is listened on. */
function configuredHost(
  { name }: BoundListener,
  { parsedListeners }: Settings,
): string | undefined {
  return parsedListeners.find((each) => each.name === name)?.host || undefined;
}

function reachable({ host, port }: Endpoint): string {
  return addressOf(isEverywhere(host) ? 'localhost' : host, port);
}

function isEverywhere(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
