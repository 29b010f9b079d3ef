import { LoopAllowance } from '../../compression/index.ts';
import { type BrokerConfig, compatibilityOf } from '../../config/index.ts';
import { checkAdvertisedAddresses } from '../advertised-addresses.ts';
import { type BrokerParts, brokerApis } from '../broker-apis.ts';
import { registerBrokerMetrics } from '../broker-metrics.ts';
import type { BoundListener, BrokerPorts } from '../broker-ports.ts';
import { maxSessionPartitions, networkLimits } from '../broker-settings.ts';
import { ProducerIds } from '../coordinator/producer-ids.ts';
import { Dispatcher } from '../network/dispatcher.ts';
import { NetworkMetrics } from '../network/network-metrics.ts';
import { NetworkServer } from '../network/network-server.ts';
import { FetchSessionCache } from '../replica/fetch-session.ts';
import type { JoinedCluster } from './join-cluster.ts';
import type { Loop } from './loop.ts';
import type { OpenCoordinators } from './open-coordinators.ts';
import type { OpenStorage } from './open-storage.ts';
import { type Stage, stage } from './stage.ts';

/** Clients are served. */
export interface OpenDoors {
  readonly listeners: readonly BoundListener[];
  readonly server: NetworkServer;
}

/** How long a shutdown waits for requests in flight. */
const SHUTDOWN_GRACE_MS = 1000;

/** `min.incremental.fetch.session.eviction.ms` in Kafka, where it cannot be configured either. */
const FETCH_SESSION_EVICTION_MS = 120_000;

/** Last of all: who comes in finds everything in place. */
export function openDoors(
  config: BrokerConfig,
  ports: BrokerPorts,
  before: Loop & OpenStorage & JoinedCluster & OpenCoordinators,
): Promise<Stage<OpenDoors>> {
  const { clock, random, fileSystem, network, logger, heapBytes } = ports;
  const { metrics, slices, watch, work, logs, doors, brokerId, clusterId, metadata, configs } =
    before;
  const { partitions, traffic, coordinator, controller } = before;
  return stage(async (back) => {
    const networkMetrics = new NetworkMetrics(metrics);
    const sessions = new FetchSessionCache(clock, random, {
      maxSessions: config.maxIncrementalFetchSessionCacheSlots,
      maxPartitions: maxSessionPartitions(heapBytes),
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
      compatibility: compatibilityOf(config.compatibility),
      controller,
      partitions,
      coordinator,
      producerIds,
      sessions,
      traffic,
      work,
      allowance: new LoopAllowance(clock),
    };
    const handlers = brokerApis(parts);
    const apis = ports.instrument?.(parts, handlers) ?? handlers;
    const limits = networkLimits(config, heapBytes);
    const server = new NetworkServer({
      clock,
      logger,
      dispatcher: new Dispatcher({
        clock,
        logger,
        metrics: networkMetrics,
        slices,
        watch,
        limits,
        apis,
      }),
      limits,
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
      work,
    });
    back.push(() => {
      partitions.wakeAll();
      return server.shutdown({ graceMs: SHUTDOWN_GRACE_MS });
    });
    for (const door of doors) server.open(door);
    const listeners = doors.map(({ name, local }) => ({ name, ...local }));
    const where = listeners.map(listenerText).join(', ');
    logger.info({ brokerId, clusterId }, `broker ${brokerId} listens on ${where}`);
    const addressCheck = checkAdvertisedAddresses(config.parsedListeners, clusterId, {
      network,
      clock,
      logger,
    });
    back.push(() => addressCheck);
    return { listeners, server };
  });
}

/** As `listeners` in the configuration would have it. */
function listenerText({ name, host, port }: BoundListener): string {
  return `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
