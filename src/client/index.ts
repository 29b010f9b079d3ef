export type { TopicPartition } from '../protocol/topic-partition.ts';
export {
  alterConfigs,
  type ConfigEntry,
  type ConfigOperation,
  type ConfigResource,
  describeConfigs,
} from './admin/configs.ts';
export {
  deleteGroups,
  deleteOffsets,
  describeGroups,
  type GroupDescription,
  type GroupMemberDescription,
  type ListedGroup,
  listGroups,
} from './admin/groups.ts';
export {
  type ClientQuota,
  describeClientQuotas,
  describeScramCredentials,
  type QuotaComponent,
  type ScramCredentials,
} from './admin/quotas.ts';
export {
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  listReassignments,
  type MorePartitions,
  type NewTopic,
  type Reassignment,
} from './admin/topics.ts';
export {
  type BrokerMetadata,
  Cluster,
  type ClusterMetadata,
  type ClusterOptions,
  type ClusterPorts,
  type PartitionMetadata,
  parseBootstrap,
  type TopicMetadata,
} from './cluster.ts';
export { Connection, type ConnectionOptions, mayRetry } from './connection.ts';
export { Consumer, type ConsumerOptions, type Subscription } from './consumer.ts';
export { ClientError, ConnectionError, DeliveryError, endpointText } from './errors.ts';
export { murmur2, partitionOfKey } from './murmur2.ts';
export {
  type CommittedOffset,
  commitOffsets,
  fetchCommitted,
  type IsolationLevel,
  listOffsets,
  OFFSET_SPECS,
  type OffsetAtTime,
} from './offsets.ts';
export { Producer, type ProducerCounts, type ProducerOptions } from './producer.ts';
export {
  type ConsumerRecord,
  type ProducerRecord,
  type RecordMetadata,
  topicPartitionName,
} from './records.ts';
