import type { Clock, Timer } from '../base/clock.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { FolderLocker } from '../base/folder-lock.ts';
import type { Logger } from '../base/logger.ts';
import { Metrics } from '../base/metrics.ts';
import type { Endpoint, Network } from '../base/network.ts';
import type { Random } from '../base/random.ts';
import {
  type BrokerConfig,
  compatibilityOf,
  guardsWithoutEffect,
  topicLogConfig,
  withBrokerId,
} from '../config/index.ts';
import {
  ensurePersistentPaths,
  generateBrokerId,
  registerBroker,
  resolveClusterId,
} from '../coordination/bootstrap.ts';
import { LogManager } from '../storage/log-manager.ts';
import { convertOldFormats } from '../storage/repair/old-formats.ts';
import { adoptTopics } from './adopt-topics.ts';
import { checkAdvertisedAddresses } from './advertised-addresses.ts';
import { type BrokerParts, brokerApis } from './broker-apis.ts';
import { registerBrokerMetrics } from './broker-metrics.ts';
import {
  controllerSettings,
  groupConfig,
  logManagerSettings,
  networkLimits,
  unsupportedConfig,
} from './broker-settings.ts';
import { configValidator } from './controller/config-validator.ts';
import { StoreController } from './controller/store-controller.ts';
import { Coordinators } from './coordinator/coordinators.ts';
import { GroupCoordinator } from './coordinator/group/group-coordinator.ts';
import { ProducerIds } from './coordinator/producer-ids.ts';
import { checkEnsemble } from './ensemble.ts';
import { checkPorts, refused } from './free-ports.ts';
import { establishIdentity, type Identity, type KeptIdentity, keptIdentity } from './identity.ts';
import { LocalBrokerChannel } from './local-broker-channel.ts';
import { ClusterMetadata } from './metadata/cluster-metadata.ts';
import { Configs } from './metadata/configs.ts';
import type { Api } from './network/api.ts';
import { Dispatcher } from './network/dispatcher.ts';
import { NetworkMetrics } from './network/network-metrics.ts';
import { NetworkServer } from './network/network-server.ts';
import { brokerRegistration } from './registration.ts';
import { FetchSessionCache } from './replica/fetch-session.ts';
import { Partitions } from './replica/partitions.ts';
import { TopicTraffic } from './replica/topic-traffic.ts';
import { OFFSETS_TOPIC, ReplicatedCoordinatorLog } from './replicated-coordinator-log.ts';
import { type RetainedPartition, retainedPartitions } from './retained-partitions.ts';
import { StoredTopics } from './stored-topics.ts';

/** Everything a broker takes from the world. */
export interface BrokerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fileSystem: FileSystem;
  readonly network: Network;
  readonly logger: Logger;
  readonly locker: FolderLocker;
  /** What this process may use: some bounds follow from it. */
  readonly memoryBytes: number;
  /** The data is ours, and nothing of it was read yet. What rejects here ends the start. */
  readonly afterLocking?: () => Promise<void>;
  /**
   * For test suites: sees the parts before the doors open, and may put other handlers in the place of
   * these. Without it nothing stands between the dispatcher and the handlers.
   */
  readonly instrument?: (parts: BrokerParts, apis: readonly Api[]) => readonly Api[];
}

export interface BoundListener extends Endpoint {
  readonly name: string;
}

/** A broker that serves clients. */
export interface Broker extends Identity {
  /** Where it listens, with the ports it really got. */
  readonly listeners: readonly BoundListener[];
  readonly metrics: Metrics;
  /**
   * Resolves with the reason when no directory of `log.dirs` works any more: there is nothing left to
   * serve, and whoever started the broker stops it. Else it stays pending.
   */
  readonly failed: Promise<Error>;
  /** Which of `log.dirs` work, and which an I/O error took out of use. */
  logDirs(): { readonly online: readonly string[]; readonly offline: readonly string[] };
  /** What does not work while clients are served, a sentence for each: failed directories, a full disk. */
  troubles(): readonly string[];
  /** Why each segment of a topic's partitions here is still on the disk. */
  whyRetained(topic: string): readonly RetainedPartition[];
  /** Answers what is under way, closes all files cleanly, gives up the data. Idempotent. */
  stop(): Promise<void>;
}

/** How long a shutdown waits for requests in flight. */
const SHUTDOWN_GRACE_MS = 1000;

/** `min.incremental.fetch.session.eviction.ms` in Kafka, where it cannot be configured either. */
const FETCH_SESSION_EVICTION_MS = 120_000;

/** The configuration asks for something that this version does not do. */
export class UnsupportedConfigError extends Error {
  override name = 'UnsupportedConfigError';
}

/**
 * Starts a broker: opens its data, recovers what an unclean stop left, elects, listens. Rejects with
 * UnsupportedConfigError, FolderLockedError, IdentityError, StoreDamaged, or Node's error of a
 * listener; then nothing of it stays open.
 */
export async function startBroker(config: BrokerConfig, ports: BrokerPorts): Promise<Broker> {
  const unsupported = unsupportedConfig(config);
  if (unsupported) throw new UnsupportedConfigError(unsupported);
  const ensemble = await checkEnsemble(config.zookeeperConnect, ports);
  if (ensemble) throw new UnsupportedConfigError(ensemble);
  const cleanup: (() => Promise<void> | void)[] = [];
  const undo = async () => {
    for (let step = cleanup.pop(); step; step = cleanup.pop()) await step();
  };
  try {
    return await assemble(config, ports, cleanup, undo);
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Builds the graph bottom-up; every step pushes how to undo it, so stopping is the way back. */
async function assemble(
  config: BrokerConfig,
  ports: BrokerPorts,
  cleanup: (() => Promise<void> | void)[],
  undo: () => Promise<void>,
): Promise<Broker> {
  const { clock, random, fileSystem, network, logger, locker } = ports;
  const metrics = new Metrics();
  const compatibility = compatibilityOf(config.compatibility);

  // The data: locked first, since everything after it reads or writes there. Topics get their own
  // configs when the controller has loaded them, before the first retention check.
  const logConfig = topicLogConfig(config, {});
  let fail: (reason: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  let opened: LogManager | undefined;
  let kept: KeptIdentity = { brokerId: undefined, clusterId: undefined };
  const topicList = new StoredTopics(fileSystem);
  let retryCreations: () => void = () => {};
  const logs = await LogManager.open({
    fileSystem,
    clock,
    random,
    logger,
    locker,
    logDirs: config.logDirList,
    lostDirs: config.logDirsLost ?? [],
    topicList,
    inspect: (found) => {
      kept = keptIdentity(config, found, logger);
    },
    // Later there is nothing of an old format: what producers send in one is converted.
    beforeLoading: (guarded, logDir, { isFirstStart }) => {
      if (isFirstStart) convertOldFormats(guarded, logger, logDir);
    },
    async afterLocking() {
      await checkPorts(network, config.parsedListeners);
      await ports.afterLocking?.();
    },
    configOf: () => logConfig,
    // The log manager has said so, and its partitions answer with an error. During the start it
    // rejects by itself where none is left.
    onCreationRetry: () => retryCreations(),
    onLogDirFailure: (_logDir, error) => opened?.onlineLogDirs().length === 0 && fail(error),
    settings: logManagerSettings(config, ports.memoryBytes),
  });
  opened = logs;
  cleanup.push(() => logs.close());

  // The cluster as everybody sees it, and who decides about it.
  const embedded = topicList.open({
    clock,
    fileSystem: logs.fileSystem,
    logger,
    folder: logs.home.path,
    onFailure: (error) => logs.failLogDir(logs.home.path, error),
  });
  cleanup.push(() => embedded.close());
  const store = embedded.openSession();
  await ensurePersistentPaths(store);
  const { brokerId, clusterId } = await establishIdentity(
    logs.fileSystem,
    { configured: config.nodeId, kept },
    logs.onlineLogDirs().map((path) => ({ path, id: logs.directoryId(path) })),
    {
      generateBrokerId: () => generateBrokerId(store, config.reservedBrokerMaxId),
      clusterId: (preferred) => resolveClusterId(store, { random, preferred }),
    },
  );
  await logs.keepInventory();
  const metadata = new ClusterMetadata(logger, clusterId);
  const configs = new Configs(withBrokerId(config, brokerId), brokerId, metadata);
  const partitions = new Partitions(brokerId, clock, logger, logs);
  const coordinator = new GroupCoordinator({
    clock,
    random,
    logger,
    log: new ReplicatedCoordinatorLog(OFFSETS_TOPIC, clock, partitions),
    config: () => groupConfig(configs.broker),
    partitionCount: () =>
      metadata.snapshot.topics.get(OFFSETS_TOPIC)?.partitions.length ??
      configs.broker.offsetsTopicNumPartitions,
  });
  const coordinators = new Coordinators({ [OFFSETS_TOPIC]: coordinator.runtime });
  const traffic = new TopicTraffic();
  const channel = new LocalBrokerChannel({
    clock,
    logger,
    brokerId,
    partitions,
    metadata,
    configs,
    traffic,
    listener: coordinators,
  });
  const controller = new StoreController({
    clock,
    random,
    logger,
    store,
    brokerId,
    channelTo: (id) => (id === brokerId ? channel : undefined),
    validator: configValidator(() => configs.broker),
    settings: () => controllerSettings(configs.broker),
  });
  retryCreations = () => controller.retryFailedPartitions(brokerId);
  const warnOfGuards = guardWarnings(() => configs.broker, logger);
  metadata.subscribe((_snapshot, change) => {
    const changed = change.brokerConfigs ? metadata.snapshot.topics.keys() : change.topicConfigs;
    for (const topic of changed) partitions.updateConfig(topic, configs.topic(topic));
    if (!change.brokerConfigs) return;
    warnOfGuards();
    logs.updateSettings(logManagerSettings(configs.broker, ports.memoryBytes));
  });
  coordinators.start();
  cleanup.push(() => coordinators.stop());
  await registerBroker(store, brokerId, brokerRegistration(config, clock.now()));
  await adoptTopics({
    store,
    random,
    logger,
    brokerId,
    logs: logs.logs(),
    internalConfigs: (topic) =>
      controllerSettings(configs.broker).internalTopics.get(topic)?.configs,
  });
  await controller.start();
  // Now that every topic has its configuration, and before anybody reads.
  await logs.syncRecovered();
  logs.forgetMissing((name, topicId) => {
    const topic = metadata.snapshot.topics.get(name.slice(0, name.lastIndexOf('-')));
    return topic !== undefined && (topicId === undefined || topic.id === topicId);
  });
  warnOfUnknownLogs(logs, { metadata, controller, logger });
  cleanup.push(() => controller.stop());
  cleanup.push(() => partitions.checkpointHighWatermarks());
  cleanup.push(
    repeat(clock, config.replicaHighWatermarkCheckpointIntervalMs, () =>
      partitions.checkpointHighWatermarks(),
    ),
  );

  // The doors, last: who comes in finds everything in place.
  const networkMetrics = new NetworkMetrics(metrics);
  const sessions = new FetchSessionCache(clock, random, {
    maxSessions: config.maxIncrementalFetchSessionCacheSlots,
    minEvictionMs: FETCH_SESSION_EVICTION_MS,
  });
  const producerIds = new ProducerIds(async () => {
    const { error, block } = await controller.allocateProducerIds(brokerId);
    return block ?? { error };
  });
  const parts: BrokerParts = {
    brokerId,
    clock,
    fileSystem,
    logger,
    logs,
    metadata,
    configs,
    compatibility,
    controller,
    partitions,
    coordinator,
    producerIds,
    sessions,
    traffic,
  };
  const handlers = brokerApis(parts);
  const apis = ports.instrument?.(parts, handlers) ?? handlers;
  const server = new NetworkServer({
    clock,
    network,
    logger,
    dispatcher: new Dispatcher({ clock, logger, metrics: networkMetrics, apis }),
    limits: networkLimits(config),
    metrics: networkMetrics,
  });
  registerBrokerMetrics(metrics, {
    partitions,
    metadata,
    coordinator,
    sessions,
    traffic,
    server,
    logs,
  });
  cleanup.push(() => {
    partitions.wakeAll();
    return server.shutdown({ graceMs: SHUTDOWN_GRACE_MS });
  });
  const listeners: BoundListener[] = [];
  for (const { name, host: address, port } of config.parsedListeners) {
    const at = { name, host: address, port };
    listeners.push({ name, ...(await server.listen(at).catch(refused(at))) });
  }
  const where = listeners.map(listenerText).join(', ');
  logger.info({ brokerId, clusterId }, `broker ${brokerId} listens on ${where}`);
  const addressCheck = checkAdvertisedAddresses(config.parsedListeners, clusterId, {
    network,
    clock,
    logger,
  });
  cleanup.push(() => addressCheck);
  let stopped: Promise<void> | undefined;
  return {
    brokerId,
    clusterId,
    listeners,
    metrics,
    failed,
    whyRetained: (topic) => retainedPartitions(logs, partitions, { topic, now: clock.now() }),
    logDirs: () => ({ online: logs.onlineLogDirs(), offline: logs.offlineLogDirs() }),
    troubles: () => [...logs.troubles(), ...server.troubles()],
    stop() {
      stopped ??= undo();
      return stopped;
    },
  };
}

/** As `listeners` in the configuration would have it. */
function listenerText({ name, host, port }: BoundListener): string {
  return `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Data of topics that the store does not know: its file is gone, or the folders come from elsewhere.
 * They are left alone, and set aside where a topic of the name is created.
 */
function warnOfUnknownLogs(
  logs: LogManager,
  { metadata, controller, logger }: Pick<BrokerParts, 'metadata' | 'controller' | 'logger'>,
): void {
  const { topics } = metadata.snapshot;
  // Deletions that a kill interrupted go on just after the start.
  const isUnknown = (topic: string) => !topics.has(topic) && !controller.isBeingDeleted(topic);
  const unknown = Array.from(logs.logs()).filter(({ topic }) => isUnknown(topic));
  const [first] = unknown;
  if (first) {
    logger.warn(
      { logs: unknown.length },
      `${unknown.length} partition folders belong to no topic and are not served, ${first.name} for one`,
    );
  }
  const hollow = [...logs.hollowFolders()];
  if (hollow.length === 0) return;
  logger.warn(
    { folders: hollow.length },
    `${hollow.length} folders have the name of a partition and nothing of one in them, ${hollow[0]} for one; they are left alone`,
  );
}

/** Warns once of each key that was set at run time to protect something, and does not. */
function guardWarnings(broker: () => BrokerConfig, logger: Logger): () => void {
  let told: ReadonlyMap<string, string> = new Map();
  return () => {
    const { dynamicDefault, dynamicBroker } = broker().sources;
    const now = guardsWithoutEffect({ ...dynamicDefault, ...dynamicBroker });
    for (const [name, sentence] of now) {
      if (told.get(name) !== sentence) logger.warn({ key: name }, sentence);
    }
    told = now;
  };
}

/** Runs `work` every `intervalMs`, never twice at a time; the result ends it. */
function repeat(clock: Clock, intervalMs: number, work: () => Promise<void>): () => void {
  let stopped = false;
  let timer: Timer | undefined;
  const schedule = () => {
    if (!stopped) timer = clock.after(intervalMs, () => void work().finally(schedule));
  };
  schedule();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
