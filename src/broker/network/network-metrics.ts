import { Histogram, type Metrics } from '../../base/metrics.ts';

/** From what a cached answer takes to what a long poll may wait, in milliseconds. */
const LATENCY_BOUNDS_MS = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000,
];

/** The counts of one API. */
export class ApiMetrics {
  readonly name: string;
  readonly latencyMs = new Histogram(LATENCY_BOUNDS_MS);
  requests = 0;
  requestBytes = 0;
  errors = 0;

  constructor(name: string) {
    this.name = name;
  }

  requested(size: number): void {
    this.requests++;
    this.requestBytes += size;
  }

  answered(latencyMs: number): void {
    this.latencyMs.observe(latencyMs);
  }

  failed(): void {
    this.errors++;
  }
}

/** Counts what goes through the network layer, by API and in all. */
export class NetworkMetrics {
  readonly #apis: ApiMetrics[] = [];
  #receivedBytes = 0;
  #sentBytes = 0;
  #accepted = 0;
  #open = 0;
  #refused = 0;
  #idle = 0;

  constructor(metrics: Metrics) {
    const byApi = (read: (api: ApiMetrics) => number) => () =>
      this.#used().map((api) => ({ labels: { api: api.name }, value: read(api) }));
    const counter = (name: string, help: string, read: () => number) =>
      metrics.register({ kind: 'counter', name, help, read: () => [{ value: read() }] });

    metrics.register({
      kind: 'counter',
      name: 'sluice_requests_total',
      help: 'Requests received, by API.',
      read: byApi((api) => api.requests),
    });
    metrics.register({
      kind: 'counter',
      name: 'sluice_request_errors_total',
      help: 'Requests answered with an error for the request as a whole, by API.',
      read: byApi((api) => api.errors),
    });
    metrics.register({
      kind: 'counter',
      name: 'sluice_request_bytes_total',
      help: 'Bytes of the requests received, by API.',
      read: byApi((api) => api.requestBytes),
    });
    metrics.register({
      kind: 'histogram',
      name: 'sluice_request_duration_seconds',
      help: 'Time from the last byte of a request to its answer, by API; waiting for data included.',
      bounds: LATENCY_BOUNDS_MS.map((bound) => bound / 1000),
      read: () =>
        this.#used().map((api) => {
          const sample = api.latencyMs.sample({ api: api.name });
          return { ...sample, sum: sample.sum / 1000 };
        }),
    });
    counter(
      'sluice_network_received_bytes_total',
      'Bytes read from clients.',
      () => this.#receivedBytes,
    );
    counter('sluice_network_sent_bytes_total', 'Bytes written to clients.', () => this.#sentBytes);
    counter('sluice_connections_accepted_total', 'Connections accepted.', () => this.#accepted);
    counter(
      'sluice_connections_refused_total',
      'Connections closed for bad input or over a connection limit.',
      () => this.#refused,
    );
    counter(
      'sluice_connections_idle_closed_total',
      'Connections closed after connections.max.idle.ms.',
      () => this.#idle,
    );
    metrics.gauge('sluice_connections', 'Open connections.', () => this.#open);
  }

  /** Called once for each API. */
  api(name: string): ApiMetrics {
    const api = new ApiMetrics(name);
    this.#apis.push(api);
    return api;
  }

  bytesReceived(size: number): void {
    this.#receivedBytes += size;
  }

  bytesSent(size: number): void {
    this.#sentBytes += size;
  }

  connectionOpened(): void {
    this.#accepted++;
    this.#open++;
  }

  connectionClosed(): void {
    this.#open--;
  }

  idleConnectionClosed(): void {
    this.#idle++;
  }

  connectionRefused(): void {
    this.#refused++;
  }

  #used(): ApiMetrics[] {
    return this.#apis.filter((api) => api.requests > 0);
  }
}
