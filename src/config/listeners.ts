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
  /** Those that a KRaft controller listens on: no client is served there. */
  controllerListenerNames: string | null;
  /** null where security.inter.broker.protocol is not set. */
  interBrokerProtocol: SecurityProtocol | null;
}

/** Throws ConfigError with the key, the value and what is wrong with it. */
export function parseListeners(texts: ListenerTexts): {
  listeners: Listener[];
  interBrokerListener: string;
} {
  const protocols = parseProtocolMap(texts.protocolMap);
  const all = parseEndpoints('listeners', texts.listeners);
  rejectTwice('listeners', texts.listeners, all);
  // In this process brokers and controllers need no port between them.
  const controllers = new Set(
    splitList(texts.controllerListenerNames ?? '').map((name) => name.toUpperCase()),
  );
  const isForClients = ({ name }: NamedEndpoint) => !controllers.has(name);
  const endpoints = all.filter(isForClients);
  if (endpoints.length === 0) {
    throw new ConfigError(
      `listeners${all.length > 0 ? ` = ${texts.listeners}` : ''} must name at least one listener for clients, such as PLAINTEXT://:9092`,
    );
  }
  const advertised = parseEndpoints('advertised.listeners', texts.advertisedListeners ?? '').filter(
    isForClients,
  );
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
  return entriesOf(text).map((item) => {
    const match = /^([^:/\s]+):\/\/(.*):(-?\d+)$/.exec(item);
    const host = hostOf(match?.[2] ?? '');
    const port = Number(match?.[3]);
    if (!match || host === undefined || !(port >= 0 && port <= 65_535)) {
      throw new ConfigError(
        `${key} = ${text} has the entry ${item}; an entry must be NAME://host:port, with a port from 0 to 65535`,
      );
    }
    return { name: match[1]!.toUpperCase(), host, port };
  });
}

/** Kafka's lists may end with a comma. */
function entriesOf(text: string): string[] {
  return splitList(text).filter((item) => item !== '');
}

/**
 * A name or an address, an IPv6 one with or without brackets and with the zone that it is valid in
 * (`fe80::1%eth0`); undefined where it is neither.
 */
function hostOf(text: string): string | undefined {
  const host = /^\[(.*:.*)\]$/.exec(text)?.[1] ?? text;
  if (!host.includes(':')) return /^[^[\]/\s]*$/.test(host) ? host : undefined;
  return isIpv6(host) ? host : undefined;
}

function isIpv6(text: string): boolean {
  const [, address = ''] = /^([0-9a-fA-F:.]+)(%[0-9a-zA-Z._-]+)?$/.exec(text) ?? [];
  const halves = address.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const isMapped = last.includes('.');
  const count = groups.length + (isMapped ? 1 : 0);
  if (address === '' || halves.length > 2 || (halves.length === 2 ? count > 7 : count !== 8)) {
    return false;
  }
  const whole = isMapped ? groups.slice(0, -1) : groups;
  const isIpv4 = /^(\d{1,3}\.){3}\d{1,3}$/.test(last) && last.split('.').every((n) => +n <= 255);
  return whole.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (!isMapped || isIpv4);
}

function rejectTwice(key: string, text: string, endpoints: readonly NamedEndpoint[]): void {
  for (const [index, { name, host, port }] of endpoints.entries()) {
    for (const earlier of endpoints.slice(0, index)) {
      if (earlier.name === name) throw new ConfigError(`${key} = ${text} names ${name} twice`);
      if (port !== 0 && earlier.port === port && overlap(earlier.host, host)) {
        throw new ConfigError(`${key} = ${text} uses port ${port} twice`);
      }
    }
  }
}

/** The same port may serve an IPv4 and an IPv6 address, or two addresses of one machine. */
function overlap(one: string, other: string): boolean {
  if (one === other) return true;
  const isEverything = (host: string) => host === '' || host === '::';
  if (isEverything(one) || isEverything(other)) return true;
  return [
    [one, other],
    [other, one],
  ].some(([all, some]) => all === '0.0.0.0' && !some?.includes(':'));
}

/** `http.listeners`: http://host:port, comma-separated. Throws ConfigError. */
export function parseHttpListeners(
  text: string,
  listeners: readonly Listener[] = [],
): { host: string; port: number }[] {
  return entriesOf(text).map((item) => {
    const match = /^http:\/\/(.*):(\d+)\/?$/i.exec(item);
    const host = hostOf(match?.[1] ?? '');
    const port = Number(match?.[2]);
    if (!match || host === undefined || port > 65_535) {
      throw new ConfigError(
        `http.listeners = ${text} has the entry ${item}; an entry must be http://host:port, with a port from 0 to 65535, and an empty value switches HTTP off`,
      );
    }
    for (const other of listeners) {
      if (port === 0 || port !== other.port || !overlap(host, other.host)) continue;
      throw new ConfigError(
        `http.listeners = ${text} uses port ${port}, as the listener ${other.name} does; choose another one, or switch HTTP off with an empty value`,
      );
    }
    return { host, port };
  });
}
