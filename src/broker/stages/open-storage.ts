import { type BrokerConfig, topicLogConfig } from '../../config/index.ts';
import { LogManager } from '../../storage/log-manager.ts';
import { convertOldFormats } from '../../storage/repair/old-formats.ts';
import type { BrokerPorts } from '../broker-ports.ts';
import { logManagerSettings } from '../broker-settings.ts';
import { type KeptIdentity, keptIdentity } from '../identity.ts';
import { bindDoor, type Door } from '../network/door.ts';
import { StoredTopics } from '../stored-topics.ts';
import type { Loop } from './loop.ts';
import { type Stage, stage } from './stage.ts';

/** The data is ours, loaded and recovered, and the doors have their ports. */
export interface OpenStorage {
  readonly logs: LogManager;
  readonly topicList: StoredTopics;
  /** What the log directories say of whose they are. */
  readonly kept: KeptIdentity;
  /** In the order of `listeners`; closed to everybody. */
  readonly doors: readonly Door[];
  /** Resolves with the reason when no log directory works any more. */
  readonly failed: Promise<Error>;
  /** Called when a log that found no room may find some. */
  onCreationRetry(callback: () => void): void;
}

/**
 * Locks the log directories, binds the listeners (a taken port is the first thing to hear of, not one after minutes
 * of recovery), then loads every log. Topics get their own configs when the controller has loaded them, before the
 * first retention check.
 */
export function openStorage(
  config: BrokerConfig,
  ports: BrokerPorts,
  { slices, work }: Loop,
): Promise<Stage<OpenStorage>> {
  const { clock, random, fileSystem, network, logger, locker } = ports;
  return stage(async (back) => {
    back.push(() => work.stop());
    const logConfig = topicLogConfig(config, {});
    const topicList = new StoredTopics(fileSystem);
    const doors: Door[] = [];
    let kept: KeptIdentity = { brokerId: undefined, clusterId: undefined };
    let retryCreations = () => {};
    let fail: (reason: Error) => void = () => {};
    const failed = new Promise<Error>((resolve) => {
      fail = resolve;
    });
    let opened: LogManager | undefined;
    const bind = async () => {
      for (const { name, host, port } of config.parsedListeners) {
        const door = await bindDoor(network, { name, host, port });
        back.push(() => door.close());
        doors.push(door);
      }
    };
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
        await bind();
        await ports.afterLocking?.();
      },
      configOf: () => logConfig,
      onCreationRetry: () => retryCreations(),
      // The log manager has said so, and its partitions answer with an error. During the start it
      // rejects by itself where none is left.
      onLogDirFailure: (_logDir, error) => opened?.onlineLogDirs().length === 0 && fail(error),
      slices,
      work,
      settings: logManagerSettings(config, ports.memoryBytes),
    });
    opened = logs;
    back.push(() => logs.close());
    return {
      logs,
      topicList,
      kept,
      doors,
      failed,
      onCreationRetry(callback) {
        retryCreations = callback;
      },
    };
  });
}
