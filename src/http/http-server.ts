import type { Clock } from '../base/clock.ts';
import { Complaints } from '../base/complaints.ts';
import type { ForeignConnection, HttpHost } from '../base/http.ts';
import type { Logger } from '../base/logger.ts';
import type { Endpoint, Listener } from '../base/network.ts';
import { httpRefusal } from './http-ports.ts';
import type { Route } from './route.ts';
import { Router } from './router.ts';

/** The HTTP side of a broker: metrics and health now, the console's API on the same routes later. */
export class HttpServer {
  readonly #host: HttpHost;
  readonly #router: Router;
  readonly #complaints: Complaints;
  readonly #listeners: Listener[] = [];

  constructor(options: {
    host: HttpHost;
    clock: Clock;
    logger: Logger;
    routes: readonly Route[];
  }) {
    this.#host = options.host;
    this.#router = new Router(options);
    this.#complaints = new Complaints(options.clock, options.logger);
  }

  /**
   * Listens at each of `http.listeners`; the addresses, in order. Throws ConfigError, which names key,
   * value and reason, for a port that can't be had: a broker without the metrics that someone watches
   * would go unnoticed.
   */
  async start(httpListeners: readonly Endpoint[]): Promise<Endpoint[]> {
    for (const at of httpListeners) {
      try {
        const listener = await this.#host.listen(
          at,
          (request) => this.#router.answer(request),
          (connection) => this.#complain(connection, listener.local),
        );
        this.#listeners.push(listener);
      } catch (error) {
        await this.stop();
        throw httpRefusal(at, error);
      }
    }
    return this.#listeners.map(({ local }) => local);
  }

  #complain({ remote, bytes }: ForeignConnection, local: Endpoint): void {
    const kind = foreignToHttp(bytes);
    this.#complaints.warn(
      { about: remote.host, kind },
      { client: `${remote.host}:${remote.port}` },
      `closed a connection: the client speaks ${kind}, ${urlOf(local)} speaks HTTP: ${ADVICE[kind]}`,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }
}

const ADVICE = {
  "Kafka's protocol": "give it the address of one of the broker's listeners instead",
  TLS: 'use http:// instead of https://',
  'something else': 'look which program was given this address',
} as const;

/** A Kafka request begins with its length, of which the first byte is 0, and an API key below 256. */
function foreignToHttp(bytes: Uint8Array): keyof typeof ADVICE {
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return 'TLS';
  return bytes[0] === 0 && bytes[4] === 0 ? "Kafka's protocol" : 'something else';
}

function urlOf({ host, port }: Endpoint): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
