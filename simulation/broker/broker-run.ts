import { SimNetwork } from '../../src/base/testing/sim-network.ts';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { BrokerParts } from '../../src/broker/broker-apis.ts';
import { errorName } from '../../src/protocol/errors.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../src/protocol/messages/19-create-topics.ts';
import type { FlushPolicy } from '../../src/storage/log-types.ts';
import { Administrator } from '../clients/administrator.ts';
import { ClientWorld } from '../clients/client-world.ts';
import { checkPartition } from '../clients/fetching.ts';
import { checkCommits, GroupMember } from '../clients/group-member.ts';
import { Producer } from '../clients/producer.ts';
import { Reader } from '../clients/reader.ts';
import type { SimClient } from '../clients/sim-client.ts';
import { TopicChurn } from '../clients/topic-churn.ts';
import { GroupHistory } from '../history/group-history.ts';
import { PartitionHistory } from '../history/partition-history.ts';
import { mustHold, Violation } from '../violation.ts';
import { WORLD_STARTS_MS, World, type WorldOptions } from '../world/world.ts';
import { BROKER_HOST, BrokerLife } from './broker-life.ts';
import { cause } from './chaos.ts';
import { Invariants } from './invariants.ts';
import { choosePlan, type LifePlan, type Plan } from './plan.ts';

export interface BrokerRunOptions extends WorldOptions {
  /** Chosen by the seed where absent. */
  readonly policy?: FlushPolicy | undefined;
}

export interface BrokerRunReport {
  readonly policy: FlushPolicy;
  readonly hash: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Nothing of a world takes longer than this. */
const LIMIT_MS = 600_000;

/** A whole broker with clients, over a few lives. Throws Violation. */
export async function runBroker(options: BrokerRunOptions): Promise<BrokerRunReport> {
  const run = new BrokerRun(new World(options), options.policy);
  return run.run();
}

class BrokerRun {
  readonly #world: World;
  readonly #random: SimRandom;
  readonly #plan: Plan;
  readonly #network: SimNetwork;
  readonly #clients: ClientWorld;
  readonly #group: GroupHistory;
  readonly #churns: TopicChurn[];
  readonly #administrator: Administrator;
  readonly #numbers = { lives: 0, kills: 0, powerCuts: 0, stops: 0, failedStarts: 0, forgotten: 0 };
  /** Topics whose creation was answered. */
  #isPrepared = false;
  #life!: BrokerLife;
  #invariants = new Invariants();
  /** The last end was a power cut that may have taken acknowledged records. */
  #mayHaveLost = false;
  /** So was it, since the last start that came to its end. */
  #wasPowerCut = false;
  #wallMs = WORLD_STARTS_MS;

  constructor(world: World, policy: FlushPolicy | undefined) {
    this.#world = world;
    this.#random = world.random.fork();
    const random = this.#random;
    this.#plan = choosePlan(random.fork(), policy);
    const networkRandom = random.fork();
    const clock = world.loop.process(WORLD_STARTS_MS);
    this.#network = new SimNetwork({
      clock,
      delayMs: () => 0.01 + networkRandom.float() * this.#plan.networkDelayMs,
      chunkBytes: () => 1 + networkRandom.int(this.#plan.maxChunkBytes),
    });
    this.#clients = new ClientWorld(world, {
      process: clock,
      network: this.#network.host('clients'),
      topics: this.#plan.topics,
    });
    for (const { name, partitionCount, mayExpire, isCompacted } of this.#plan.topics) {
      for (let partition = 0; partition < partitionCount; partition++) {
        const options = { name: `${name}-${partition}`, mayExpire, isCompacted };
        this.#clients.histories.set(options.name, new PartitionHistory(options));
      }
    }
    this.#group = new GroupHistory('group');
    this.#churns = Array.from(
      { length: this.#plan.churns },
      (_, index) => new TopicChurn(this.#clients, `churn-${index}`),
    );
    this.#administrator = new Administrator(this.#clients);
    world.loop.afterEvent = () => {
      const { parts, process } = this.#life;
      if (parts && process.isAlive) this.#invariants.check(parts);
    };
  }

  async run(): Promise<BrokerRunReport> {
    const { lives, policy } = this.#plan;
    this.#world.note(`plan: ${JSON.stringify(this.#plan)}`);
    this.#startClients();
    for (const life of lives) await this.#live(life);
    await this.#lastLife();
    const { world } = this.#clients;
    return {
      policy,
      hash: world.trace.hash,
      numbers: { ...this.#numbers, ...this.#clients.counts, events: world.loop.events },
    };
  }

  #startClients(): void {
    const clients = this.#clients;
    clients.actor('creator', (client) => this.#prepare(client));
  }

  /** Makes the fixed topics, then lets everybody else begin. */
  async #prepare(client: SimClient): Promise<'done'> {
    const clients = this.#clients;
    for (const { name, partitionCount, configs } of this.#plan.topics) {
      const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, {
        topics: [
          {
            name,
            numPartitions: partitionCount,
            replicationFactor: 1,
            configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
          },
        ],
        timeoutMs: 20_000,
      });
      const error = errorName(topics[0]?.errorCode ?? -1);
      if (error !== 'NONE' && error !== 'TOPIC_ALREADY_EXISTS') {
        clients.refused(`the creation of ${name}`, error);
      }
    }
    this.#isPrepared = true;
    const { producersPerPartition, readers, members, pauseMs } = this.#plan;
    for (const { name: topic, partitionCount } of this.#plan.topics) {
      for (let partition = 0; partition < partitionCount; partition++) {
        for (let index = 0; index < producersPerPartition; index++) {
          const isIdempotent = index === 0;
          const name = `${isIdempotent ? 'once' : 'plain'}-${topic}-${partition}`;
          new Producer(clients, { name, topic, partition, isIdempotent, pauseMs }).start();
        }
      }
    }
    for (let index = 0; index < readers; index++) new Reader(clients, `reader-${index}`).start();
    for (let index = 0; index < members; index++) {
      new GroupMember(clients, this.#group, `member-${index}`).start();
    }
    for (const churn of this.#churns) churn.start();
    this.#administrator.start();
    return 'done';
  }

  async #live(plan: LifePlan): Promise<void> {
    const world = this.#world;
    this.#numbers.lives++;
    world.note(`life ${this.#numbers.lives}: ${JSON.stringify(plan)}`);
    let isCut = false;
    world.operationsLeft = plan.operations;
    world.onLastOperation = () => {
      isCut = true;
      this.#life.kill();
    };
    this.#begin();
    const life = this.#life;
    await this.#until(() => isCut || life.state !== 'starting');
    if (!isCut) {
      this.#checkStarted();
      this.#checkSoon();
      for (const fault of plan.faults) this.#cause(fault);
      let isTime = false;
      world.loop.after(plan.durationMs, () => {
        isTime = true;
      });
      await this.#until(() => isCut || isTime);
    }
    if (!isCut && (plan.ending === 'stop' || plan.endsWhileStopping)) {
      await this.#stop(plan, () => isCut);
    }
    await this.#end(plan);
  }

  #begin(): void {
    this.#invariants = new Invariants();
    this.#life = new BrokerLife({
      world: this.#world,
      network: this.#network,
      properties: this.#plan.properties,
      wallMs: this.#wallMs,
      onRecovered: (parts) => this.#recovered(parts),
      onErrorLine: (message) => {
        if (this.#clients.diskIsBroken || this.#isAllowedError(message)) return;
        this.#clients.fail(new Violation(`the broker logs an error: ${message}`));
      },
    });
    this.#life.start();
  }

  /** After a power cut segments may be there whose predecessors are not: nobody was answered for them. */
  #isAllowedError(message: string): boolean {
    return this.#wasPowerCut && /a segment follows damage or a gap/.test(message);
  }

  #checkStarted(): void {
    const { state, failure } = this.#life;
    if (state !== 'failed') return;
    this.#numbers.failedStarts++;
    throw new Violation(`the broker does not start: ${failure?.stack}`);
  }

  #cause(fault: LifePlan['faults'][number]): void {
    cause(fault, {
      world: this.#world,
      network: this.#network,
      clients: this.#clients,
      life: this.#life,
      random: this.#random.fork(),
    });
  }

  /** A clean stop, or one that is cut short. */
  async #stop(plan: LifePlan, isCut: () => boolean): Promise<void> {
    const life = this.#life;
    life.stop();
    let isTime = plan.ending === 'stop';
    const isLate = () => !isTime;
    if (plan.endsWhileStopping) {
      this.#world.loop.after(this.#random.float() * 20, () => {
        isTime = true;
      });
    }
    await this.#until(
      () => isCut() || life.state !== 'serving' || (plan.endsWhileStopping && !isLate()),
    );
    const isFine = life.state !== 'failed' || this.#clients.diskIsBroken;
    mustHold(isFine, () => `the broker does not stop: ${life.failure?.stack}`);
  }

  /** The process ends, and with it or not the machine. Somewhat later all that was on its way has come. */
  async #end({ ending, survival }: LifePlan): Promise<void> {
    const world = this.#world;
    const life = this.#life;
    this.#wallMs = life.process.now() - Math.floor(world.loop.nowMs);
    life.kill();
    const isNoticed = ending !== 'power cut';
    this.#clients.goSilent();
    this.#network.crash(BROKER_HOST, { isNoticed });
    if (ending === 'power cut') {
      this.#numbers.powerCuts++;
      this.#wasPowerCut = true;
      this.#mayHaveLost = this.#plan.policy === 'os';
      if (this.#mayHaveLost) this.#clients.mayHaveLost = true;
      world.crash(survival);
    } else {
      this.#numbers[ending === 'kill' ? 'kills' : 'stops']++;
      world.crash('all');
    }
    let isQuiet = false;
    world.loop.after(500, () => {
      isQuiet = true;
    });
    await this.#until(() => isQuiet);
    // Answers about records that are lost now must not come later than that.
    if (this.#mayHaveLost) {
      this.#network.disconnect('clients');
      this.#group.lost();
    }
    this.#clients.diskIsBroken = false;
  }

  /** The last life has no faults: everything comes to its end, and all is looked at once more. */
  async #lastLife(): Promise<void> {
    const clients = this.#clients;
    this.#world.note('the last life');
    this.#begin();
    const life = this.#life;
    await this.#until(() => life.state !== 'starting');
    this.#checkStarted();
    await this.#until(() => this.#isPrepared);
    let isTime = false;
    this.#world.loop.after(100 + this.#random.float() * 300, () => {
      isTime = true;
    });
    await this.#until(() => isTime);
    clients.isBusy = false;
    await this.#until(() => clients.running === 0);
    this.#checkSoon();
    await this.#until(() => clients.running === 0);
    clients.isOver = true;
    life.stop();
    await this.#until(() => life.state !== 'serving');
    mustHold(life.state === 'stopped', () => `the broker does not stop: ${life.failure?.stack}`);
  }

  /** Reads everything while the load goes on. */
  #checkSoon(): void {
    const clients = this.#clients;
    if (!this.#isPrepared) return;
    const left = this.#plan.topics.flatMap(({ name: topic, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
    );
    const life = this.#life;
    clients.actor('checker', async (client) => {
      // The next life has a checker of its own.
      if (life !== this.#life) return 'done';
      for (let at = left[0]; at; at = left[0]) {
        await checkPartition(clients, client, at);
        left.shift();
      }
      if (this.#plan.members > 0) await checkCommits(clients, client, this.#group);
      return 'done';
    });
  }

  #recovered(parts: BrokerParts): void {
    const mayComeBack = this.#numbers.powerCuts > 0;
    for (const churn of this.#churns) churn.check(parts, mayComeBack);
    if (!this.#isPrepared) return;
    this.#administrator.check(parts);
    for (const { name, partitionCount } of this.#plan.topics) {
      for (let partition = 0; partition < partitionCount; partition++) {
        const log = parts.logs.get(name, partition);
        if (!log) throw new Violation(`${name}-${partition} is gone`);
        const history = this.#clients.history(name, partition);
        this.#numbers.forgotten += history.restarted(log, this.#mayHaveLost);
      }
    }
    this.#mayHaveLost = false;
    this.#wasPowerCut = false;
  }

  async #until(isDone: () => boolean): Promise<void> {
    const clients = this.#clients;
    await this.#world.loop.run(() => clients.problem !== undefined || isDone(), LIMIT_MS);
    if (clients.problem) throw clients.problem;
  }
}
