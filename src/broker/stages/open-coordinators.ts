import type { Clock, Timer } from '../../base/clock.ts';
import type { BrokerConfig } from '../../config/index.ts';
import { registerBroker } from '../../coordination/bootstrap.ts';
import { adoptTopics } from '../adopt-topics.ts';
import type { BrokerPorts } from '../broker-ports.ts';
import {
  controllerSettings,
  groupConfig,
  logManagerSettings,
  maxMemberBytes,
} from '../broker-settings.ts';
import { configValidator } from '../controller/config-validator.ts';
import type { Controller } from '../controller/controller.ts';
import { StoreController } from '../controller/store-controller.ts';
import { Coordinators } from '../coordinator/coordinators.ts';
import { GroupCoordinator } from '../coordinator/group/group-coordinator.ts';
import { guardWarnings } from '../guard-warnings.ts';
import { LocalBrokerChannel } from '../local-broker-channel.ts';
import { brokerRegistration } from '../registration.ts';
import { Partitions } from '../replica/partitions.ts';
import { TopicTraffic } from '../replica/topic-traffic.ts';
import { OFFSETS_TOPIC, ReplicatedCoordinatorLog } from '../replicated-coordinator-log.ts';
import { warnOfUnknownLogs } from '../unknown-logs.ts';
import type { JoinedCluster } from './join-cluster.ts';
import type { Loop } from './loop.ts';
import type { OpenStorage } from './open-storage.ts';
import { type Stage, stage } from './stage.ts';

/** The partitions are online, and their coordinators load. */
export interface OpenCoordinators {
  readonly partitions: Partitions;
  readonly traffic: TopicTraffic;
  readonly coordinator: GroupCoordinator;
  readonly controller: Controller;
}

/** Registers the broker, takes part in the election, and does what the controller says. */
export function openCoordinators(
  config: BrokerConfig,
  { clock, random, logger, memoryBytes }: BrokerPorts,
  before: Loop & OpenStorage & JoinedCluster,
): Promise<Stage<OpenCoordinators>> {
  const { slices, logs, brokerId, sessions, metadata, configs } = before;
  return stage(async (back) => {
    const partitions = new Partitions(brokerId, clock, logger, logs);
    const traffic = new TopicTraffic();
    const coordinator = new GroupCoordinator({
      clock,
      random,
      logger,
      slices,
      maxMemberBytes: maxMemberBytes(memoryBytes),
      log: new ReplicatedCoordinatorLog(OFFSETS_TOPIC, clock, partitions),
      config: () => groupConfig(configs.broker),
      partitionCount: () =>
        metadata.snapshot.topics.get(OFFSETS_TOPIC)?.partitions.length ??
        configs.broker.offsetsTopicNumPartitions,
    });
    const coordinators = new Coordinators({ [OFFSETS_TOPIC]: coordinator.runtime });
    const channel = new LocalBrokerChannel({
      slices,
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
      sessions,
      brokerId,
      channelTo: (id) => (id === brokerId ? channel : undefined),
      validator: configValidator(() => configs.broker),
      settings: () => controllerSettings(configs.broker),
      slices,
    });
    before.onCreationRetry(() => controller.retryFailedPartitions(brokerId));
    const warnOfGuards = guardWarnings(() => configs.broker, logger);
    metadata.subscribe((_snapshot, change) => {
      const changed = change.brokerConfigs ? metadata.snapshot.topics.keys() : change.topicConfigs;
      for (const topic of changed) partitions.updateConfig(topic, configs.topic(topic));
      if (!change.brokerConfigs) return;
      warnOfGuards();
      logs.updateSettings(logManagerSettings(configs.broker, memoryBytes));
    });
    coordinators.start();
    back.push(() => coordinators.stop());
    await sessions.prepare(async (store) => {
      await registerBroker(store, brokerId, brokerRegistration(config, clock.now()));
    });
    await adoptTopics({
      store: sessions.current,
      random,
      logger,
      brokerId,
      logs: logs.logs(),
      internalConfigs: (topic) =>
        controllerSettings(configs.broker).internalTopics.get(topic)?.configs,
    });
    await controller.start();
    back.push(() => controller.stop());
    // Now that every topic has its configuration, and before anybody reads.
    await logs.syncRecovered();
    logs.forgetMissing((name, topicId) => {
      const topic = metadata.snapshot.topics.get(name.slice(0, name.lastIndexOf('-')));
      return topic !== undefined && (topicId === undefined || topic.id === topicId);
    });
    warnOfUnknownLogs(logs, { metadata, controller, logger });
    const checkpoint = () => partitions.checkpointHighWatermarks();
    back.push(checkpoint);
    back.push(repeat(clock, config.replicaHighWatermarkCheckpointIntervalMs, checkpoint));
    return { partitions, traffic, coordinator, controller };
  });
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
