import type { MessageSchema } from '../schema/index.ts';
import { ProduceRequest, ProduceResponse } from './00-produce.ts';
import { FetchRequest, FetchResponse } from './01-fetch.ts';
import { ListOffsetsRequest, ListOffsetsResponse } from './02-list-offsets.ts';
import { MetadataRequest, MetadataResponse } from './03-metadata.ts';
import { LeaderAndIsrRequest, LeaderAndIsrResponse } from './04-leader-and-isr.ts';
import { StopReplicaRequest, StopReplicaResponse } from './05-stop-replica.ts';
import { UpdateMetadataRequest, UpdateMetadataResponse } from './06-update-metadata.ts';
import { ControlledShutdownRequest, ControlledShutdownResponse } from './07-controlled-shutdown.ts';
import { OffsetCommitRequest, OffsetCommitResponse } from './08-offset-commit.ts';
import { OffsetFetchRequest, OffsetFetchResponse } from './09-offset-fetch.ts';
import { FindCoordinatorRequest, FindCoordinatorResponse } from './10-find-coordinator.ts';
import { JoinGroupRequest, JoinGroupResponse } from './11-join-group.ts';
import { HeartbeatRequest, HeartbeatResponse } from './12-heartbeat.ts';
import { LeaveGroupRequest, LeaveGroupResponse } from './13-leave-group.ts';
import { SyncGroupRequest, SyncGroupResponse } from './14-sync-group.ts';
import { DescribeGroupsRequest, DescribeGroupsResponse } from './15-describe-groups.ts';
import { ListGroupsRequest, ListGroupsResponse } from './16-list-groups.ts';
import { SaslHandshakeRequest, SaslHandshakeResponse } from './17-sasl-handshake.ts';
import { ApiVersionsRequest, ApiVersionsResponse } from './18-api-versions.ts';
import { CreateTopicsRequest, CreateTopicsResponse } from './19-create-topics.ts';
import { DeleteTopicsRequest, DeleteTopicsResponse } from './20-delete-topics.ts';
import { DeleteRecordsRequest, DeleteRecordsResponse } from './21-delete-records.ts';
import { InitProducerIdRequest, InitProducerIdResponse } from './22-init-producer-id.ts';
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from './23-offset-for-leader-epoch.ts';
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from './24-add-partitions-to-txn.ts';
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from './25-add-offsets-to-txn.ts';
import { EndTxnRequest, EndTxnResponse } from './26-end-txn.ts';
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from './27-write-txn-markers.ts';
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from './28-txn-offset-commit.ts';
import { DescribeAclsRequest, DescribeAclsResponse } from './29-describe-acls.ts';
import { CreateAclsRequest, CreateAclsResponse } from './30-create-acls.ts';
import { DeleteAclsRequest, DeleteAclsResponse } from './31-delete-acls.ts';
import { DescribeConfigsRequest, DescribeConfigsResponse } from './32-describe-configs.ts';
import { AlterConfigsRequest, AlterConfigsResponse } from './33-alter-configs.ts';
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from './34-alter-replica-log-dirs.ts';
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from './35-describe-log-dirs.ts';
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from './36-sasl-authenticate.ts';
import { CreatePartitionsRequest, CreatePartitionsResponse } from './37-create-partitions.ts';
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from './38-create-delegation-token.ts';
import {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from './39-renew-delegation-token.ts';
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from './40-expire-delegation-token.ts';
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from './41-describe-delegation-token.ts';
import { DeleteGroupsRequest, DeleteGroupsResponse } from './42-delete-groups.ts';
import { ElectLeadersRequest, ElectLeadersResponse } from './43-elect-leaders.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from './44-incremental-alter-configs.ts';
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from './45-alter-partition-reassignments.ts';
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from './46-list-partition-reassignments.ts';
import { OffsetDeleteRequest, OffsetDeleteResponse } from './47-offset-delete.ts';
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from './48-describe-client-quotas.ts';
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from './49-alter-client-quotas.ts';
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from './50-describe-user-scram-credentials.ts';
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from './51-alter-user-scram-credentials.ts';
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from './57-update-features.ts';
import { DescribeClusterRequest, DescribeClusterResponse } from './60-describe-cluster.ts';
import { DescribeProducersRequest, DescribeProducersResponse } from './61-describe-producers.ts';
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
} from './65-describe-transactions.ts';
import { ListTransactionsRequest, ListTransactionsResponse } from './66-list-transactions.ts';
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from './75-describe-topic-partitions.ts';

export * from './00-produce.ts';
export * from './01-fetch.ts';
export * from './02-list-offsets.ts';
export * from './03-metadata.ts';
export * from './04-leader-and-isr.ts';
export * from './05-stop-replica.ts';
export * from './06-update-metadata.ts';
export * from './07-controlled-shutdown.ts';
export * from './08-offset-commit.ts';
export * from './09-offset-fetch.ts';
export * from './10-find-coordinator.ts';
export * from './11-join-group.ts';
export * from './12-heartbeat.ts';
export * from './13-leave-group.ts';
export * from './14-sync-group.ts';
export * from './15-describe-groups.ts';
export * from './16-list-groups.ts';
export * from './17-sasl-handshake.ts';
export * from './18-api-versions.ts';
export * from './19-create-topics.ts';
export * from './20-delete-topics.ts';
export * from './21-delete-records.ts';
export * from './22-init-producer-id.ts';
export * from './23-offset-for-leader-epoch.ts';
export * from './24-add-partitions-to-txn.ts';
export * from './25-add-offsets-to-txn.ts';
export * from './26-end-txn.ts';
export * from './27-write-txn-markers.ts';
export * from './28-txn-offset-commit.ts';
export * from './29-describe-acls.ts';
export * from './30-create-acls.ts';
export * from './31-delete-acls.ts';
export * from './32-describe-configs.ts';
export * from './33-alter-configs.ts';
export * from './34-alter-replica-log-dirs.ts';
export * from './35-describe-log-dirs.ts';
export * from './36-sasl-authenticate.ts';
export * from './37-create-partitions.ts';
export * from './38-create-delegation-token.ts';
export * from './39-renew-delegation-token.ts';
export * from './40-expire-delegation-token.ts';
export * from './41-describe-delegation-token.ts';
export * from './42-delete-groups.ts';
export * from './43-elect-leaders.ts';
export * from './44-incremental-alter-configs.ts';
export * from './45-alter-partition-reassignments.ts';
export * from './46-list-partition-reassignments.ts';
export * from './47-offset-delete.ts';
export * from './48-describe-client-quotas.ts';
export * from './49-alter-client-quotas.ts';
export * from './50-describe-user-scram-credentials.ts';
export * from './51-alter-user-scram-credentials.ts';
export * from './57-update-features.ts';
export * from './60-describe-cluster.ts';
export * from './61-describe-producers.ts';
export * from './65-describe-transactions.ts';
export * from './66-list-transactions.ts';
export * from './75-describe-topic-partitions.ts';

/** The two messages of one API. */
export interface ApiMessages {
  readonly key: number;
  readonly name: string;
  readonly request: MessageSchema;
  readonly response: MessageSchema;
}

/** Every API this code can read and write; which of them a broker offers is the broker's choice. */
export const apis: readonly ApiMessages[] = (
  [
    [ProduceRequest, ProduceResponse],
    [FetchRequest, FetchResponse],
    [ListOffsetsRequest, ListOffsetsResponse],
    [MetadataRequest, MetadataResponse],
    [LeaderAndIsrRequest, LeaderAndIsrResponse],
    [StopReplicaRequest, StopReplicaResponse],
    [UpdateMetadataRequest, UpdateMetadataResponse],
    [ControlledShutdownRequest, ControlledShutdownResponse],
    [OffsetCommitRequest, OffsetCommitResponse],
    [OffsetFetchRequest, OffsetFetchResponse],
    [FindCoordinatorRequest, FindCoordinatorResponse],
    [JoinGroupRequest, JoinGroupResponse],
    [HeartbeatRequest, HeartbeatResponse],
    [LeaveGroupRequest, LeaveGroupResponse],
    [SyncGroupRequest, SyncGroupResponse],
    [DescribeGroupsRequest, DescribeGroupsResponse],
    [ListGroupsRequest, ListGroupsResponse],
    [SaslHandshakeRequest, SaslHandshakeResponse],
    [ApiVersionsRequest, ApiVersionsResponse],
    [CreateTopicsRequest, CreateTopicsResponse],
    [DeleteTopicsRequest, DeleteTopicsResponse],
    [DeleteRecordsRequest, DeleteRecordsResponse],
    [InitProducerIdRequest, InitProducerIdResponse],
    [OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse],
    [AddPartitionsToTxnRequest, AddPartitionsToTxnResponse],
    [AddOffsetsToTxnRequest, AddOffsetsToTxnResponse],
    [EndTxnRequest, EndTxnResponse],
    [WriteTxnMarkersRequest, WriteTxnMarkersResponse],
    [TxnOffsetCommitRequest, TxnOffsetCommitResponse],
    [DescribeAclsRequest, DescribeAclsResponse],
    [CreateAclsRequest, CreateAclsResponse],
    [DeleteAclsRequest, DeleteAclsResponse],
    [DescribeConfigsRequest, DescribeConfigsResponse],
    [AlterConfigsRequest, AlterConfigsResponse],
    [AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse],
    [DescribeLogDirsRequest, DescribeLogDirsResponse],
    [SaslAuthenticateRequest, SaslAuthenticateResponse],
    [CreatePartitionsRequest, CreatePartitionsResponse],
    [CreateDelegationTokenRequest, CreateDelegationTokenResponse],
    [RenewDelegationTokenRequest, RenewDelegationTokenResponse],
    [ExpireDelegationTokenRequest, ExpireDelegationTokenResponse],
    [DescribeDelegationTokenRequest, DescribeDelegationTokenResponse],
    [DeleteGroupsRequest, DeleteGroupsResponse],
    [ElectLeadersRequest, ElectLeadersResponse],
    [IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse],
    [AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse],
    [ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse],
    [OffsetDeleteRequest, OffsetDeleteResponse],
    [DescribeClientQuotasRequest, DescribeClientQuotasResponse],
    [AlterClientQuotasRequest, AlterClientQuotasResponse],
    [DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse],
    [AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse],
    [UpdateFeaturesRequest, UpdateFeaturesResponse],
    [DescribeClusterRequest, DescribeClusterResponse],
    [DescribeProducersRequest, DescribeProducersResponse],
    [DescribeTransactionsRequest, DescribeTransactionsResponse],
    [ListTransactionsRequest, ListTransactionsResponse],
    [DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse],
  ] satisfies readonly (readonly [MessageSchema, MessageSchema])[]
).map(([request, response]) => ({ key: request.apiKey, name: request.name, request, response }));

const byKey: readonly (ApiMessages | undefined)[] = apis.reduce<ApiMessages[]>((table, api) => {
  table[api.key] = api;
  return table;
}, []);

/** The messages of an API key as it came off the wire, or undefined for a key nobody declared. */
export function apiByKey(key: number): ApiMessages | undefined {
  return byKey[key];
}
