// The APIs of the newest Kafka (4.3): what `broker-api-versions` compares a broker with.

export interface KafkaApi {
  readonly key: number;
  readonly name: string;
  /** The newest version that Kafka's client uses. */
  readonly newest: number;
  /** Listed also where a broker does not have it; the others are between brokers only. */
  readonly forClients: boolean;
}

const FOR_CLIENTS: Readonly<Record<number, readonly [name: string, newest: number]>> = {
  0: ['Produce', 13],
  1: ['Fetch', 18],
  2: ['ListOffsets', 11],
  3: ['Metadata', 13],
  8: ['OffsetCommit', 10],
  9: ['OffsetFetch', 10],
  10: ['FindCoordinator', 6],
  11: ['JoinGroup', 9],
  12: ['Heartbeat', 4],
  13: ['LeaveGroup', 5],
  14: ['SyncGroup', 5],
  15: ['DescribeGroups', 6],
  16: ['ListGroups', 5],
  17: ['SaslHandshake', 1],
  18: ['ApiVersions', 4],
  19: ['CreateTopics', 7],
  20: ['DeleteTopics', 6],
  21: ['DeleteRecords', 2],
  22: ['InitProducerId', 6],
  23: ['OffsetForLeaderEpoch', 4],
  24: ['AddPartitionsToTxn', 5],
  25: ['AddOffsetsToTxn', 4],
  26: ['EndTxn', 5],
  27: ['WriteTxnMarkers', 2],
  28: ['TxnOffsetCommit', 5],
  29: ['DescribeAcls', 3],
  30: ['CreateAcls', 3],
  31: ['DeleteAcls', 3],
  32: ['DescribeConfigs', 4],
  33: ['AlterConfigs', 2],
  34: ['AlterReplicaLogDirs', 2],
  35: ['DescribeLogDirs', 5],
  36: ['SaslAuthenticate', 2],
  37: ['CreatePartitions', 3],
  38: ['CreateDelegationToken', 3],
  39: ['RenewDelegationToken', 2],
  40: ['ExpireDelegationToken', 2],
  41: ['DescribeDelegationToken', 3],
  42: ['DeleteGroups', 2],
  43: ['ElectLeaders', 2],
  44: ['IncrementalAlterConfigs', 1],
  45: ['AlterPartitionReassignments', 1],
  46: ['ListPartitionReassignments', 0],
  47: ['OffsetDelete', 0],
  48: ['DescribeClientQuotas', 1],
  49: ['AlterClientQuotas', 1],
  50: ['DescribeUserScramCredentials', 0],
  51: ['AlterUserScramCredentials', 0],
  55: ['DescribeQuorum', 2],
  57: ['UpdateFeatures', 2],
  60: ['DescribeCluster', 2],
  61: ['DescribeProducers', 0],
  64: ['UnregisterBroker', 0],
  65: ['DescribeTransactions', 0],
  66: ['ListTransactions', 2],
  68: ['ConsumerGroupHeartbeat', 1],
  69: ['ConsumerGroupDescribe', 1],
  71: ['GetTelemetrySubscriptions', 0],
  72: ['PushTelemetry', 0],
  74: ['ListConfigResources', 1],
  75: ['DescribeTopicPartitions', 0],
  76: ['ShareGroupHeartbeat', 1],
  77: ['ShareGroupDescribe', 1],
  78: ['ShareFetch', 2],
  79: ['ShareAcknowledge', 2],
  80: ['AddRaftVoter', 1],
  81: ['RemoveRaftVoter', 0],
  83: ['InitializeShareGroupState', 0],
  84: ['ReadShareGroupState', 0],
  85: ['WriteShareGroupState', 1],
  86: ['DeleteShareGroupState', 0],
  87: ['ReadShareGroupStateSummary', 1],
  88: ['StreamsGroupHeartbeat', 0],
  89: ['StreamsGroupDescribe', 0],
  90: ['DescribeShareGroupOffsets', 1],
  91: ['AlterShareGroupOffsets', 0],
  92: ['DeleteShareGroupOffsets', 0],
};

/** The first four are gone since Kafka 4. */
const BETWEEN_BROKERS: Readonly<Record<number, readonly [name: string, newest: number]>> = {
  4: ['LeaderAndIsr', 7],
  5: ['StopReplica', 4],
  6: ['UpdateMetadata', 8],
  7: ['ControlledShutdown', 3],
  52: ['Vote', 2],
  53: ['BeginQuorumEpoch', 1],
  54: ['EndQuorumEpoch', 1],
  56: ['AlterPartition', 3],
  58: ['Envelope', 0],
  59: ['FetchSnapshot', 1],
  62: ['BrokerRegistration', 4],
  63: ['BrokerHeartbeat', 2],
  67: ['AllocateProducerIds', 0],
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
