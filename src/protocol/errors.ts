/**
 * Kafka's errors: `[code, retriable, message]`. Codes and names are the protocol's. "Retriable"
 * means that a client repeats the request (after new metadata, where that helps) instead of failing.
 */
const table = {
  UNKNOWN_SERVER_ERROR: [-1, false, 'The broker failed in a way it did not expect.'],
  NONE: [0, false, 'No error.'],
  OFFSET_OUT_OF_RANGE: [1, false, 'The log does not reach to this offset.'],
  CORRUPT_MESSAGE: [2, true, 'The records are damaged: wrong checksum, size or form.'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true, 'This broker has no such topic or partition.'],
  INVALID_FETCH_SIZE: [4, false, 'The fetch size is not one the broker can use.'],
  LEADER_NOT_AVAILABLE: [5, true, 'The partition has no leader at the moment.'],
  NOT_LEADER_OR_FOLLOWER: [6, true, 'This broker does not lead, or does not hold, the partition.'],
  REQUEST_TIMED_OUT: [7, true, 'The request was not finished within its time.'],
  BROKER_NOT_AVAILABLE: [8, false, 'The broker is not there.'],
  REPLICA_NOT_AVAILABLE: [9, true, 'The replica is not there to be read.'],
  MESSAGE_TOO_LARGE: [10, false, 'The record batch is larger than the broker or topic accepts.'],
  STALE_CONTROLLER_EPOCH: [11, false, 'A newer controller has taken over.'],
  OFFSET_METADATA_TOO_LARGE: [12, false, 'The metadata of the committed offset is too long.'],
  NETWORK_EXCEPTION: [13, true, 'The connection ended before the answer came.'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true, 'The coordinator is still reading its log.'],
  COORDINATOR_NOT_AVAILABLE: [15, true, 'There is no coordinator at the moment.'],
  NOT_COORDINATOR: [16, true, 'Another broker coordinates this group or transactional id.'],
  INVALID_TOPIC_EXCEPTION: [17, false, 'The topic may not be named so, or may not be used so.'],
  RECORD_LIST_TOO_LARGE: [18, false, 'The record batches do not fit one log segment.'],
  NOT_ENOUGH_REPLICAS: [19, true, 'Too few replicas are in sync to accept the records.'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, true, 'Written, but too few replicas stayed in sync.'],
  INVALID_REQUIRED_ACKS: [21, false, 'acks must be -1, 0 or 1.'],
  ILLEGAL_GENERATION: [22, false, 'The group is at another generation.'],
  INCONSISTENT_GROUP_PROTOCOL: [23, false, 'The member shares no protocol with the group.'],
  INVALID_GROUP_ID: [24, false, 'The group id may not be empty.'],
  UNKNOWN_MEMBER_ID: [25, false, 'The group has no such member.'],
  INVALID_SESSION_TIMEOUT: [26, false, 'The session timeout is outside what the broker allows.'],
  REBALANCE_IN_PROGRESS: [27, false, 'The group is rebalancing: join again.'],
  INVALID_COMMIT_OFFSET_SIZE: [28, false, 'The commit is larger than the broker accepts.'],
  TOPIC_AUTHORIZATION_FAILED: [29, false, 'No permission for this topic.'],
  GROUP_AUTHORIZATION_FAILED: [30, false, 'No permission for this group.'],
  CLUSTER_AUTHORIZATION_FAILED: [31, false, 'No permission for this operation on the cluster.'],
  INVALID_TIMESTAMP: [32, false, 'The timestamp is too far from the broker time.'],
  UNSUPPORTED_SASL_MECHANISM: [33, false, 'The listener does not offer this SASL mechanism.'],
  ILLEGAL_SASL_STATE: [34, false, 'The request does not fit this stage of authentication.'],
  UNSUPPORTED_VERSION: [35, false, 'The broker does not have this version of the API.'],
  TOPIC_ALREADY_EXISTS: [36, false, 'There is a topic of this name already.'],
  INVALID_PARTITIONS: [37, false, 'The number of partitions is not possible.'],
  INVALID_REPLICATION_FACTOR: [38, false, 'The replication factor does not fit the live brokers.'],
  INVALID_REPLICA_ASSIGNMENT: [39, false, 'The assignment of replicas is not possible.'],
  INVALID_CONFIG: [40, false, 'The configuration is not valid.'],
  NOT_CONTROLLER: [41, true, 'This broker is not the controller.'],
  INVALID_REQUEST: [42, false, 'The request contradicts itself or the protocol.'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, false, 'The stored record format cannot do this.'],
  POLICY_VIOLATION: [44, false, 'A policy of the broker or topic forbids this.'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false, 'The producer left a gap in its sequence numbers.'],
  DUPLICATE_SEQUENCE_NUMBER: [46, false, 'The producer repeated a sequence number.'],
  INVALID_PRODUCER_EPOCH: [47, false, 'A newer producer with this id has written already.'],
  INVALID_TXN_STATE: [48, false, 'The transaction is not in a state that allows this.'],
  INVALID_PRODUCER_ID_MAPPING: [49, false, 'The transactional id has another producer id.'],
  INVALID_TRANSACTION_TIMEOUT: [
    50,
    false,
    'The transaction timeout is more than the broker allows.',
  ],
  CONCURRENT_TRANSACTIONS: [51, true, 'The previous transaction of this id is not finished yet.'],
  TRANSACTION_COORDINATOR_FENCED: [52, false, 'A newer transaction coordinator has taken over.'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false, 'No permission for this transactional id.'],
  SECURITY_DISABLED: [54, false, 'The broker runs without this security feature.'],
  OPERATION_NOT_ATTEMPTED: [55, false, 'Not tried, because another part of the request failed.'],
  KAFKA_STORAGE_ERROR: [56, true, 'The disk under the log failed.'],
  LOG_DIR_NOT_FOUND: [57, false, 'The broker has no such log directory.'],
  SASL_AUTHENTICATION_FAILED: [58, false, 'The credentials were not accepted.'],
  UNKNOWN_PRODUCER_ID: [59, false, 'The broker has forgotten, or never knew, this producer.'],
  REASSIGNMENT_IN_PROGRESS: [60, false, 'The partition is being reassigned.'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, false, 'Delegation tokens are switched off.'],
  DELEGATION_TOKEN_NOT_FOUND: [62, false, 'There is no such delegation token.'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, false, 'The token belongs to someone else.'],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, false, 'This connection may not ask for tokens.'],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, false, 'No permission for this delegation token.'],
  DELEGATION_TOKEN_EXPIRED: [66, false, 'The delegation token has expired.'],
  INVALID_PRINCIPAL_TYPE: [67, false, 'The broker does not know this type of principal.'],
  NON_EMPTY_GROUP: [68, false, 'The group still has members.'],
  GROUP_ID_NOT_FOUND: [69, false, 'There is no such group.'],
  FETCH_SESSION_ID_NOT_FOUND: [70, true, 'The broker no longer has this fetch session.'],
  INVALID_FETCH_SESSION_EPOCH: [71, true, 'The fetch session is at another epoch.'],
  LISTENER_NOT_FOUND: [72, true, 'The leader does not have the listener that was asked.'],
  TOPIC_DELETION_DISABLED: [73, false, 'The broker is configured not to delete topics.'],
  FENCED_LEADER_EPOCH: [74, true, 'The request names an older leader epoch.'],
  UNKNOWN_LEADER_EPOCH: [75, true, 'The request names a leader epoch this broker has not reached.'],
  UNSUPPORTED_COMPRESSION_TYPE: [76, false, 'This version of the API cannot carry the codec.'],
  STALE_BROKER_EPOCH: [77, false, 'The broker has registered anew since.'],
  OFFSET_NOT_AVAILABLE: [78, true, 'The new leader does not know the high watermark yet.'],
  MEMBER_ID_REQUIRED: [79, false, 'Join again with the member id that was given.'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, true, 'The preferred leader cannot lead now.'],
  GROUP_MAX_SIZE_REACHED: [81, false, 'The group has as many members as it may have.'],
  FENCED_INSTANCE_ID: [82, false, 'Another member has taken over this group instance id.'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, true, 'No replica that may lead is there.'],
  ELECTION_NOT_NEEDED: [84, true, 'The partition has the leader it should have.'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, false, 'The partition is not being reassigned.'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false, 'The group still subscribes to the topic.'],
  INVALID_RECORD: [87, false, 'A record breaks a rule of the topic or of the format.'],
  UNSTABLE_OFFSET_COMMIT: [88, true, 'An open transaction may still change the offset.'],
  THROTTLING_QUOTA_EXCEEDED: [89, true, 'The quota is used up for now.'],
  PRODUCER_FENCED: [90, false, 'A newer producer uses this transactional id.'],
  RESOURCE_NOT_FOUND: [91, false, 'The thing named does not exist.'],
  DUPLICATE_RESOURCE: [92, false, 'The request names one thing twice.'],
  UNACCEPTABLE_CREDENTIAL: [93, false, 'The credential does not meet the requirements.'],
  INCONSISTENT_VOTER_SET: [94, false, 'Sender or receiver is not among the voters.'],
  INVALID_UPDATE_VERSION: [95, false, 'The version to update to is not valid.'],
  FEATURE_UPDATE_FAILED: [96, false, 'The features could not be updated.'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, false, 'The forwarded principal could not be read.'],
  SNAPSHOT_NOT_FOUND: [98, false, 'There is no such snapshot.'],
  POSITION_OUT_OF_RANGE: [99, false, 'The position is outside the snapshot.'],
  UNKNOWN_TOPIC_ID: [100, true, 'This broker has no topic with this id.'],
  DUPLICATE_BROKER_REGISTRATION: [101, false, 'Another broker has this id.'],
  BROKER_ID_NOT_REGISTERED: [102, false, 'No broker is registered under this id.'],
  INCONSISTENT_TOPIC_ID: [103, true, 'The log belongs to a topic with another id.'],
  INCONSISTENT_CLUSTER_ID: [104, false, 'The request is meant for another cluster.'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, false, 'There is no such transactional id.'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, true, 'The fetch session mixes topic names and ids.'],
  INELIGIBLE_REPLICA: [107, false, 'The new ISR names a replica that may not be in it.'],
  NEW_LEADER_ELECTED: [108, false, 'The partition changed, and its leader with it.'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, false, 'The offset lies in tiered storage.'],
  FENCED_MEMBER_EPOCH: [110, false, 'The group is past this member epoch: give up all and rejoin.'],
  UNRELEASED_INSTANCE_ID: [111, false, 'Another member still holds the group instance id.'],
  UNSUPPORTED_ASSIGNOR: [112, false, 'The group cannot use this assignor.'],
  STALE_MEMBER_EPOCH: [113, false, 'The member epoch is old: heartbeat first, then repeat.'],
  MISMATCHED_ENDPOINT_TYPE: [114, false, 'The request came to the wrong kind of endpoint.'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, false, 'The broker does not have this kind of endpoint.'],
  UNKNOWN_CONTROLLER_ID: [116, false, 'There is no controller with this id.'],
  UNKNOWN_SUBSCRIPTION_ID: [117, false, 'The telemetry subscription is unknown or outdated.'],
  TELEMETRY_TOO_LARGE: [118, false, 'The telemetry is larger than the broker accepts.'],
  INVALID_REGISTRATION: [119, false, 'The controller refused the registration.'],
  TRANSACTION_ABORTABLE: [120, false, 'The transaction failed; after aborting it, go on.'],
  INVALID_RECORD_STATE: [121, false, 'The record can no longer be acknowledged.'],
  SHARE_SESSION_NOT_FOUND: [122, true, 'The broker no longer has this share session.'],
  INVALID_SHARE_SESSION_EPOCH: [123, true, 'The share session is at another epoch.'],
  FENCED_STATE_EPOCH: [124, false, 'The share group state is at another epoch.'],
  INVALID_VOTER_KEY: [125, false, 'The voter key is not that of the receiver.'],
  DUPLICATE_VOTER: [126, false, 'The voter is in the set already.'],
  VOTER_NOT_FOUND: [127, false, 'The voter is not in the set.'],
  INVALID_REGULAR_EXPRESSION: [128, false, 'The regular expression cannot be used.'],
  REBOOTSTRAP_REQUIRED: [
    129,
    false,
    'The metadata is too old: start again from the bootstrap list.',
  ],
  STREAMS_INVALID_TOPOLOGY: [130, false, 'The topology cannot be used.'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, false, 'The topology epoch is not valid.'],
  STREAMS_TOPOLOGY_FENCED: [132, false, 'The group has a newer topology.'],
  SHARE_SESSION_LIMIT_REACHED: [133, true, 'The broker has as many share sessions as it may have.'],
} as const satisfies { readonly [name: string]: readonly [number, boolean, string] };

export type ErrorName = keyof typeof table;

export const ERROR_NAMES: readonly string[] = Object.keys(table);

const byCode = new Map<number, ErrorName>();
// Object.keys yields exactly the table's own keys.
for (const name of Object.keys(table) as ErrorName[]) byCode.set(table[name][0], name);

/** The number of an error on the wire. */
export function errorCode(name: ErrorName): number {
  return table[name][0];
}

/** The error with this number; UNKNOWN_SERVER_ERROR for a number nobody has given a meaning. */
export function errorName(code: number): ErrorName {
  return byCode.get(code) ?? 'UNKNOWN_SERVER_ERROR';
}

/** One sentence for people, where a response has room for it. */
export function errorMessage(name: ErrorName): string {
  return table[name][2];
}

/** Whether a client may repeat the request that got this error. */
export function isRetriable(name: ErrorName): boolean {
  return table[name][1];
}

/**
 * A request, or a part of it, fails with one of Kafka's errors. The text may reach the client, so
 * it holds nothing that a client should not read.
 */
export class KafkaError extends Error {
  override name = 'KafkaError';
  readonly error: ErrorName;
  /** What the thrower said, or null when there is only the error's general sentence. */
  readonly detail: string | null;

  constructor(error: ErrorName, detail: string | null = null) {
    super(detail ?? errorMessage(error));
    this.error = error;
    this.detail = detail;
  }

  get code(): number {
    return errorCode(this.error);
  }

  get retriable(): boolean {
    return isRetriable(this.error);
  }
}
