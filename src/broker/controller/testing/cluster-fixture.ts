import { silentLogger } from '../../../base/logger.ts';
import { NodeClock } from '../../../base/node/node-clock.ts';
import { Slices } from '../../../base/slices.ts';
import { ManualClock } from '../../../base/testing/sim-clock.ts';
import { SimFileSystem } from '../../../base/testing/sim-file-system.ts';
import { SimRandom } from '../../../base/testing/sim-random.ts';
import { ensurePersistentPaths, registerBroker } from '../../../coordination/bootstrap.ts';
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from '../../../coordination/embedded/embedded-store.ts';
import type { Store } from '../../../coordination/store.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { ClusterMetadata } from '../../metadata/cluster-metadata.ts';
import type {
  ApplyPartitions,
  BrokerChannel,
  PartitionOutcome,
  PartitionState,
  StopPartitions,
  UpdateMetadata,
} from '../broker-channel.ts';
import type { ConfigValidator } from '../config-validator.ts';
import type { Controller, ControllerSettings } from '../controller.ts';
import { takeUpdate } from '../metadata-update.ts';
import { StoreController } from '../store-controller.ts';

/**
 * A broker without logs: remembers what it was told. `files` outlives a restart. It gets a copy of every command, as
 * over a network: a function in it throws.
 */
export class FakeChannel implements BrokerChannel {
  readonly files: Set<string>;
  readonly metadata: ClusterMetadata;
  readonly hosted = new Map<string, PartitionState>();
  readonly commands: (ApplyPartitions | StopPartitions)[] = [];
  /** What to answer for a partition instead of NONE. */
  outcome: (partition: string) => ErrorName = () => 'NONE';
  /** Awaited before files are deleted. */
  beforeDeletion: () => Promise<void> = async () => {};

  /** Who keeps something about topics is told here. */
  topicDeleted: (topic: string) => Promise<void> = async () => {};

  constructor(files: Set<string>, metadata: ClusterMetadata) {
    this.files = files;
    this.metadata = metadata;
  }

  async updateMetadata(command: UpdateMetadata): Promise<'NONE'> {
    for (const topic of takeUpdate(this.metadata, structuredClone(command)))
      await this.topicDeleted(topic);
    return 'NONE';
  }

  async applyPartitions(told: ApplyPartitions): Promise<PartitionOutcome[]> {
    const command = structuredClone(told);
    this.commands.push(command);
    return command.partitions.map((state) => {
      const { topic, partition } = state;
      const name = `${topic}-${partition}`;
      const error = this.outcome(name);
      if (error === 'NONE') {
        this.hosted.set(name, state);
        this.files.add(name);
      }
      return { topic, partition, error };
    });
  }

  async stopPartitions(told: StopPartitions): Promise<PartitionOutcome[]> {
    const command = structuredClone(told);
    this.commands.push(command);
    await this.beforeDeletion();
    return command.partitions.map(({ topic, partition }) => {
      const name = `${topic}-${partition}`;
      const error = this.outcome(name);
      if (error === 'NONE') {
        this.hosted.delete(name);
        if (command.deleteFiles) this.files.delete(name);
      }
      return { topic, partition, error };
    });
  }
}

/** Refuses the topic key `bad`, otherwise does what it is told; `cleanup.policy` is a list. */
export const fakeValidator: ConfigValidator = {
  topicProblem: (configs) => (configs.has('bad') ? 'Unknown topic config name: bad' : undefined),
  replace: (_target, configs) => verdict(new Map(configs.map(({ name, value }) => [name, value]))),
  change: (_target, current, changes) => {
    const next = new Map<string, string | null>(current);
    for (const { name, operation, value } of changes) {
      if (operation === 'delete') next.delete(name);
      else if (operation === 'set') next.set(name, value);
      else next.set(name, `${next.get(name) ?? 'delete'},${value}`);
    }
    return verdict(next);
  },
};

function verdict(configs: ReadonlyMap<string, string | null>) {
  const next = new Map<string, string>();
  for (const [name, value] of configs) if (value !== null) next.set(name, value);
  return next.has('bad')
    ? { error: 'INVALID_CONFIG' as const, detail: 'Unknown config name: bad' }
    : { configs: next };
}

export interface FakeBroker {
  readonly id: number;
  readonly session: Store;
  readonly host: FakeChannel;
  readonly metadata: ClusterMetadata;
  readonly controller: Controller;
}

/** Brokers that share one embedded store on a simulated disk. */
export class ClusterFixture {
  readonly disk = new SimFileSystem();
  readonly clock = new ManualClock(new NodeClock());
  readonly random = new SimRandom(7);
  readonly brokers = new Map<number, FakeBroker>();
  settings: ControllerSettings = {
    deletedNameTakenMs: 0,
    partitionCount: 2,
    replicationFactor: 1,
    deleteTopicEnable: true,
    uncleanLeaderElectionEnable: false,
    internalTopics: new Map([
      [
        '__consumer_offsets',
        {
          partitionCount: 5,
          replicationFactor: 1,
          configs: new Map([['cleanup.policy', 'compact']]),
        },
      ],
    ]),
  };
  readonly #files = new Map<number, Set<string>>();
  readonly #onSession = new Map<number, (store: Store) => void>();
  #store: EmbeddedStore | undefined;

  get store(): EmbeddedStore {
    this.#store ??= openEmbeddedStore({
      clock: this.clock,
      fileSystem: this.disk,
      logger: silentLogger,
      folder: '/store',
    });
    return this.#store;
  }

  /** Makes a broker and registers it, without starting its controller. */
  async addBroker(id: number, rack: string | null = null): Promise<FakeBroker> {
    const session = this.store.openSession();
    await ensurePersistentPaths(session);
    await this.#register(session, id, rack);
    const files = this.#files.get(id) ?? new Set<string>();
    this.#files.set(id, files);
    const metadata = new ClusterMetadata(silentLogger, 'cluster');
    const host = new FakeChannel(files, metadata);
    const controller = new StoreController({
      clock: this.clock,
      random: this.random,
      logger: silentLogger,
      sessions: {
        current: session,
        onSession: (listener) => {
          this.#onSession.set(id, listener);
          return () => this.#onSession.delete(id);
        },
      },
      brokerId: id,
      channelTo: (broker) => this.brokers.get(broker)?.host,
      validator: fakeValidator,
      settings: () => this.settings,
      slices: new Slices(this.clock),
    });
    const broker = { id, session, host, metadata, controller };
    this.brokers.set(id, broker);
    return broker;
  }

  async #register(session: Store, id: number, rack: string | null): Promise<void> {
    const at = { host: 'localhost', port: 9000 + id };
    await registerBroker(session, id, {
      endpoints: [{ listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', ...at }],
      rack,
      jmxPort: -1,
      timestampMs: this.clock.now(),
    });
  }

  /** Another session takes the place of one that was lost. */
  async renewSession(id: number): Promise<void> {
    const session = this.store.openSession();
    await this.#register(session, id, null);
    this.#onSession.get(id)?.(session);
  }

  async startBroker(id: number, rack: string | null = null): Promise<FakeBroker> {
    const broker = await this.addBroker(id, rack);
    await broker.controller.start();
    return broker;
  }

  /** The power fails: what was not synced is lost, and every session with it. */
  async crash(): Promise<void> {
    this.disk.fault = () => 'EIO';
    await this.store.close();
    this.disk.fault = () => undefined;
    this.disk.crash('none');
    this.#store = undefined;
    this.brokers.clear();
  }

  async close(): Promise<void> {
    for (const { controller } of this.brokers.values()) await controller.stop();
    await this.store.close();
  }
}

/** A request for a topic with defaults, changed by `fields`. */
export function topicRequest(name: string, fields: object = {}) {
  return {
    name,
    partitionCount: -1,
    replicationFactor: -1,
    assignments: [],
    configs: [],
    ...fields,
  };
}

export const really = { validateOnly: false };
