/**
 * What a request counts against beside the broker's time, which all of them use up: the bytes that producers
 * send, the bytes that consumers get, the partitions that are made and removed.
 */
export type QuotaKind = 'request' | 'produce' | 'fetch' | 'controllerMutation';

/** Whose quota it is. */
export interface QuotaClient {
  readonly principal: { readonly type: string; readonly name: string };
  readonly clientId: string;
}

/** What a request has used up by the time that its answer is ready. */
export interface Usage {
  readonly kind: QuotaKind;
  readonly requestBytes: number;
  /** 0 where there is no answer. */
  readonly responseBytes: number;
  /** How long nothing else was handled because of it, until it was answered or began to wait. */
  readonly busyMs: number;
  /** Partitions that it makes or removes. */
  readonly mutations: number;
}

/** How much clients may use up. A broker without it counts nothing and throttles nobody. */
export interface Quotas {
  /** Counts what was used; for how long, in milliseconds, nothing more is read from the client. 0 mostly. */
  charge(client: QuotaClient, usage: Usage): number;
}
