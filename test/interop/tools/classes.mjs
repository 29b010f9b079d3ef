// The class behind each of Kafka's scripts, by the major release; null where the release has no such tool.

const tools = 'org.apache.kafka.tools';

export const classes = {
  'kafka-topics': {
    2: 'kafka.admin.TopicCommand',
    3: `${tools}.TopicCommand`,
    4: `${tools}.TopicCommand`,
  },
  'kafka-configs': {
    2: 'kafka.admin.ConfigCommand',
    3: 'kafka.admin.ConfigCommand',
    4: 'kafka.admin.ConfigCommand',
  },
  'kafka-consumer-groups': {
    2: 'kafka.admin.ConsumerGroupCommand',
    3: `${tools}.consumer.group.ConsumerGroupCommand`,
    4: `${tools}.consumer.group.ConsumerGroupCommand`,
  },
  'kafka-groups': { 2: null, 3: null, 4: `${tools}.GroupsCommand` },
  'kafka-console-producer': {
    2: 'kafka.tools.ConsoleProducer',
    3: 'kafka.tools.ConsoleProducer',
    4: `${tools}.ConsoleProducer`,
  },
  'kafka-console-consumer': {
    2: 'kafka.tools.ConsoleConsumer',
    3: `${tools}.consumer.ConsoleConsumer`,
    4: `${tools}.consumer.ConsoleConsumer`,
  },
  'kafka-get-offsets': {
    2: 'kafka.tools.GetOffsetShell',
    3: `${tools}.GetOffsetShell`,
    4: `${tools}.GetOffsetShell`,
  },
  'kafka-delete-records': {
    2: 'kafka.admin.DeleteRecordsCommand',
    3: `${tools}.DeleteRecordsCommand`,
    4: `${tools}.DeleteRecordsCommand`,
  },
  'kafka-log-dirs': {
    2: 'kafka.admin.LogDirsCommand',
    3: `${tools}.LogDirsCommand`,
    4: `${tools}.LogDirsCommand`,
  },
  'kafka-broker-api-versions': {
    2: 'kafka.admin.BrokerApiVersionsCommand',
    3: 'kafka.admin.BrokerApiVersionsCommand',
    4: `${tools}.BrokerApiVersionsCommand`,
  },
  'kafka-cluster': { 2: null, 3: `${tools}.ClusterTool`, 4: `${tools}.ClusterTool` },
  'kafka-reassign-partitions': {
    2: 'kafka.admin.ReassignPartitionsCommand',
    3: `${tools}.reassign.ReassignPartitionsCommand`,
    4: `${tools}.reassign.ReassignPartitionsCommand`,
  },
  'kafka-producer-perf-test': {
    2: `${tools}.ProducerPerformance`,
    3: `${tools}.ProducerPerformance`,
    4: `${tools}.ProducerPerformance`,
  },
  'kafka-consumer-perf-test': {
    2: 'kafka.tools.ConsumerPerformance',
    3: `${tools}.ConsumerPerformance`,
    4: `${tools}.ConsumerPerformance`,
  },
  'kafka-verifiable-producer': {
    2: `${tools}.VerifiableProducer`,
    3: `${tools}.VerifiableProducer`,
    4: `${tools}.VerifiableProducer`,
  },
  'kafka-verifiable-consumer': {
    2: `${tools}.VerifiableConsumer`,
    3: `${tools}.VerifiableConsumer`,
    4: `${tools}.VerifiableConsumer`,
  },
  'kafka-dump-log': {
    2: 'kafka.tools.DumpLogSegments',
    3: 'kafka.tools.DumpLogSegments',
    4: `${tools}.DumpLogSegments`,
  },
  'kafka-acls': {
    2: 'kafka.admin.AclCommand',
    3: 'kafka.admin.AclCommand',
    4: `${tools}.AclCommand`,
  },
  'kafka-client-metrics': {
    2: null,
    3: `${tools}.ClientMetricsCommand`,
    4: `${tools}.ClientMetricsCommand`,
  },
  'kafka-console-share-consumer': { 2: null, 3: null, 4: `${tools}.consumer.ConsoleShareConsumer` },
  'kafka-delegation-tokens': {
    2: 'kafka.admin.DelegationTokenCommand',
    3: `${tools}.DelegationTokenCommand`,
    4: `${tools}.DelegationTokenCommand`,
  },
  'kafka-e2e-latency': {
    2: 'kafka.tools.EndToEndLatency',
    3: `${tools}.EndToEndLatency`,
    4: `${tools}.EndToEndLatency`,
  },
  'kafka-features': {
    2: 'kafka.admin.FeatureCommand',
    3: `${tools}.FeatureCommand`,
    4: `${tools}.FeatureCommand`,
  },
  'kafka-leader-election': {
    2: 'kafka.admin.LeaderElectionCommand',
    3: `${tools}.LeaderElectionCommand`,
    4: `${tools}.LeaderElectionCommand`,
  },
  'kafka-metadata-quorum': {
    2: null,
    3: `${tools}.MetadataQuorumCommand`,
    4: `${tools}.MetadataQuorumCommand`,
  },
  'kafka-mirror-maker': { 2: 'kafka.tools.MirrorMaker', 3: 'kafka.tools.MirrorMaker', 4: null },
  'kafka-preferred-replica-election': {
    2: 'kafka.admin.PreferredReplicaLeaderElectionCommand',
    3: null,
    4: null,
  },
  'kafka-replica-verification': {
    2: 'kafka.tools.ReplicaVerificationTool',
    3: `${tools}.ReplicaVerificationTool`,
    4: `${tools}.ReplicaVerificationTool`,
  },
  'kafka-share-consumer-perf-test': { 2: null, 3: null, 4: `${tools}.ShareConsumerPerformance` },
  'kafka-share-groups': { 2: null, 3: null, 4: `${tools}.consumer.group.ShareGroupCommand` },
  'kafka-streams-application-reset': {
    2: 'kafka.tools.StreamsResetter',
    3: `${tools}.StreamsResetter`,
    4: `${tools}.StreamsResetter`,
  },
  'kafka-streams-groups': { 2: null, 3: null, 4: `${tools}.streams.StreamsGroupCommand` },
  'kafka-transactions': {
    2: null,
    3: `${tools}.TransactionsCommand`,
    4: `${tools}.TransactionsCommand`,
  },
  'kafka-verifiable-share-consumer': { 2: null, 3: null, 4: `${tools}.VerifiableShareConsumer` },
  // No script of its own: it is run by kafka-run-class.sh.
  ClientCompatibilityTest: {
    2: `${tools}.ClientCompatibilityTest`,
    3: `${tools}.ClientCompatibilityTest`,
    4: `${tools}.ClientCompatibilityTest`,
  },
};
