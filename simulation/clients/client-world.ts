import type { Network } from '../../src/base/network.ts';
import type { SimProcess } from '../../src/base/testing/sim-loop.ts';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { ErrorName } from '../../src/protocol/errors.ts';
import { BROKER_HOST, BROKER_PORT } from '../broker/broker-life.ts';
import type { PartitionHistory } from '../history/partition-history.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world/world.ts';
import { Disconnected, SimClient } from './sim-client.ts';

/** A topic that is there for the whole run. */
export interface FixedTopic {
  readonly name: string;
  readonly partitionCount: number;
  readonly configs: Readonly<Record<string, string>>;
  readonly mayExpire: boolean;
  readonly isCompacted: boolean;
}

/** How many of what happened, so that a run that did nothing is seen. */
export interface ClientCounts {
  acknowledged: number;
  resent: number;
  newProducers: number;
  read: number;
  fetches: number;
  commits: number;
  generations: number;
  topicsCreated: number;
  topicsDeleted: number;
  recordsDeleted: number;
  configChanges: number;
  timeouts: number;
}

/**
 * What clients answer with while a start is not over or a disk is broken: they come again. Anything
 * else that is not asked for is a violation.
 */
const COME_AGAIN: readonly ErrorName[] = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
];

export class ClientWorld {
  readonly world: World;
  readonly process: SimProcess;
  readonly random: SimRandom;
  readonly topics: readonly FixedTopic[];
  readonly histories = new Map<string, PartitionHistory>();
  readonly counts: ClientCounts = {
    acknowledged: 0,
    resent: 0,
    newProducers: 0,
    read: 0,
    fetches: 0,
    commits: 0,
    generations: 0,
    topicsCreated: 0,
    topicsDeleted: 0,
    recordsDeleted: 0,
    configChanges: 0,
    timeouts: 0,
  };
  /** New work is begun; without it clients only bring to its end what they began. */
  isBusy = true;
  /** Nothing goes on any more. */
  isOver = false;
  /** Errors of the disk are to be expected, in answers too. */
  diskIsBroken = false;
  /** A power cut may have taken acknowledged records, as the policy allows. */
  mayHaveLost = false;
  /** Since when no end of a connection has gone without a word: on older ones no answer may come. */
  silentMs = -1;
  problem: Error | undefined;
  readonly #network: Network;
  #running = 0;

  constructor(
    world: World,
    options: { process: SimProcess; network: Network; topics: readonly FixedTopic[] },
  ) {
    this.world = world;
    this.process = options.process;
    this.#network = options.network;
    this.topics = options.topics;
    this.random = world.random.fork();
  }

  /** Actors that have not come to their end. */
  get running(): number {
    return this.#running;
  }

  /** An end of a connection is about to go without a word. */
  goSilent(): void {
    this.silentMs = this.process.monotonicMs();
  }

  fail(error: unknown): void {
    this.problem ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Runs one client: `session` again and again, each on a connection of its own, until it says it is done. */
  actor(name: string, session: (client: SimClient) => Promise<'again' | 'done'>): void {
    this.#running++;
    void this.#repeat(name, session)
      .catch((error) => this.fail(error))
      .finally(() => this.#running--);
  }

  async #repeat(
    name: string,
    session: (client: SimClient) => Promise<'again' | 'done'>,
  ): Promise<void> {
    while (!this.isOver) {
      let client: SimClient | undefined;
      try {
        client = await this.connect(name);
        if ((await session(client)) === 'done') return;
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      } finally {
        client?.close();
      }
      await this.sleep(1 + this.random.float() * 60);
    }
  }

  connect(clientId: string): Promise<SimClient> {
    return SimClient.connect({
      network: this.#network,
      process: this.process,
      broker: { host: BROKER_HOST, port: BROKER_PORT },
      clientId,
      timeoutMs: 30_000,
      onTimeout: (what, connectedMs) => {
        this.counts.timeouts++;
        this.world.note(`timeout: ${what}`);
        if (connectedMs > this.silentMs) this.fail(new Violation(what));
      },
    });
  }

  sleep(ms: number): Promise<void> {
    return this.world.loop.sleep(ms);
  }

  /** Throws Disconnected where the client shall come again later, and Violation for any other error. */
  refused(what: string, error: ErrorName): never {
    const isBroken = this.diskIsBroken && error !== 'OUT_OF_ORDER_SEQUENCE_NUMBER';
    if (COME_AGAIN.includes(error) || isBroken) throw new Disconnected(`${what}: ${error}`);
    throw new Violation(`${what} was refused: ${error}`);
  }

  history(topic: string, partition: number): PartitionHistory {
    const found = this.histories.get(`${topic}-${partition}`);
    if (!found) throw new Error(`no history of ${topic}-${partition}`);
    return found;
  }
}
