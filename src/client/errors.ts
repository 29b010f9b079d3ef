import type { Endpoint } from '../base/network.ts';

/** Something went wrong between this process and a broker; the message is a sentence for a person. */
export class ClientError extends Error {
  override name = 'ClientError';
}

/** No broker answers at an address, or the connection to it ended. Trying again may help. */
export class ConnectionError extends ClientError {
  override name = 'ConnectionError';
}

/** A record was given up: its time was over, or nobody wanted to wait any longer. */
export class DeliveryError extends ClientError {
  override name = 'DeliveryError';
  /** It was on its way, and nobody answered. */
  readonly mayBeStored: boolean;

  constructor(message: string, options: { mayBeStored?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.mayBeStored = options.mayBeStored ?? false;
  }
}

export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up at the moment',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it did not answer in time',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
};

/** Why a connection failed, from Node's error. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
