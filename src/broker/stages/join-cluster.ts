import { type BrokerConfig, withBrokerId } from '../../config/index.ts';
import {
  ensurePersistentPaths,
  generateBrokerId,
  resolveClusterId,
} from '../../coordination/bootstrap.ts';
import { StoreSessions } from '../../coordination/store-sessions.ts';
import type { BrokerPorts } from '../broker-ports.ts';
import { establishIdentity, type Identity } from '../identity.ts';
import { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { Configs } from '../metadata/configs.ts';
import type { Loop } from './loop.ts';
import type { OpenStorage } from './open-storage.ts';
import { type Stage, stage } from './stage.ts';

/** Who this broker is, and its session with the store. Nobody knows of it yet. */
export interface JoinedCluster extends Identity {
  readonly sessions: StoreSessions;
  /** The cluster as everybody here sees it; empty until the controller speaks. */
  readonly metadata: ClusterMetadata;
  readonly configs: Configs;
}

/** Opens the store, finds or makes the identity, and notes from now on what lies in which log directory. */
export function joinCluster(
  config: BrokerConfig,
  { clock, random, logger }: BrokerPorts,
  { slices, logs, topicList, kept }: Loop & OpenStorage,
): Promise<Stage<JoinedCluster>> {
  return stage(async (back) => {
    const embedded = topicList.open({
      clock,
      fileSystem: logs.fileSystem,
      logger,
      slices,
      folder: logs.home.path,
      onFailure: (error) => logs.failLogDir(logs.home.path, error),
    });
    back.push(() => embedded.close());
    const store = embedded.openSession();
    const open = () => (embedded.isOpen ? embedded.openSession() : undefined);
    const sessions = new StoreSessions(store, { clock, logger, open });
    back.push(() => sessions.close());
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
    return { brokerId, clusterId, sessions, metadata, configs };
  });
}
