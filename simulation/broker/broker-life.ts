import { NO_LOCK } from '../../src/base/folder-lock.ts';
import type { SimProcess } from '../../src/base/testing/sim-loop.ts';
import type { SimNetwork } from '../../src/base/testing/sim-network.ts';
import { SimRandom } from '../../src/base/testing/sim-random.ts';
import { type Broker, startBroker } from '../../src/broker/broker.ts';
import type { BrokerParts } from '../../src/broker/broker-apis.ts';
import { loadBrokerConfig } from '../../src/config/index.ts';
import { ProcessDisk } from '../world/process-disk.ts';
import { ProcessNetwork } from '../world/process-network.ts';
import type { World } from '../world/world.ts';

export const BROKER_HOST = 'broker';
export const BROKER_PORT = 9092;
export const LOG_DIR = '/data';

export interface BrokerLifeOptions {
  readonly world: World;
  readonly network: SimNetwork;
  readonly properties: Readonly<Record<string, string>>;
  /** What its wall clock is ahead of the world's. */
  readonly wallMs: number;
  /** The data is open and recovered, and nobody is served yet. */
  readonly onRecovered: (parts: BrokerParts) => void;
  /** It says that something is wrong. */
  readonly onErrorLine: (message: string) => void;
}

/** One life of the broker, from its start to its end by stop, kill or power cut. */
/** What nobody may have to wait for another's request or for a duty in the background. */
const LONGEST_TURN_MS = 50;

export class BrokerLife {
  readonly process: SimProcess;
  readonly #options: BrokerLifeOptions;
  parts: BrokerParts | undefined;
  #broker: Broker | undefined;
  #stopping = false;
  state: 'starting' | 'serving' | 'failed' | 'stopped' | 'dead' = 'starting';
  failure: Error | undefined;

  constructor(options: BrokerLifeOptions) {
    this.#options = options;
    this.process = options.world.loop.process(options.wallMs);
  }

  /** `state` says what becomes of it. */
  start(): void {
    const options = this.#options;
    const { world, network, properties } = options;
    const { config } = loadBrokerConfig({
      listeners: `PLAINTEXT://${BROKER_HOST}:${BROKER_PORT}`,
      'http.listeners': '',
      'log.dirs': LOG_DIR,
      ...properties,
    });
    const { process } = this;
    process.onTurn = (ms) => {
      if (ms <= LONGEST_TURN_MS || this.state !== 'serving' || this.#stopping) return;
      options.onErrorLine(`a turn of the event loop took ${ms.toFixed(1)} ms`);
    };
    void startBroker(config, {
      clock: process,
      random: new SimRandom(world.random.int(2 ** 31)),
      fileSystem: new ProcessDisk(world.disk, process),
      network: new ProcessNetwork(network.host(BROKER_HOST), process),
      logger: world.logger(process, (level, message) => {
        if (level === 'error') options.onErrorLine(message);
      }),
      locker: { lock: async () => NO_LOCK },
      memoryBytes: 1024 * 1024 * 1024,
      heapBytes: 1024 * 1024 * 1024,
      instrument: (parts, apis) => {
        if (process.isAlive) {
          this.parts = parts;
          options.onRecovered(parts);
        }
        return apis;
      },
    }).then(
      (broker) => {
        this.#broker = broker;
        if (this.state === 'starting') this.state = 'serving';
      },
      (error) => {
        if (!process.isAlive) return;
        this.state = 'failed';
        this.failure = error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  /** A clean stop; `state` says when it is done. */
  stop(): void {
    this.#stopping = true;
    void this.#broker?.stop().then(
      () => {
        if (this.state === 'serving') this.state = 'stopped';
      },
      (error) => {
        if (!this.process.isAlive) return;
        this.state = 'failed';
        this.failure = error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  /** Nothing of it runs any more from here on. */
  kill(): void {
    if (this.state === 'starting' || this.state === 'serving') this.state = 'dead';
    this.process.kill();
  }
}
