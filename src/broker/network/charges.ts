import type { Clock } from '../../base/clock.ts';
import type { Quotas } from '../quota/quotas.ts';
import type { Api } from './api.ts';
import type { Request } from './request.ts';

/** Meters requests, and charges their clients for what they have used up. */
export class Charges {
  readonly #quotas: Quotas;
  readonly #clock: Clock;

  constructor(quotas: Quotas, clock: Clock) {
    this.#quotas = quotas;
    this.#clock = clock;
  }

  begin(request: Request, api: Api): void {
    request.meter = {
      beganAtMs: this.#clock.monotonicMs(),
      busyMs: undefined,
      // Now: the topics that it removes are still there.
      mutations: api.mutations?.(request.body) ?? 0,
    };
  }

  /** The handler has returned: while it waits for something others have their turn. */
  handled({ meter }: Request): void {
    if (meter) meter.busyMs ??= this.#clock.monotonicMs() - meter.beganAtMs;
  }

  /** Throttles the client where it has used up too much; for how long, in milliseconds. */
  charge(request: Request, api: Api, responseBytes: number): number {
    this.handled(request);
    const { session, clientId, requestSize, meter } = request;
    const throttleMs = this.#quotas.charge(
      { principal: session.principal, clientId },
      {
        kind: api.quota,
        requestBytes: requestSize,
        responseBytes,
        busyMs: meter?.busyMs ?? 0,
        mutations: meter?.mutations ?? 0,
      },
    );
    if (throttleMs > 0) request.throttle(throttleMs);
    return throttleMs;
  }
}
