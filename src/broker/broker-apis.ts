import type { Clock } from '../base/clock.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { Logger } from '../base/logger.ts';
import type { WorkThread } from '../base/work-thread.ts';
import type { LoopAllowance } from '../compression/index.ts';
import type { Compatibility } from '../config/index.ts';
import { KafkaError } from '../protocol/errors.ts';
import type { LogManager } from '../storage/log-manager.ts';
import { produceApi } from './apis/00-produce.ts';
import { fetchApi } from './apis/01-fetch.ts';
import { listOffsetsApi } from './apis/02-list-offsets.ts';
import { metadataApi } from './apis/03-metadata.ts';
import { offsetCommitApi } from './apis/08-offset-commit.ts';
import { offsetFetchApi } from './apis/09-offset-fetch.ts';
import { findCoordinatorApi } from './apis/10-find-coordinator.ts';
import { joinGroupApi } from './apis/11-join-group.ts';
import { heartbeatApi } from './apis/12-heartbeat.ts';
import { leaveGroupApi } from './apis/13-leave-group.ts';
import { syncGroupApi } from './apis/14-sync-group.ts';
import { describeGroupsApi } from './apis/15-describe-groups.ts';
import { listGroupsApi } from './apis/16-list-groups.ts';
import { apiVersionsApi } from './apis/18-api-versions.ts';
import { createTopicsApi } from './apis/19-create-topics.ts';
import { deleteTopicsApi } from './apis/20-delete-topics.ts';
import { deleteRecordsApi } from './apis/21-delete-records.ts';
import { initProducerIdApi } from './apis/22-init-producer-id.ts';
import { offsetForLeaderEpochApi } from './apis/23-offset-for-leader-epoch.ts';
import { describeAclsApi } from './apis/29-describe-acls.ts';
import { createAclsApi } from './apis/30-create-acls.ts';
import { deleteAclsApi } from './apis/31-delete-acls.ts';
import { describeConfigsApi } from './apis/32-describe-configs.ts';
import { alterConfigsApi } from './apis/33-alter-configs.ts';
import { describeLogDirsApi } from './apis/35-describe-log-dirs.ts';
import { createPartitionsApi } from './apis/37-create-partitions.ts';
import { createDelegationTokenApi } from './apis/38-create-delegation-token.ts';
import { renewDelegationTokenApi } from './apis/39-renew-delegation-token.ts';
import { expireDelegationTokenApi } from './apis/40-expire-delegation-token.ts';
import { describeDelegationTokenApi } from './apis/41-describe-delegation-token.ts';
import { deleteGroupsApi } from './apis/42-delete-groups.ts';
import { electLeadersApi } from './apis/43-elect-leaders.ts';
import { incrementalAlterConfigsApi } from './apis/44-incremental-alter-configs.ts';
import { alterPartitionReassignmentsApi } from './apis/45-alter-partition-reassignments.ts';
import { listPartitionReassignmentsApi } from './apis/46-list-partition-reassignments.ts';
import { offsetDeleteApi } from './apis/47-offset-delete.ts';
import { describeClientQuotasApi } from './apis/48-describe-client-quotas.ts';
import { describeUserScramCredentialsApi } from './apis/50-describe-user-scram-credentials.ts';
import { updateFeaturesApi } from './apis/57-update-features.ts';
import { describeClusterApi } from './apis/60-describe-cluster.ts';
import { describeProducersApi } from './apis/61-describe-producers.ts';
import { describeTransactionsApi } from './apis/65-describe-transactions.ts';
import { listTransactionsApi } from './apis/66-list-transactions.ts';
import { describeTopicPartitionsApi } from './apis/75-describe-topic-partitions.ts';
import { addressFor } from './apis/broker-endpoints.ts';
import { notOfferedApis } from './apis/not-offered.ts';
import type { Controller } from './controller/controller.ts';
import type { GroupCoordinator } from './coordinator/group/group-coordinator.ts';
import type { ProducerIds } from './coordinator/producer-ids.ts';
import type { ClusterMetadata } from './metadata/cluster-metadata.ts';
import { partitionOf } from './metadata/cluster-snapshot.ts';
import type { Configs } from './metadata/configs.ts';
import type { Api } from './network/api.ts';
import { supportedVersions } from './network/dispatcher.ts';
import type { RequestContext } from './network/request-context.ts';
import { offeredApis } from './offered-apis.ts';
import type { FetchSessionCache } from './replica/fetch-session.ts';
import type { Partitions } from './replica/partitions.ts';
import type { TopicTraffic } from './replica/topic-traffic.ts';
import { OFFSETS_TOPIC } from './replicated-coordinator-log.ts';

export interface BrokerParts {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
  readonly logs: LogManager;
  readonly metadata: ClusterMetadata;
  readonly configs: Configs;
  readonly compatibility: Compatibility;
  readonly controller: Controller;
  readonly partitions: Partitions;
  readonly coordinator: GroupCoordinator;
  readonly producerIds: ProducerIds;
  readonly sessions: FetchSessionCache;
  readonly traffic: TopicTraffic;
  readonly work: WorkThread;
  readonly allowance: LoopAllowance;
}

/** Every API that this broker answers; those at the end ApiVersions does not advertise. */
export function brokerApis(parts: BrokerParts): Api[] {
  const { metadata, configs, controller, coordinator } = parts;
  const all: Api[] = [
    produceApi(parts),
    fetchApi({
      ...parts,
      maxBytes: () => configs.broker.fetchMaxBytes,
      conversionRules: (topic) => configs.topic(topic),
    }),
    listOffsetsApi(parts),
    metadataApi({ ...parts, autoCreateTopics: () => configs.broker.autoCreateTopicsEnable }),
    offsetCommitApi(parts),
    offsetFetchApi(parts),
    findCoordinatorApi({
      ...parts,
      ensureOffsetsTopic: () => ensureTopic(metadata, controller, OFFSETS_TOPIC),
      endpointOf: (partition, context) => leaderAddress(metadata, partition, context),
      ownEndpoint: (context) => brokerAddress(metadata, parts.brokerId, context),
    }),
    joinGroupApi(parts),
    heartbeatApi(parts),
    leaveGroupApi(parts),
    syncGroupApi(parts),
    describeGroupsApi(parts),
    listGroupsApi(parts),
    apiVersionsApi({ supported: () => advertised }),
    createTopicsApi(parts),
    deleteTopicsApi(parts),
    deleteRecordsApi(parts),
    initProducerIdApi(parts),
    offsetForLeaderEpochApi(parts),
    describeAclsApi(),
    createAclsApi(),
    deleteAclsApi(),
    describeConfigsApi(parts),
    alterConfigsApi(parts),
    describeLogDirsApi({ ...parts, logDirs: configs.broker.logDirList }),
    createPartitionsApi(parts),
    createDelegationTokenApi(),
    renewDelegationTokenApi(),
    expireDelegationTokenApi(),
    describeDelegationTokenApi(),
    deleteGroupsApi({ coordinator }),
    electLeadersApi(parts),
    incrementalAlterConfigsApi(parts),
    alterPartitionReassignmentsApi(parts),
    listPartitionReassignmentsApi(),
    offsetDeleteApi(parts),
    describeClientQuotasApi(),
    describeUserScramCredentialsApi(),
    updateFeaturesApi(),
    describeClusterApi(parts),
    describeProducersApi(parts),
    describeTransactionsApi(),
    listTransactionsApi(),
    describeTopicPartitionsApi(parts),
  ];
  const apis = offeredApis(all, parts.compatibility);
  const advertised = supportedVersions(apis);
  return [...apis, ...notOfferedApis()];
}

async function ensureTopic(
  metadata: ClusterMetadata,
  controller: Controller,
  topic: string,
): Promise<'was there' | 'made'> {
  if (metadata.snapshot.topics.has(topic)) return 'was there';
  const [result] = await controller.autoCreateTopics([topic]);
  if (!result || result.error === 'NONE') return 'made';
  if (result.error === 'TOPIC_ALREADY_EXISTS') return 'made';
  throw new KafkaError(result.error, result.detail);
}

function leaderAddress(metadata: ClusterMetadata, partition: number, context: RequestContext) {
  const leader = partitionOf(metadata.snapshot, OFFSETS_TOPIC, partition)?.leader ?? -1;
  return brokerAddress(metadata, leader, context);
}

function brokerAddress(metadata: ClusterMetadata, id: number, context: RequestContext) {
  const broker = metadata.snapshot.brokers.get(id);
  return broker && addressFor(broker, context);
}
