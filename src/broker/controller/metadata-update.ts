import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type ClusterSnapshot, EMPTY_CONFIG } from '../metadata/cluster-snapshot.ts';
import { type SnapshotBuilder, updateMetadata } from '../metadata/snapshot-builder.ts';
import type { UpdateMetadata } from './broker-channel.ts';

/** Publishes what the controller says; the names of the topics that are gone, also of those never known here. */
export function takeUpdate(metadata: ClusterMetadata, command: UpdateMetadata): Set<string> {
  const before = metadata.snapshot;
  const change = updateMetadata(metadata, (next) => apply(next, before, command));
  const gone = new Set(command.deletedTopics.map(({ name }) => name));
  for (const name of change.deletedTopics.keys()) gone.add(name);
  return gone;
}

function apply(next: SnapshotBuilder, before: ClusterSnapshot, command: UpdateMetadata): void {
  next.setController({ id: command.controllerId, epoch: command.controllerEpoch });
  if (command.full) forgetUnnamed(next, before, command);
  if (command.brokers) next.setBrokers(command.brokers);
  for (const { name } of command.deletedTopics) next.deleteTopic(name);
  for (const { topic, configs } of command.topics) {
    next.setTopic(topic);
    next.setTopicConfig(topic.name, configs);
  }
  for (const { topic, configs } of command.topicConfigs) next.setTopicConfig(topic, configs);
  for (const { brokerId, configs } of command.brokerConfigs) {
    if (brokerId === undefined) next.setDefaultBrokerConfig(configs);
    else next.setBrokerConfig(brokerId, configs);
  }
}

function forgetUnnamed(
  next: SnapshotBuilder,
  before: ClusterSnapshot,
  { topics, brokerConfigs }: UpdateMetadata,
): void {
  const named = new Set(topics.map(({ topic }) => topic.name));
  for (const name of before.topics.keys()) if (!named.has(name)) next.deleteTopic(name);
  const configured = new Set(brokerConfigs.map(({ brokerId }) => brokerId));
  for (const brokerId of before.brokerConfigs.keys()) {
    if (!configured.has(brokerId)) next.setBrokerConfig(brokerId, EMPTY_CONFIG);
  }
  if (!configured.has(undefined)) next.setDefaultBrokerConfig(EMPTY_CONFIG);
}
