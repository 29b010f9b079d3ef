import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { LongWork } from '../../base/slices.ts';
import type { Store } from '../../coordination/store.ts';
import type { ConfigMap } from '../metadata/cluster-snapshot.ts';
import type { BrokerChannel } from './broker-channel.ts';
import type { ConfigValidator } from './config-validator.ts';
import type {
  AlterConfigs,
  AlterConfigsResult,
  CreatePartitions,
  CreatePartitionsResult,
  CreateTopic,
  CreateTopicResult,
  DeleteTopicResult,
  IncrementalAlterConfigs,
  Outcome,
  ProducerIdBlock,
  TopicReference,
} from './requests.ts';

/** What the controller takes from the broker's config. Read anew for each request. */
export interface ControllerSettings {
  /** `num.partitions`. */
  readonly partitionCount: number;
  /** `default.replication.factor`. */
  readonly replicationFactor: number;
  /** `delete.topic.enable`. */
  readonly deleteTopicEnable: boolean;
  /** How long a deleted topic's name stays taken after DeleteTopics was answered; 0: until then only. */
  readonly deletedNameTakenMs: number;
  /** `unclean.leader.election.enable`, where the topic does not say otherwise. */
  readonly uncleanLeaderElectionEnable: boolean;
  /** How `__consumer_offsets` and the like are created on first use, by topic name. */
  readonly internalTopics: ReadonlyMap<string, InternalTopic>;
}

export interface InternalTopic {
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly configs: ConfigMap;
}

/** Whichever session with the store the broker has. */
export interface SessionSource {
  readonly current: Store;
  /** Called with each that takes the place of a lost one. Returns an unsubscriber. */
  onSession(listener: (store: Store) => void): () => void;
}

export interface ControllerOptions {
  clock: Clock;
  random: Random;
  logger: Logger;
  sessions: SessionSource;
  brokerId: number;
  /** To a live broker; undefined where it cannot be reached. */
  channelTo(brokerId: number): BrokerChannel | undefined;
  validator: ConfigValidator;
  settings(): ControllerSettings;
  /** What is decided about many topics takes this share of the event loop. */
  slices: LongWork;
}

/**
 * Decides for the cluster: which topics exist, where their partitions live, who leads. Every broker
 * has one; the elected one is active, the others answer NOT_CONTROLLER. Requests are served one after
 * another, each ends with the decision durable in the store and every live broker told. No method rejects for a request's own fault: results are values, one per item, in order.
 */
export interface Controller {
  /** Loads the store, elects itself if nobody is, and brings every partition online. */
  start(): Promise<void>;
  /** Finishes the request under way and gives up the controllership. */
  stop(): Promise<void>;
  readonly isActive: boolean;
  /** CreateTopics (KIP-4). A name twice in one request is refused for each. */
  createTopics(
    topics: readonly CreateTopic[],
    options: { validateOnly: boolean },
  ): Promise<CreateTopicResult[]>;
  /**
   * Creates the missing ones of these with the broker's defaults (internal topics with theirs), as
   * Metadata and FindCoordinator do. TOPIC_ALREADY_EXISTS means that somebody else was faster.
   */
  autoCreateTopics(names: readonly string[]): Promise<CreateTopicResult[]>;
  /** CreatePartitions (KIP-195). */
  createPartitions(
    topics: readonly CreatePartitions[],
    options: { validateOnly: boolean },
  ): Promise<CreatePartitionsResult[]>;
  /** DeleteTopics (KIP-4, ids KIP-516). Resolves when files and committed offsets are gone, unless their names are to stay taken. */
  deleteTopics(topics: readonly TopicReference[]): Promise<DeleteTopicResult[]>;
  /** AlterConfigs: replaces all overrides of each resource. */
  alterConfigs(
    resources: readonly AlterConfigs[],
    options: { validateOnly: boolean },
  ): Promise<AlterConfigsResult[]>;
  /** IncrementalAlterConfigs (KIP-339). One bad change leaves its resource as it was. */
  incrementalAlterConfigs(
    resources: readonly IncrementalAlterConfigs[],
    options: { validateOnly: boolean },
  ): Promise<AlterConfigsResult[]>;
  /** AllocateProducerIds (KIP-730): a block that no broker ever got or will get. */
  allocateProducerIds(brokerId: number): Promise<Outcome & { block: ProducerIdBlock | null }>;
  /**
   * This broker could not take some partitions (no space, no file handle) and may be able to now.
   */
  retryFailedPartitions(brokerId: number): void;
  /** A deletion was asked for and is not over; a kill may have come between. */
  isBeingDeleted(topic: string): boolean;
}
