import type { MessageOf } from '../schema/index.ts';
import {
  array,
  exactInt64,
  int8,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  struct,
  uuid,
} from '../schema/index.ts';

export const FetchRequest = message({
  apiKey: 1,
  name: 'Fetch',
  type: 'request',
  validVersions: '0-18',
  flexibleVersions: '12+',
  fields: {
    clusterId: string('12+', {
      default: null,
      nullable: '12+',
      ignorable: true,
      tag: 0,
      taggedVersions: '12+',
    }),
    replicaId: int32('0-14', {
      about: 'The follower that asks, or -1 for a consumer.',
      default: -1,
    }),
    replicaState: struct(
      '15+',
      {
        replicaId: int32('15+', { default: -1 }),
        replicaEpoch: exactInt64('15+', { default: -1 }),
      },
      { tag: 1, taggedVersions: '15+' },
    ),
    maxWaitMs: int32('0+'),
    minBytes: int32('0+'),
    maxBytes: int32('3+', {
      about: 'A limit for the whole response, which the first batch of it may exceed (KIP-74).',
      default: 0x7fffffff,
      ignorable: true,
    }),
    isolationLevel: int8('4+', {
      about: '0 reads to the high watermark, 1 to the last stable offset.',
      ignorable: true,
    }),
    sessionId: int32('7+', { about: '0 asks for a new session (KIP-227).', ignorable: true }),
    sessionEpoch: int32('7+', {
      about: '-1 wants no session, 0 a new one; then it counts the requests of the session.',
      default: -1,
      ignorable: true,
    }),
    topics: array('0+', {
      topic: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array('0+', {
        partition: int32('0+'),
        currentLeaderEpoch: int32('9+', {
          about: '-1 skips the check of the epoch (KIP-320).',
          default: -1,
          ignorable: true,
        }),
        fetchOffset: int64('0+'),
        lastFetchedEpoch: int32('12+', { default: -1 }),
        logStartOffset: int64('5+', {
          about: 'Set by followers only.',
          default: -1,
          ignorable: true,
        }),
        partitionMaxBytes: int32('0+'),
        // v18 has a tag for the high watermark that a follower knows (KIP-1166); it is skipped unread: its default,
        // 2^63 - 1, is no number here, and a leader without followers has no use for it.
        replicaDirectoryId: uuid('17+', { ignorable: true, tag: 0, taggedVersions: '17+' }),
      }),
    }),
    forgottenTopicsData: array('7+', {
      topic: string('7-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array('7+', 'int32'),
    }),
    rackId: string('11+', { ignorable: true }),
  },
});
export type FetchRequest = MessageOf<typeof FetchRequest>;

export const FetchResponse = message({
  apiKey: 1,
  name: 'Fetch',
  type: 'response',
  validVersions: '0-18',
  flexibleVersions: '12+',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('7+', { ignorable: true }),
    sessionId: int32('7+'),
    responses: array('0+', {
      topic: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        highWatermark: int64('0+'),
        lastStableOffset: int64('4+', {
          about: '-1 where the request reads uncommitted records.',
          default: -1,
          ignorable: true,
        }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        divergingEpoch: struct(
          '12+',
          { epoch: int32('12+', { default: -1 }), endOffset: int64('12+', { default: -1 }) },
          { tag: 0, taggedVersions: '12+' },
        ),
        currentLeader: struct(
          '12+',
          { leaderId: int32('12+', { default: -1 }), leaderEpoch: int32('12+', { default: -1 }) },
          { tag: 1, taggedVersions: '12+' },
        ),
        snapshotId: struct(
          '12+',
          { endOffset: int64('0+', { default: -1 }), epoch: int32('0+', { default: -1 }) },
          { tag: 2, taggedVersions: '12+' },
        ),
        abortedTransactions: array(
          '4+',
          { producerId: exactInt64('4+'), firstOffset: int64('4+') },
          { nullable: '4+', ignorable: true },
        ),
        preferredReadReplica: int32('11+', {
          about: 'The replica that a consumer should ask instead, or -1 (KIP-392).',
          default: -1,
        }),
        records: records('0+', {
          about:
            'Empty where there is nothing to send. Never send null: several clients fail on it.',
          nullable: '0+',
        }),
      }),
    }),
    nodeEndpoints: array(
      '16+',
      {
        nodeId: int32('16+'),
        host: string('16+'),
        port: int32('16+'),
        rack: string('16+', { default: null, nullable: '16+' }),
      },
      { tag: 0, taggedVersions: '16+' },
    ),
  },
});
export type FetchResponse = MessageOf<typeof FetchResponse>;
