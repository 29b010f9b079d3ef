import type { Metrics } from '../base/metrics.ts';
import type { LongWork } from '../base/slices.ts';
import type { BrokerConfig } from '../config/index.ts';
import type { BoundListener, BrokerPorts } from './broker-ports.ts';
import { unsupportedConfig } from './broker-settings.ts';
import { checkEnsemble } from './ensemble.ts';
import type { Identity } from './identity.ts';
import { type RetainedPartition, retainedPartitions } from './retained-partitions.ts';
import { joinCluster } from './stages/join-cluster.ts';
import { shareLoop } from './stages/loop.ts';
import { openCoordinators } from './stages/open-coordinators.ts';
import { openDoors } from './stages/open-doors.ts';
import { openStorage } from './stages/open-storage.ts';
import { type Stage, WayBack } from './stages/stage.ts';

export type { BoundListener, BrokerPorts } from './broker-ports.ts';

/** A broker that serves clients. */
export interface Broker extends Identity {
  /** Where it listens, with the ports it really got. */
  readonly listeners: readonly BoundListener[];
  readonly metrics: Metrics;
  /** The share of the event loop for whoever else has long work here. */
  readonly slices: LongWork;
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

/** The configuration asks for something that this version does not do. */
export class UnsupportedConfigError extends Error {
  override name = 'UnsupportedConfigError';
}

/**
 * Starts a broker in four stages, each of which builds on those before it and knows how to be undone; stopping is the
 * way back. Rejects with UnsupportedConfigError, FolderLockedError, LogDirLayoutError, IdentityError, StoreDamaged,
 * or the system's error of a listener; then nothing of it stays open.
 */
export async function startBroker(config: BrokerConfig, ports: BrokerPorts): Promise<Broker> {
  const unsupported = unsupportedConfig(config);
  if (unsupported) throw new UnsupportedConfigError(unsupported);
  const ensemble = await checkEnsemble(config.zookeeperConnect, ports);
  if (ensemble) throw new UnsupportedConfigError(ensemble);
  const back = new WayBack();
  const done = <Parts>({ parts, undo }: Stage<Parts>): Parts => {
    back.push(undo);
    return parts;
  };
  try {
    const loop = shareLoop(ports);
    const storage = done(await openStorage(config, ports, loop));
    const cluster = done(await joinCluster(config, ports, { ...loop, ...storage }));
    const here = { ...loop, ...storage, ...cluster };
    const coordinators = done(await openCoordinators(config, ports, here));
    const { listeners, server } = done(
      await openDoors(config, ports, { ...here, ...coordinators }),
    );
    const { logs, failed } = storage;
    const { partitions } = coordinators;
    let stopped: Promise<void> | undefined;
    return {
      brokerId: cluster.brokerId,
      clusterId: cluster.clusterId,
      listeners,
      metrics: loop.metrics,
      slices: loop.slices,
      failed,
      whyRetained: (topic) =>
        retainedPartitions(logs, partitions, { topic, now: ports.clock.now() }),
      logDirs: () => ({ online: logs.onlineLogDirs(), offline: logs.offlineLogDirs() }),
      troubles: () => [...logs.troubles(), ...server.troubles()],
      stop() {
        stopped ??= back.go();
        return stopped;
      },
    };
  } catch (error) {
    await back.go();
    throw error;
  }
}
