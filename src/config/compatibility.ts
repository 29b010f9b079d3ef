/** Whose behaviour a broker shows where Kafkas differ, or where Sluice by itself is friendlier than they are. */
export const COMPATIBILITY_NAMES = [
  'friendly',
  'kafka-4',
  'kafka-3.9',
  'kafka-3.9-zookeeper',
] as const;

export type CompatibilityName = (typeof COMPATIBILITY_NAMES)[number];

/** What an API may offer at most; null where it does not exist. */
export interface VersionLimit {
  readonly min: number;
  readonly max: number;
  /** ApiVersions names this one where it is not `min`. */
  readonly advertisedMin?: number;
}

/**
 * What handlers ask where an answer depends on `compatibility`; all else is the same in every profile.
 * docs/compatibility.md says for each of these what a client sees.
 */
export interface Compatibility {
  readonly name: CompatibilityName;
  /** What Metadata answers for a topic that it has to create: nothing until it is there, or an error. */
  readonly createdByMetadata: 'wait' | 'UNKNOWN_TOPIC_OR_PARTITION' | 'LEADER_NOT_AVAILABLE';
  /** Whether Metadata tells why it cannot create a topic, or answers as for one that it creates. */
  readonly refusedCreation: 'told' | 'hidden';
  /** What FindCoordinator does where `__consumer_offsets` is missing, or being loaded. */
  readonly missingCoordinator: 'wait' | 'COORDINATOR_NOT_AVAILABLE';
  /** Whether a topic's name is free again when DeleteTopics is answered, or some time later. */
  readonly deletedName: 'free at once' | 'taken for a while';
  /** Which rows of an admin request without any `timeout_ms` are REQUEST_TIMED_OUT. */
  readonly withoutTimeout: 'no row' | 'rows that succeed' | 'every row';
  /** What CreateTopics answers for a topic that it names twice: an error in two rows, or in one. */
  readonly createdTwice: 'two rows' | 'one row';
  /** The same of CreatePartitions. */
  readonly grownTwice: 'two rows' | 'one row';
  /** What DeleteTopics does with a topic that it names twice. */
  readonly deletedTwice: 'deletes' | 'refuses';
  /** APIs that look at the last mention only of a partition that they name twice. */
  readonly lastMentionOnly: ReadonlySet<'Produce' | 'Fetch' | 'OffsetCommit' | 'DeleteRecords'>;
  /** Whether Produce reads and decompresses records that no rule of the topic asks about. */
  readonly producedRecords: 'checksum' | 'read';
  /** Defaults, limits and names of topic configs (KIP-1030 and KIP-724 changed some). */
  readonly topicConfigs: 'of 3.9' | 'of 4';
  /** By API key, where it is narrower than what Sluice has. */
  readonly versions: ReadonlyMap<number, VersionLimit | null>;
}

const ANY = 32_767;
const from = (min: number): VersionLimit => ({ min, max: ANY });
const upTo = (max: number): VersionLimit => ({ min: 0, max });

const KAFKA_3_9_VERSIONS: readonly (readonly [key: number, VersionLimit | null])[] = [
  [1, upTo(17)],
  [3, upTo(12)],
  [15, upTo(5)],
  [45, upTo(0)],
  [60, upTo(1)],
];

/** KIP-896 took what clients before 2.1 need. */
const KAFKA_4_VERSIONS: readonly (readonly [key: number, VersionLimit | null])[] = [
  // librdkafka up to 2.6 would take its absence for the absence of compression (KAFKA-18659).
  [0, { min: 3, max: ANY, advertisedMin: 0 }],
  [1, from(4)],
  [2, from(1)],
  [8, from(2)],
  [9, from(1)],
  [19, from(2)],
  [20, from(1)],
  [23, from(2)],
  [29, from(1)],
  [30, from(1)],
  [31, from(1)],
  [32, from(1)],
  [35, from(1)],
  [38, from(1)],
  [39, from(1)],
  [40, from(1)],
  [41, from(1)],
];

const FRIENDLY: Compatibility = {
  name: 'friendly',
  createdByMetadata: 'wait',
  refusedCreation: 'told',
  missingCoordinator: 'wait',
  deletedName: 'free at once',
  withoutTimeout: 'no row',
  createdTwice: 'two rows',
  grownTwice: 'two rows',
  deletedTwice: 'deletes',
  lastMentionOnly: new Set(),
  producedRecords: 'checksum',
  topicConfigs: 'of 3.9',
  versions: new Map(),
};

const KAFKA_3_9: Compatibility = {
  name: 'kafka-3.9',
  createdByMetadata: 'UNKNOWN_TOPIC_OR_PARTITION',
  refusedCreation: 'hidden',
  missingCoordinator: 'COORDINATOR_NOT_AVAILABLE',
  deletedName: 'free at once',
  withoutTimeout: 'every row',
  createdTwice: 'one row',
  grownTwice: 'one row',
  deletedTwice: 'refuses',
  lastMentionOnly: new Set(['Produce', 'Fetch', 'OffsetCommit', 'DeleteRecords']),
  producedRecords: 'read',
  topicConfigs: 'of 3.9',
  versions: new Map(KAFKA_3_9_VERSIONS),
};

const PROFILES: Readonly<Record<CompatibilityName, Compatibility>> = {
  friendly: FRIENDLY,
  'kafka-4': {
    ...KAFKA_3_9,
    name: 'kafka-4',
    topicConfigs: 'of 4',
    lastMentionOnly: new Set(['Produce', 'Fetch', 'DeleteRecords']),
    versions: new Map(KAFKA_4_VERSIONS),
  },
  'kafka-3.9': KAFKA_3_9,
  'kafka-3.9-zookeeper': {
    ...KAFKA_3_9,
    name: 'kafka-3.9-zookeeper',
    createdByMetadata: 'LEADER_NOT_AVAILABLE',
    refusedCreation: 'told',
    deletedName: 'taken for a while',
    withoutTimeout: 'rows that succeed',
    createdTwice: 'two rows',
    deletedTwice: 'deletes',
    versions: new Map([...KAFKA_3_9_VERSIONS, [75, null]]),
  },
};

export function compatibilityOf(name: CompatibilityName): Compatibility {
  return PROFILES[name];
}
