/** What the network layer may use up, from the broker's configuration. */
export interface NetworkLimits {
  /** `socket.request.max.bytes`: a longer frame closes its connection. */
  readonly maxRequestBytes: number;
  /** `max.connections` of the whole broker. */
  readonly maxConnections: number;
  /** `max.connections.per.ip`. */
  readonly maxConnectionsPerIp: number;
  /** `max.connections.per.ip.overrides`: limits by client address. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** `connections.max.idle.ms`; -1 never closes an idle connection. */
  readonly maxIdleMs: number;
  /** Requests and unsent answers of one connection; it is not read from while it holds more. */
  readonly maxInFlightBytesPerConnection: number;
  /**
   * The same of all connections together, with large requests that are still being received
   * (`queued.max.request.bytes`).
   */
  readonly maxInFlightBytes: number;
  /** Memory that the decoded forms of long requests may take up together; one of them half of it. */
  readonly maxDecodedBytes: number;
  /** `socket.response.max.bytes`: an answer without records that would be longer is refused. */
  readonly maxResponseBytes: number;
}

const MB = 1024 * 1024;

/** Kafka's defaults where it has one. */
export const defaultNetworkLimits: NetworkLimits = {
  maxRequestBytes: 100 * MB,
  maxConnections: 2 ** 31 - 1,
  maxConnectionsPerIp: 2 ** 31 - 1,
  maxConnectionsPerIpOverrides: new Map(),
  maxIdleMs: 600_000,
  maxInFlightBytesPerConnection: 8 * MB,
  maxInFlightBytes: 256 * MB,
  maxDecodedBytes: 128 * MB,
  maxResponseBytes: 64 * MB,
};
