import { ConfigError, splitList } from './key.ts';

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
const PROTOCOLS: readonly SecurityProtocol[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];

/** One place to listen, and what clients are told about it. */
export interface Listener {
  /** In upper case, as Kafka shows it. */
  readonly name: string;
  readonly protocol: SecurityProtocol;
  /** Empty: every address. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What clients are told; undefined: the address that each client itself connected to. */
  readonly advertised: { readonly host: string; readonly port: number } | undefined;
}

interface NamedEndpoint {
  name: string;
  host: string;
  port: number;
}

export interface ListenerTexts {
  listeners: string;
  advertisedListeners: string | null;
  protocolMap: string;
  interBrokerListenerName: string | null;
  /** null where security.inter.broker.protocol is not set. */
  interBrokerProtocol: SecurityProtocol | null;
}

/** Throws ConfigError with the key, the value and what is wrong with it. */
export function parseListeners(texts: ListenerTexts): {
  listeners: Listener[];
  interBrokerListener: string;
} {
  const protocols = parseProtocolMap(texts.protocolMap);
  const endpoints = parseEndpoints('listeners', texts.listeners);
  if (endpoints.length === 0) {
    throw new ConfigError('listeners must name at least one listener, such as PLAINTEXT://:9092');
  }
  rejectTwice('listeners', texts.listeners, endpoints);
  const advertised = parseEndpoints('advertised.listeners', texts.advertisedListeners ?? '');
  for (const { name, host } of advertised) {
    const where = `advertised.listeners = ${texts.advertisedListeners}`;
    if (!endpoints.some((endpoint) => endpoint.name === name)) {
      throw new ConfigError(
        `${where} names ${name}, which listeners does not (${endpoints.map((e) => e.name).join(', ')})`,
      );
    }
    if (host === '' || host === '0.0.0.0' || host === '::') {
      throw new ConfigError(
        `${where} must name a host that clients can connect to, not every address`,
      );
    }
  }
  const listeners = endpoints.map(({ name, host, port }): Listener => {
    const protocol = protocols.get(name);
    if (protocol === undefined) {
      throw new ConfigError(
        `listeners = ${texts.listeners} names ${name}, which is not one of ${PROTOCOLS.join(', ')}; ` +
          `say what it speaks in listener.security.protocol.map, for example ${name}:PLAINTEXT`,
      );
    }
    const told = advertised.find((endpoint) => endpoint.name === name);
    return {
      name,
      protocol,
      host,
      port,
      advertised: told && { host: told.host, port: told.port === 0 ? port : told.port },
    };
  });
  return { listeners, interBrokerListener: interBrokerListener(texts, listeners) };
}

function interBrokerListener(texts: ListenerTexts, listeners: readonly Listener[]): string {
  if (texts.interBrokerListenerName !== null) {
    const name = texts.interBrokerListenerName.toUpperCase();
    if (texts.interBrokerProtocol !== null) {
      throw new ConfigError(
        `inter.broker.listener.name = ${name} and security.inter.broker.protocol = ${texts.interBrokerProtocol} must not both be set`,
      );
    }
    if (!listeners.some((listener) => listener.name === name)) {
      throw new ConfigError(
        `inter.broker.listener.name = ${name} must be one of the names in listeners (${listeners.map((l) => l.name).join(', ')})`,
      );
    }
    return name;
  }
  const wanted = texts.interBrokerProtocol ?? 'PLAINTEXT';
  const found = listeners.find((listener) => listener.name === wanted);
  if (found) return found.name;
  if (texts.interBrokerProtocol !== null) {
    throw new ConfigError(
      `security.inter.broker.protocol = ${wanted} needs a listener of that name in listeners (${listeners.map((l) => l.name).join(', ')})`,
    );
  }
  // A lone node has nobody to talk to: its first listener will do.
  return listeners[0]!.name;
}

function parseProtocolMap(text: string): Map<string, SecurityProtocol> {
  const found = new Map<string, SecurityProtocol>();
  for (const item of splitList(text)) {
    const [name, protocolText, ...rest] = item.split(':').map((part) => part.trim());
    const protocol = PROTOCOLS.find((candidate) => candidate === protocolText?.toUpperCase());
    if (!name || protocol === undefined || rest.length > 0) {
      throw new ConfigError(
        `listener.security.protocol.map = ${text} has the entry ${item}; an entry must be NAME:PROTOCOL, with a protocol of ${PROTOCOLS.join(', ')}`,
      );
    }
    if (found.has(name.toUpperCase())) {
      throw new ConfigError(`listener.security.protocol.map = ${text} names ${name} twice`);
    }
    found.set(name.toUpperCase(), protocol);
  }
  return found;
}

function parseEndpoints(key: string, text: string): NamedEndpoint[] {
  return splitList(text).map((item) => {
    const match = /^([^:/\s]+):\/\/(\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]*):(-?\d+)$/.exec(item);
    const port = Number(match?.[3]);
    if (!match || !(port >= 0 && port <= 65_535)) {
      throw new ConfigError(
        `${key} = ${text} has the entry ${item}; an entry must be NAME://host:port, with a port from 0 to 65535`,
      );
    }
    return {
      name: match[1]!.toUpperCase(),
      host: match[2]!.replace(/^\[|\]$/g, ''),
      port,
    };
  });
}

function rejectTwice(key: string, text: string, endpoints: readonly NamedEndpoint[]): void {
  const names = new Set<string>();
  const addresses = new Set<string>();
  for (const { name, host, port } of endpoints) {
    if (names.has(name)) throw new ConfigError(`${key} = ${text} names ${name} twice`);
    names.add(name);
    if (port === 0) continue;
    // The same port may serve an IPv4 and an IPv6 address, or two addresses of one machine.
    const address = `${host}:${port}`;
    const clash = [...addresses].some(
      (other) =>
        other === address ||
        other === `:${port}` ||
        (host === '' && other.slice(other.lastIndexOf(':')) === address),
    );
    if (clash) throw new ConfigError(`${key} = ${text} uses port ${port} twice`);
    addresses.add(address);
  }
}

/** `http.listeners`: http://host:port, comma-separated. Throws ConfigError. */
export function parseHttpListeners(text: string): { host: string; port: number }[] {
  return splitList(text).map((item) => {
    const match = /^http:\/\/(\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]*):(\d+)\/?$/i.exec(item);
    const port = Number(match?.[2]);
    if (!match || port > 65_535) {
      throw new ConfigError(
        `http.listeners = ${text} has the entry ${item}; an entry must be http://host:port, with a port from 0 to 65535, and an empty value switches HTTP off`,
      );
    }
    return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
  });
}
