import type { Logger } from '../base/logger.ts';

/** Where a broker keeps its data. */
export type DataPlace =
  /** A new folder under the system's one for temporary files, removed when the broker stops. */
  | 'temporary'
  /** This process's memory: the disk is never touched, and nothing outlives the broker. */
  | 'memory'
  /** This folder, which is made when it is missing, and stays. One broker at a time may have it. */
  | { readonly folder: string };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Keys of server.properties with their values: `{ 'log.retention.ms': 60_000 }`. */
export type KafkaConfig = Readonly<Record<string, string | number | boolean>>;

/** Everything has a default that works. */
export interface BrokerOptions {
  /** The port to listen on; 0, the default, picks a free one. */
  readonly port?: number;
  /** The name or address to listen on; `127.0.0.1` by default. */
  readonly host?: string;
  /** `temporary` by default. */
  readonly data?: DataPlace;
  /**
   * Kafka's keys, as in server.properties; docs/reference/configs.md lists them. With `listeners`
   * here leave `port` and `host` out. The data's place is `data`, not `log.dirs`.
   */
  readonly config?: KafkaConfig;
  /** Where log lines go; by default to standard error, from `logLevel` on. */
  readonly logger?: Logger;
  /** `warn` by default. Without effect on a `logger` of your own. */
  readonly logLevel?: LogLevel;
  /** Serve /metrics and /healthz: `true` on a free port of `host`. Off by default. */
  readonly http?: boolean | { readonly port?: number; readonly host?: string };
}

/** A broker in this process. It keeps the process alive until it is stopped. */
export interface EmbeddedBroker {
  /** Where clients reach it; of several listeners, the first. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, for a client's list of brokers. */
  readonly bootstrapServers: string;
  readonly brokerId: number;
  readonly clusterId: string;
  /** Where the data is; undefined in memory. */
  readonly folder: string | undefined;
  /** `http://host:port`; undefined without `http`. */
  readonly httpUrl: string | undefined;
  /**
   * Closes every connection, writes and closes all files, removes temporary data. Idempotent; when it
   * resolves, no handle of the broker is left.
   */
  stop(): Promise<void>;
  /** `stop()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
