// The APIs of Kafka 3.9: what `broker-api-versions` compares a broker with.

export interface KafkaApi {
  readonly key: number;
  readonly name: string;
  /** The newest version that Kafka 3.9's client uses; all begin at 0. */
  readonly newest: number;
  /** Listed also where a broker does not have it; the others are between brokers only. */
  readonly forClients: boolean;
}

const FOR_CLIENTS: Readonly<Record<number, readonly [name: string, newest: number]>> = {
  0: ['Produce', 11],
  1: ['Fetch', 17],
  2: ['ListOffsets', 9],
  3: ['Metadata', 12],
  4: ['LeaderAndIsr', 7],
  5: ['StopReplica', 4],
  6: ['UpdateMetadata', 8],
  7: ['ControlledShutdown', 3],
  8: ['OffsetCommit', 9],
  9: ['OffsetFetch', 9],
  10: ['FindCoordinator', 6],
  11: ['JoinGroup', 9],
  12: ['Heartbeat', 4],
  13: ['LeaveGroup', 5],
  14: ['SyncGroup', 5],
  15: ['DescribeGroups', 5],
  16: ['ListGroups', 5],
  17: ['SaslHandshake', 1],
  18: ['ApiVersions', 4],
  19: ['CreateTopics', 7],
  20: ['DeleteTopics', 6],
  21: ['DeleteRecords', 2],
  22: ['InitProducerId', 5],
  23: ['OffsetForLeaderEpoch', 4],
  24: ['AddPartitionsToTxn', 5],
  25: ['AddOffsetsToTxn', 4],
  26: ['EndTxn', 4],
  27: ['WriteTxnMarkers', 1],
  28: ['TxnOffsetCommit', 4],
  29: ['DescribeAcls', 3],
  30: ['CreateAcls', 3],
  31: ['DeleteAcls', 3],
  32: ['DescribeConfigs', 4],
  33: ['AlterConfigs', 2],
  34: ['AlterReplicaLogDirs', 2],
  35: ['DescribeLogDirs', 4],
  36: ['SaslAuthenticate', 2],
  37: ['CreatePartitions', 3],
  38: ['CreateDelegationToken', 3],
  39: ['RenewDelegationToken', 2],
  40: ['ExpireDelegationToken', 2],
  41: ['DescribeDelegationToken', 3],
  42: ['DeleteGroups', 2],
  43: ['ElectLeaders', 2],
  44: ['IncrementalAlterConfigs', 1],
  45: ['AlterPartitionReassignments', 0],
  46: ['ListPartitionReassignments', 0],
  47: ['OffsetDelete', 0],
  48: ['DescribeClientQuotas', 1],
  49: ['AlterClientQuotas', 1],
  50: ['DescribeUserScramCredentials', 0],
  51: ['AlterUserScramCredentials', 0],
  55: ['DescribeQuorum', 2],
  56: ['AlterPartition', 3],
  57: ['UpdateFeatures', 1],
  58: ['Envelope', 0],
  60: ['DescribeCluster', 1],
  61: ['DescribeProducers', 0],
  64: ['UnregisterBroker', 0],
  65: ['DescribeTransactions', 0],
  66: ['ListTransactions', 1],
  67: ['AllocateProducerIds', 0],
  68: ['ConsumerGroupHeartbeat', 0],
  69: ['ConsumerGroupDescribe', 0],
  71: ['GetTelemetrySubscriptions', 0],
  72: ['PushTelemetry', 0],
  74: ['ListClientMetricsResources', 0],
  75: ['DescribeTopicPartitions', 0],
  76: ['ShareGroupHeartbeat', 0],
  77: ['ShareGroupDescribe', 0],
  78: ['ShareFetch', 0],
  79: ['ShareAcknowledge', 0],
  80: ['AddRaftVoter', 0],
  81: ['RemoveRaftVoter', 0],
  83: ['InitializeShareGroupState', 0],
  84: ['ReadShareGroupState', 0],
  85: ['WriteShareGroupState', 0],
  86: ['DeleteShareGroupState', 0],
  87: ['ReadShareGroupStateSummary', 0],
};

const BETWEEN_BROKERS: Readonly<Record<number, readonly [name: string, newest: number]>> = {
  52: ['Vote', 1],
  53: ['BeginQuorumEpoch', 1],
  54: ['EndQuorumEpoch', 1],
  59: ['FetchSnapshot', 1],
  62: ['BrokerRegistration', 4],
  63: ['BrokerHeartbeat', 1],
  70: ['ControllerRegistration', 0],
  73: ['AssignReplicasToDirs', 0],
  82: ['UpdateRaftVoter', 0],
};

/** By key, in its order. */
export const KAFKA_APIS: ReadonlyMap<number, KafkaApi> = new Map(
  [
    ...Object.entries(FOR_CLIENTS).map(([key, api]) => ({ key, api, forClients: true })),
    ...Object.entries(BETWEEN_BROKERS).map(([key, api]) => ({ key, api, forClients: false })),
  ]
    .map(({ key, api: [name, newest], forClients }) => ({
      key: Number(key),
      name,
      newest,
      forClients,
    }))
    .sort((a, b) => a.key - b.key)
    .map((api) => [api.key, api]),
);
