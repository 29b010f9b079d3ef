import type { Json } from './normalise.ts';

/** A difference that is meant; docs/deviations.md tells users of it in its own words. */
export interface ExpectedDifference {
  /** The probe's name, or 'any'. */
  readonly probe: string;
  /** Matches the paths of the difference. */
  readonly path: RegExp;
  /** What Kafka answers there, where only that answer is meant. */
  readonly kafka?: Json;
  readonly reason: string;
}

const TRANSACTIONS = 'there are no transactions yet';
const ZOOKEEPER_MODE = 'as Kafka 3.9 answers in ZooKeeper mode';
const NOTHING_WRITTEN =
  'a set without one whole message is an error: Kafka would say that it was written, and it is lost';
const KRAFT = 'a KRaft broker has no ZooKeeper to keep the offsets of that version in';

export const expectedDifferences: readonly ExpectedDifference[] = [
  {
    probe: 'any',
    path: /\.abortedTransactions$/,
    kafka: [],
    reason: 'null as with every other answer: Kafka has an empty list beside some errors',
  },
  {
    probe: 'any',
    path: /(^|\.)records$/,
    kafka: null,
    reason: 'empty records beside an error: several clients fail on null (KAFKA-18646)',
  },
  {
    probe: 'api versions: the ranges',
    path: /^(2|22)$/,
    reason: 'versions for tiered storage and transactions are not offered yet',
  },
  {
    probe: 'api versions: the ranges',
    path: /^(17|2[4-8]|3[46]|49|5[15]|6[489]|74|8[01])$/,
    reason: 'APIs of later releases: SASL, transactions, quotas that are set, KRaft',
  },
  {
    probe: 'metadata: by topic id',
    path: /^v12\.zeroId\./,
    reason: 'Kafka fails on a topic with neither name nor id',
  },
  {
    probe: 'create topics: validate only',
    path: /topicId$/,
    reason: `${ZOOKEEPER_MODE}: no id for a topic that is not made`,
  },
  {
    probe: 'create topics: configs that cannot be',
    path: /topicId$/,
    reason: `${ZOOKEEPER_MODE}: no id for a topic that is not made`,
  },
  { probe: 'create topics: numbers that cannot be', path: /^0\/0\./, reason: ZOOKEEPER_MODE },
  {
    probe: 'create topics: names',
    path: /^(collision within a request\.|internal\.topics\.0\.topicId)/,
    reason: ZOOKEEPER_MODE,
  },
  {
    probe: 'configs: the answer at every version',
    path: /^v0\..*isDefault$/,
    reason: 'Kafka 3.9 has lost this field of v0',
  },
  {
    probe: 'configs: incremental changes',
    path: /^operation9\./,
    reason: 'Kafka fails on an operation that does not exist',
  },
  { probe: 'configs: incremental changes', path: /^badTopic\./, reason: ZOOKEEPER_MODE },
  {
    probe: 'configs: replacing all',
    path: /^resourceTwice$/,
    reason: 'Kafka never answers',
  },
  {
    probe: 'configs: of the broker',
    path: /^unknownKey\./,
    reason: 'Kafka keeps unknown keys for plugins, of which there are none here',
  },
  {
    probe: 'configs: the keys of the broker, with types and defaults',
    path: /^(transaction\.state\.log\.|log\.cleaner\.dedupe|controller\.|process\.roles|advertised\.listeners|inter\.broker\.listener|listener\.security)/,
    reason: 'what the Kafka of this comparison is started with, or knows from its listeners',
  },
  {
    probe: 'configs: the keys of the broker, with types and defaults',
    path: /^no\.such\.key$/,
    reason: 'Kafka keeps unknown keys for plugins, of which there are none here',
  },
  {
    probe: 'configs: every key of a topic, with synonyms and types',
    path: /^flush\.policy$/,
    reason: 'a key of ours',
  },
  {
    probe: 'configs: the keys of the broker, with types and defaults',
    path: /^(compatibility|log\.dirs\.lost|log\.flush\.policy|log\.disk\.reserved\.bytes|log\.unsynced\.max\.bytes|socket\.response\.max\.bytes)$/,
    reason: 'a key of ours',
  },
  {
    probe: 'configs: the keys of the broker, with types and defaults',
    path: /^log\.dir$/,
    reason: 'data lies beside the program, not in a folder that a restart empties',
  },
  {
    probe: 'produce: headers that contradict the batch',
    path: /^transactional\./,
    reason: TRANSACTIONS,
  },
  {
    probe: 'produce: headers that contradict the batch',
    path: /^codec[57]\./,
    reason: 'Kafka fails on a codec that does not exist',
  },
  {
    probe: 'produce: headers that contradict the batch',
    path: /^lengthTooShort\./,
    reason: 'bytes behind the one batch are refused',
  },
  { probe: 'produce: bytes that are no batch', path: /^null\./, reason: 'Kafka never answers' },
  {
    probe: 'produce: bytes that are no batch',
    path: /^(bytesAfter|partOfAnotherAfter)\./,
    reason: 'bytes behind the one batch are refused, where Kafka drops them',
  },
  {
    probe: 'produce: bytes that are no batch',
    path: /^zeros\.row\.errorCode$/,
    reason: 'a length of zero is no batch at all',
  },
  {
    probe: 'produce: damaged records behind a codec',
    path: /\.damagedWithin\./,
    reason: 'records that no consumer can read are refused; Kafka steps over these lengths',
  },
  {
    probe: 'produce: damaged records behind a codec',
    path: /\.(noStream|cutWithin|offsetsWithin)\.row\.errorCode$/,
    reason: 'refused by name, where Kafka fails on what it decompresses',
  },
  {
    probe: 'produce: acks and timeouts',
    path: /^noPartitions\./,
    reason: 'a topic without partitions is answered as such',
  },
  { probe: 'legacy produce: sets that cannot be', path: /^null\./, reason: 'Kafka never answers' },
  {
    probe: 'legacy produce: sets that cannot be',
    path: /^(empty|cutOff|short)\.row\./,
    reason: NOTHING_WRITTEN,
  },
  {
    probe: 'legacy produce: sets that cannot be',
    path: /^magic1ThenBatch\.row\.errorCode$/,
    reason: 'both refuse, for other reasons',
  },
  {
    probe: 'legacy damage: plain sets that are cut off',
    path: /^magic [01]\.first cut at \d+\.row\./,
    reason: NOTHING_WRITTEN,
  },
  {
    probe: 'legacy damage: compressed messages as a whole',
    path: /^magic [01]\..* cut off\.row\./,
    reason: NOTHING_WRITTEN,
  },
  {
    probe: 'legacy damage: batches of today by codec at old versions',
    path: /^v[012]\.zstd\./,
    reason: 'zstd is refused to versions that do not know it; Kafka refuses it at v3 to v6 only',
  },
  {
    probe: 'legacy produce: sets that cannot be',
    path: /^veryNegativeTimestamp\./,
    reason: 'Kafka fails on a time below -1 in this format, not in the newer one',
  },
  {
    probe: 'legacy fetch: batches larger than the limit',
    path: /^v[012]\.size$/,
    reason:
      'a part of a message tells an old client to raise its limit, as brokers of its time did',
  },
  {
    probe: 'legacy fetch: batches larger than the limit',
    path: /^v3\.size$/,
    reason: 'converted records are not padded to the size they had',
  },
  {
    probe: 'idempotence: sequences',
    path: /\.logAppendTimeMs$/,
    reason: 'a duplicate is answered as the first was; Kafka answers a time that it did not give',
  },
  {
    probe: 'idempotence: epochs',
    path: /\.logAppendTimeMs$/,
    reason: 'a duplicate is answered as the first was; Kafka answers a time that it did not give',
  },
  {
    probe: 'idempotence: sequences wrap',
    path: /\.logAppendTimeMs$/,
    reason: 'a duplicate is answered as the first was; Kafka answers a time that it did not give',
  },
  {
    probe: 'numbers: producer ids at the ends of 64 bits',
    path: /\.logAppendTimeMs$/,
    reason: 'a duplicate is answered as the first was; Kafka answers a time that it did not give',
  },
  {
    probe: 'idempotence: unknown producers and numbers that cannot be',
    path: /^(negativeEpoch|noProducerWithSequence|epochOfNobody|end)\./,
    reason: 'producer ids and epochs below zero are refused; Kafka stores some of them',
  },
  {
    probe: 'fetch: topics deleted while a fetch waits',
    path: /^byId$/,
    reason: 'by id the topic is unknown by its id',
  },
  {
    probe: 'fetch sessions: by topic id, and a topic that comes and goes',
    path: /^(deleted|madeAnew)\..*errorCode$/,
    reason: 'by id the topic is unknown by its id',
  },
  {
    probe: 'fetch sessions: partitions take turns',
    path: /^rounds\./,
    reason: 'turns begin with the first answer, in Kafka with the second',
  },
  {
    probe: 'list offsets: LogAppendTime, records without a time, equal times',
    path: /^timeless\.-3\./,
    reason: 'records without times have no latest time; Kafka names the first of them',
  },
  {
    probe: 'list offsets: what does not exist, epochs, replicas, twice',
    path: /^v0\.twice\./,
    reason: 'a partition asked for twice is refused at v0, too',
  },
  { probe: 'offsets: commit and fetch at every version', path: /\.v0\./, reason: KRAFT },
  {
    probe: 'offsets: commits of members and to groups with members',
    path: /^simpleV0\./,
    reason: KRAFT,
  },
  {
    probe: 'offsets: several groups in one request',
    path: /\.none$/,
    reason: 'Kafka never answers a request for no group',
  },
  {
    probe: 'offsets: what can be committed',
    path: /^noPartitions\./,
    reason: 'a topic without partitions is answered as such',
  },
  {
    probe: 'group admin: find the coordinator',
    path: /^versions\.v6\.type2\./,
    reason: 'no share groups: a fatal error at once, where Kafka lets the client ask for ever',
  },
  {
    probe: 'elections: preferred and unclean ones',
    path: /\.all(Unclean)?\.replicaElectionResults$/,
    reason: `${ZOOKEEPER_MODE}: only what was elected or could not be`,
  },
  {
    probe: 'reassignments: to the broker that has it, and to others',
    path: /^cancelUnknown\./,
    reason: ZOOKEEPER_MODE,
  },
  { probe: 'features: none can be set', path: /errorCode$/, reason: ZOOKEEPER_MODE },
  {
    probe: 'quotas: of nobody',
    path: /\.(default|any)WithName\./,
    reason: ZOOKEEPER_MODE,
  },
  {
    probe: 'topic partitions: topics that do not exist or cannot',
    path: /^bad\./,
    reason: 'Kafka fails on a name that cannot be',
  },
];
