// If these break, a client of some version can't read the answer about its group: every handler is
// asked through the codec, at every version it advertises.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { Slices } from '../../base/slices.ts';
import { type CompatibilityName, compatibilityOf } from '../../config/index.ts';
import { decode, encode } from '../../protocol/codec/index.ts';
import { errorCode, KafkaError } from '../../protocol/errors.ts';
import * as messages from '../../protocol/messages/index.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../../protocol/schema/index.ts';
import { GroupHarness } from '../coordinator/group/testing/group-harness.ts';
import { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { emptySnapshot, type TopicMetadata } from '../metadata/cluster-snapshot.ts';
import type { Api } from '../network/api.ts';
import type { Complaint } from '../network/complainer.ts';
import { Pending } from '../network/pending.ts';
import type { RequestContext } from '../network/request-context.ts';
import { Session } from '../network/session.ts';
import { operationBits, type ResourceType } from '../security/rights.ts';
import { offsetCommitApi } from './08-offset-commit.ts';
import { offsetFetchApi } from './09-offset-fetch.ts';
import { findCoordinatorApi } from './10-find-coordinator.ts';
import { joinGroupApi } from './11-join-group.ts';
import { heartbeatApi } from './12-heartbeat.ts';
import { leaveGroupApi } from './13-leave-group.ts';
import { syncGroupApi } from './14-sync-group.ts';
import { describeGroupsApi } from './15-describe-groups.ts';
import { listGroupsApi } from './16-list-groups.ts';
import { deleteGroupsApi } from './42-delete-groups.ts';
import { offsetDeleteApi } from './47-offset-delete.ts';

const MAX_HOPS = 20;

class Apis {
  readonly group: GroupHarness;
  readonly metadata = new ClusterMetadata(silentLogger, 'cluster');
  readonly closers: (() => void)[] = [];
  endpoint: { nodeId: number; host: string; port: number } | undefined = {
    nodeId: 3,
    host: 'here',
    port: 1234,
  };
  ensure: () => Promise<'was there' | 'made'> = async () => 'was there';
  readonly complaints: string[] = [];
  readonly #apis = new Map<number, Api>();

  constructor(group: GroupHarness, profile: CompatibilityName = 'friendly') {
    this.group = group;
    const { coordinator, clock } = group;
    const { metadata } = this;
    const partitions = [0, 1].map((index) => ({
      index,
      leader: 3,
      leaderEpoch: 0,
      replicas: [3],
      isr: [3],
      offlineReplicas: [],
    }));
    const topic: TopicMetadata = { name: 'topic', id: 'id', internal: false, partitions };
    const topics = new Map([['topic', topic]]);
    metadata.publish(
      { ...emptySnapshot('cluster'), topics },
      {
        topics: new Set(['topic']),
        deletedTopics: new Map(),
        topicConfigs: new Set(),
        brokerConfigs: false,
        brokers: false,
      },
    );
    const compatibility = compatibilityOf(profile);
    for (const api of [
      offsetCommitApi({ coordinator, metadata, compatibility }),
      offsetFetchApi({ coordinator }),
      findCoordinatorApi({
        clock,
        coordinator,
        compatibility,
        ensureOffsetsTopic: () => this.ensure(),
        endpointOf: () => this.endpoint,
        ownEndpoint: () => this.endpoint,
      }),
      joinGroupApi({ coordinator }),
      heartbeatApi({ coordinator }),
      leaveGroupApi({ coordinator }),
      syncGroupApi({ coordinator }),
      describeGroupsApi({ coordinator }),
      listGroupsApi({ coordinator }),
      deleteGroupsApi({ coordinator }),
      offsetDeleteApi({ coordinator, metadata }),
    ]) {
      this.#apis.set(api.key, api);
    }
  }

  versions(key: number): number[] {
    const { min, max } = this.#api(key).versions;
    return Array.from({ length: max - min + 1 }, (_, index) => min + index);
  }

  /** The answer after a trip through both codecs; undefined while it is parked. */
  async ask<Q extends Fields, S extends Fields>(
    pair: readonly [MessageSchema<Q>, MessageSchema<S>],
    version: number,
    input: InputOf<Q>,
  ): Promise<ValueOf<S> | undefined> {
    const api = this.#api(pair[0].apiKey);
    const request = decode(pair[0], version, Buffer.concat(encode(pair[0], version, input)));
    const answer = api.handle(this.#context(version), request);
    let response: unknown;
    const receive = (value: unknown) => {
      response = value;
    };
    if (answer instanceof Pending) {
      answer.deliverTo({ respond: receive, fail: receive });
    } else {
      void Promise.resolve(answer).then(receive, receive);
    }
    for (let hop = 0; hop < MAX_HOPS && response === undefined; hop++) await undefined;
    this.group.turn();
    for (let hop = 0; hop < MAX_HOPS && response === undefined; hop++) await undefined;
    if (response === undefined) return undefined;
    return this.#read(pair[1], version, response);
  }

  /** The answer to a failure of the broker itself. */
  failure<Q extends Fields, S extends Fields>(
    pair: readonly [MessageSchema<Q>, MessageSchema<S>],
    version: number,
    input: InputOf<Q>,
  ): ValueOf<S> {
    const request = decode(pair[0], version, Buffer.concat(encode(pair[0], version, input)));
    const error = new KafkaError('UNKNOWN_SERVER_ERROR', 'test');
    const api = this.#api(pair[0].apiKey);
    return this.#read(pair[1], version, api.errorResponse(this.#context(version), request, error));
  }

  #read<S extends Fields>(schema: MessageSchema<S>, version: number, response: unknown) {
    assert.ok(typeof response === 'object' && response !== null && !(response instanceof Error));
    const input = response as InputOf<S>;
    return decode(schema, version, Buffer.concat(encode(schema, version, input)));
  }

  #api(key: number): Api {
    const api = this.#apis.get(key);
    assert.ok(api !== undefined);
    return api;
  }

  #context(apiVersion: number): RequestContext {
    return {
      session: new Session(1, 'PLAINTEXT', {
        remote: { host: '127.0.0.1', port: 5 },
        local: { host: '127.0.0.1', port: 9 },
      }),
      complain: ({ sentence }: Complaint) => {
        this.complaints.push(sentence);
      },
      apiKey: 0,
      apiVersion,
      correlationId: 1,
      clientId: 'client',
      receivedAtMs: 0,
      requestSize: 0,
      abandoned: false,
      onClose: (callback: () => void) => this.closers.push(callback),
      onSent() {},
      authorize: () => true,
      authorizedOperations: (resource: ResourceType) => operationBits(resource, () => true),
      throttle() {},
      slices: new Slices(this.group.clock),
      cause: { of: 'test', step: 'handle' },
      hold: () => () => {},
    } as unknown as RequestContext;
  }
}

const JOIN = [messages.JoinGroupRequest, messages.JoinGroupResponse] as const;
const SYNC = [messages.SyncGroupRequest, messages.SyncGroupResponse] as const;
const HEARTBEAT = [messages.HeartbeatRequest, messages.HeartbeatResponse] as const;
const LEAVE = [messages.LeaveGroupRequest, messages.LeaveGroupResponse] as const;
const COMMIT = [messages.OffsetCommitRequest, messages.OffsetCommitResponse] as const;
const FETCH = [messages.OffsetFetchRequest, messages.OffsetFetchResponse] as const;
const FIND = [messages.FindCoordinatorRequest, messages.FindCoordinatorResponse] as const;
const DESCRIBE = [messages.DescribeGroupsRequest, messages.DescribeGroupsResponse] as const;
const LIST = [messages.ListGroupsRequest, messages.ListGroupsResponse] as const;
const DELETE = [messages.DeleteGroupsRequest, messages.DeleteGroupsResponse] as const;
const OFFSET_DELETE = [messages.OffsetDeleteRequest, messages.OffsetDeleteResponse] as const;

async function start(): Promise<Apis> {
  return new Apis(await GroupHarness.started());
}

const joinInput = {
  groupId: 'group',
  sessionTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
};

test('JoinGroup at every version: success, the id required from v4 on, and refusals that encode', async () => {
  for (const version of (await start()).versions(11)) {
    const apis = await start();
    const first = (await apis.ask(JOIN, version, joinInput))!;
    const isRequired = version >= 4;
    assert.equal(first.errorCode, isRequired ? errorCode('MEMBER_ID_REQUIRED') : 0, `v${version}`);
    assert.equal(first.generationId, isRequired ? -1 : 1);
    assert.equal(first.protocolName, isRequired ? (version >= 7 ? null : '') : 'range');
    if (!isRequired) continue;
    const second = (await apis.ask(JOIN, version, { ...joinInput, memberId: first.memberId }))!;
    assert.deepEqual(
      [second.errorCode, second.generationId, second.leader],
      [0, 1, first.memberId],
    );
    assert.equal(second.protocolType, version >= 7 ? 'consumer' : null);
    assert.equal(second.members[0]?.metadata.toString(), 'm');
    assert.equal(apis.failure(JOIN, version, joinInput).errorCode, -1);
  }
});

test('JoinGroup v0 takes the session timeout for the rebalance timeout', async () => {
  const apis = await start();
  const { ids } = apis.group.stable(1);
  apis.group.clock.advance(1);
  assert.equal(await apis.ask(JOIN, 0, joinInput), undefined);
  const described = apis.group.coordinator.describe('group');
  assert.equal(described.members.length, 2);
  assert.equal(described.members[1]?.clientHost, '/127.0.0.1');
  // The client hangs up, and with it goes the member that never knew its id.
  assert.equal(apis.closers.length, 1);
  apis.closers[0]?.();
  assert.equal(apis.group.coordinator.describe('group').members.length, 1);
  assert.equal(apis.group.join(ids[0]!).result.members.length, 1);
});

test('SyncGroup, Heartbeat and LeaveGroup at every version', async () => {
  const versions = (await start()).versions(14);
  for (const version of versions) {
    const apis = await start();
    const { memberId, generation } = apis.group.join('').result;
    const protocol = { protocolType: 'consumer', protocolName: 'range' };
    const sync = { groupId: 'group', generationId: generation, memberId };
    const assignments = [{ memberId, assignment: Buffer.from('mine') }];
    const synced = (await apis.ask(SYNC, version, { ...sync, ...protocol, assignments }))!;
    assert.deepEqual([synced.errorCode, synced.assignment.toString()], [0, 'mine']);
    assert.equal(synced.protocolName, version >= 5 ? 'range' : null);
    if (version >= 5) {
      const without = (await apis.ask(SYNC, version, sync))!;
      assert.equal(without.errorCode, errorCode('INCONSISTENT_GROUP_PROTOCOL'));
    }
    assert.equal(apis.failure(SYNC, version, sync).errorCode, -1);

    const heartbeatVersion = Math.min(version, 4);
    const beat = { groupId: 'group', generationId: generation, memberId };
    assert.equal((await apis.ask(HEARTBEAT, heartbeatVersion, beat))?.errorCode, 0);
    assert.equal(apis.failure(HEARTBEAT, heartbeatVersion, beat).errorCode, -1);

    const members = [{ memberId }, { memberId: 'stranger', groupInstanceId: 'i' }];
    const leave = version >= 3 ? { groupId: 'group', members } : { groupId: 'group', memberId };
    const left = (await apis.ask(LEAVE, version, leave))!;
    assert.equal(left.errorCode, 0);
    if (version >= 3) {
      const rows = left.members.map((row) => [row.memberId, row.groupInstanceId, row.errorCode]);
      const unknown = errorCode('UNKNOWN_MEMBER_ID');
      assert.deepEqual(rows, [
        [memberId, null, 0],
        ['stranger', 'i', unknown],
      ]);
    } else {
      const twice = (await apis.ask(LEAVE, version, leave))!;
      assert.equal(twice.errorCode, errorCode('UNKNOWN_MEMBER_ID'));
    }
    assert.equal(apis.failure(LEAVE, version, leave).errorCode, -1);
  }
});

const commitInput = {
  groupId: 'group',
  topics: [
    {
      name: 'topic',
      partitions: [
        { partitionIndex: 0, committedOffset: 5, committedMetadata: 'note' },
        { partitionIndex: 7, committedOffset: 5, committedMetadata: null },
        { partitionIndex: 1, committedOffset: 6, committedMetadata: null },
      ],
    },
    { name: 'unknown', partitions: [{ partitionIndex: 0, committedOffset: 1 }] },
  ],
};

test('OffsetCommit at every version commits what exists and names what does not', async () => {
  const unknown = errorCode('UNKNOWN_TOPIC_OR_PARTITION');
  for (const version of (await start()).versions(8)) {
    const apis = await start();
    apis.group.log.holds = true;
    assert.equal(await apis.ask(COMMIT, version, commitInput), undefined, 'not yet durable');
    apis.group.log.holds = false;
    apis.group.log.commitHeld();
    assert.deepEqual(
      [0, 1].map((one) => apis.group.committed('topic', one)),
      [5, 6],
    );
    const tooLong = 'x'.repeat(5_000);
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: tooLong }];
    const refused = (await apis.ask(COMMIT, version, {
      ...commitInput,
      topics: [{ name: 'topic', partitions }, commitInput.topics[1]!],
    }))!;
    assert.deepEqual(
      refused.topics.map(({ name, partitions: rows }) => [name, rows.map((row) => row.errorCode)]),
      [
        ['topic', [errorCode('OFFSET_METADATA_TOO_LARGE')]],
        ['unknown', [unknown]],
      ],
    );
    const failure = apis.failure(COMMIT, version, commitInput);
    assert.deepEqual(
      failure.topics[0]?.partitions.map((row) => row.errorCode),
      [-1, -1, -1],
    );
  }
});

test('OffsetCommit of a lost generation is 22 up to v8 and 69 from v9 on', async () => {
  const apis = await start();
  const input = { ...commitInput, generationIdOrMemberEpoch: 4, memberId: 'm' };
  for (const [version, error] of [
    [8, 'ILLEGAL_GENERATION'],
    [9, 'GROUP_ID_NOT_FOUND'],
  ] as const) {
    const answer = (await apis.ask(COMMIT, version, input))!;
    const codes = answer.topics[0]?.partitions.map((row) => row.errorCode);
    assert.deepEqual(codes, [errorCode(error), 3, errorCode(error)]);
  }
});

test('OffsetFetch at every version: -1 for nothing committed, all topics, and several groups', async () => {
  const apis = await start();
  apis.group.commit(5, { groupId: 'group' });
  apis.group.turn();
  const topics = [{ name: 'topic', partitionIndexes: [0, 1] }];
  for (const version of apis.versions(9)) {
    if (version >= 8) {
      const groups = [
        { groupId: 'group', topics: null },
        { groupId: 'other', topics },
      ];
      const answer = (await apis.ask(FETCH, version, { groups }))!;
      assert.deepEqual(
        answer.groups.map((group) => [
          group.groupId,
          group.errorCode,
          group.topics[0]?.partitions.map((row) => row.committedOffset),
        ]),
        [
          ['group', 0, [5]],
          ['other', 0, [-1, -1]],
        ],
      );
      assert.deepEqual(
        apis.failure(FETCH, version, { groups }).groups.map((row) => row.errorCode),
        [-1, -1],
      );
      continue;
    }
    const answer = (await apis.ask(FETCH, version, { groupId: 'group', topics }))!;
    assert.deepEqual(
      answer.topics[0]?.partitions.map((row) => [row.committedOffset, row.errorCode]),
      [
        [5, 0],
        [-1, version === 0 ? errorCode('UNKNOWN_TOPIC_OR_PARTITION') : 0],
      ],
    );
    if (version >= 2) {
      const all = (await apis.ask(FETCH, version, { groupId: 'group', topics: null }))!;
      assert.equal(all.topics[0]?.partitions.length, 1);
    }
    const failure = apis.failure(FETCH, version, { groupId: 'group', topics });
    const code = version < 2 ? failure.topics[0]?.partitions[0]?.errorCode : failure.errorCode;
    assert.equal(code, -1);
  }
});

test('OffsetFetch without a coordinator says so where its version has room for it', async () => {
  const apis = await start();
  apis.group.coordinator.runtime.onResignation(0, 1);
  const topics = [{ name: 'topic', partitionIndexes: [0] }];
  const old = (await apis.ask(FETCH, 1, { groupId: 'group', topics }))!;
  assert.equal(old.topics[0]?.partitions[0]?.errorCode, errorCode('NOT_COORDINATOR'));
  const middle = (await apis.ask(FETCH, 5, { groupId: 'group', topics }))!;
  assert.deepEqual([middle.errorCode, middle.topics], [errorCode('NOT_COORDINATOR'), []]);
  const batched = (await apis.ask(FETCH, 8, { groups: [{ groupId: 'group', topics }] }))!;
  assert.equal(batched.groups[0]?.errorCode, errorCode('NOT_COORDINATOR'));
});

test('FindCoordinator at every version, one key or several', async () => {
  const apis = await start();
  let created = 0;
  apis.ensure = async () => {
    created++;
    return 'made';
  };
  for (const version of apis.versions(10)) {
    const input = version >= 4 ? { coordinatorKeys: ['a', 'b'] } : { key: 'a' };
    const answer = (await apis.ask(FIND, version, input))!;
    const rows = version >= 4 ? answer.coordinators : [answer];
    assert.equal(rows.length, version >= 4 ? 2 : 1);
    for (const row of rows) {
      assert.deepEqual([row.errorCode, row.nodeId, row.host, row.port], [0, 3, 'here', 1234]);
    }
    const failure = apis.failure(FIND, version, input);
    assert.equal(version >= 4 ? failure.coordinators[1]?.errorCode : failure.errorCode, -1);
  }
  assert.equal(created, apis.versions(10).length, 'the topic is made sure of each time');
  const { pendingTimers } = apis.group.clock;
  assert.equal(pendingTimers, 1, 'only the expiry of offsets is left');
});

test('FindCoordinator says what is missing: share groups, the topic, a leader', async () => {
  const apis = await start();
  const ask = async (keyType: number) => (await apis.ask(FIND, 3, { key: 'a', keyType }))!;
  const transaction = await ask(1);
  assert.deepEqual([transaction.errorCode, transaction.nodeId], [0, 3]);
  const share = await ask(2);
  assert.deepEqual(
    [share.errorCode, share.nodeId, share.port],
    [errorCode('INVALID_REQUEST'), -1, -1],
  );
  assert.ok(share.errorMessage);
  apis.ensure = () => Promise.reject(new Error('no disk'));
  assert.equal((await ask(0)).errorCode, errorCode('COORDINATOR_NOT_AVAILABLE'));
  apis.ensure = async () => 'was there';
  apis.endpoint = undefined;
  assert.equal((await ask(0)).errorCode, errorCode('COORDINATOR_NOT_AVAILABLE'));
});

test('FindCoordinator waits for a partition that is being loaded, but not for ever', async () => {
  const group = new GroupHarness();
  group.log.holdsLoads = true;
  await group.elect();
  const apis = new Apis(group);
  let isAnswered = false;
  const answer = apis.ask(FIND, 3, { key: 'a' }).then((result) => {
    isAnswered = result !== undefined;
  });
  await answer;
  assert.ok(!isAnswered);
  await group.clock.advanceAndSettle(1_000);
  assert.equal(group.clock.pendingTimers, 1);
});

test('FindCoordinator does not wait where Kafka would not: the group says that it is being loaded', async () => {
  const group = new GroupHarness();
  group.log.holdsLoads = true;
  await group.elect();
  const apis = new Apis(group, 'kafka-4');
  const timers = group.clock.pendingTimers;
  assert.equal((await apis.ask(FIND, 3, { key: 'group' }))?.errorCode, 0);
  const joined = await apis.ask(JOIN, 3, {
    ...joinInput,
    memberId: '',
    rebalanceTimeoutMs: 10_000,
  });
  assert.equal(joined?.errorCode, errorCode('COORDINATOR_LOAD_IN_PROGRESS'));
  apis.ensure = async () => 'made';
  const first = await apis.ask(FIND, 3, { key: 'group' });
  assert.equal(first?.errorCode, errorCode('COORDINATOR_NOT_AVAILABLE'));
  assert.equal(group.clock.pendingTimers, timers);
});

test('DescribeGroups, ListGroups and DeleteGroups at every version', async () => {
  const apis = await start();
  apis.group.stable(1);
  apis.group.commit(1, { groupId: 'simple' });
  apis.group.turn();
  for (const version of apis.versions(15)) {
    const input = {
      groups: ['group', 'nobody'],
      ...(version >= 3 ? { includeAuthorizedOperations: true } : {}),
    };
    const { groups } = (await apis.ask(DESCRIBE, version, input))!;
    const [known, unknown] = groups;
    assert.deepEqual(
      [known?.errorCode, known?.groupState, known?.protocolData],
      [0, 'Stable', 'range'],
    );
    assert.equal(known?.members[0]?.memberAssignment.toString(), 'assignment of 0');
    assert.equal(known?.authorizedOperations, version >= 3 ? 328 : -2147483648);
    assert.equal(unknown?.groupState, 'Dead');
    assert.equal(unknown?.errorCode, version >= 6 ? errorCode('GROUP_ID_NOT_FOUND') : 0);
    assert.equal(apis.failure(DESCRIBE, version, input).groups.length, 2);
  }
  for (const version of apis.versions(16)) {
    const all = (await apis.ask(LIST, version, {}))!;
    assert.deepEqual(
      all.groups.map((row) => [row.groupId, row.protocolType]),
      [
        ['group', 'consumer'],
        ['simple', ''],
      ],
    );
    assert.equal(all.groups[0]?.groupState, version >= 4 ? 'Stable' : '');
    if (version >= 4) {
      const listed = async (filter: { statesFilter?: string[]; typesFilter?: string[] }) =>
        (await apis.ask(LIST, version, filter))!.groups.map((row) => row.groupId);
      assert.deepEqual(await listed({ statesFilter: ['stable'] }), ['group']);
      assert.deepEqual(await listed({ statesFilter: ['EMPTY', 'dead'] }), ['simple']);
      if (version >= 5) {
        assert.deepEqual(await listed({ typesFilter: ['Classic'] }), ['group', 'simple']);
        assert.deepEqual(await listed({ typesFilter: ['consumer'] }), []);
      }
    }
    assert.equal(apis.failure(LIST, version, {}).errorCode, -1);
  }
  for (const version of apis.versions(42)) {
    apis.group.commit(1, { groupId: `gone-${version}` });
    apis.group.turn();
    const input = { groupsNames: ['group', 'nobody', 'nobody', `gone-${version}`] };
    apis.group.log.holds = true;
    assert.equal(await apis.ask(DELETE, version, input), undefined, 'not yet durable');
    apis.group.log.holds = false;
    apis.group.log.commitHeld();
    assert.equal(apis.group.state(`gone-${version}`), 'Dead');
    apis.group.commit(1, { groupId: `gone-${version}` });
    apis.group.turn();
    const answer = (await apis.ask(DELETE, version, input))!;
    assert.deepEqual(
      answer.results.map((row) => [row.groupId, row.errorCode]),
      [
        ['group', errorCode('NON_EMPTY_GROUP')],
        ['nobody', errorCode('GROUP_ID_NOT_FOUND')],
        [`gone-${version}`, 0],
      ],
    );
    assert.equal(apis.failure(DELETE, version, input).results.length, 4);
  }
});

test('OffsetDelete names partitions that do not exist, and the group that does not', async () => {
  const apis = await start();
  const topics = [
    { name: 'topic', partitions: [{ partitionIndex: 9 }] },
    { name: 'unknown', partitions: [{ partitionIndex: 0 }] },
  ];
  const none = (await apis.ask(OFFSET_DELETE, 0, { groupId: 'group', topics }))!;
  assert.deepEqual([none.errorCode, none.topics], [errorCode('GROUP_ID_NOT_FOUND'), []]);
  apis.group.commit(1);
  apis.group.turn();
  const answer = (await apis.ask(OFFSET_DELETE, 0, { groupId: 'group', topics }))!;
  const rows = answer.topics.map((row) => [row.name, row.partitions[0]?.errorCode]);
  assert.deepEqual(rows, [
    ['topic', 3],
    ['unknown', 3],
  ]);
  assert.equal(apis.failure(OFFSET_DELETE, 0, { groupId: 'group', topics }).errorCode, -1);
});

test('a member that does not fit into its group is logged, with what it brought', async () => {
  const apis = await start();
  apis.group.join('');
  const misfit = {
    groupId: 'group',
    memberId: '',
    protocolType: 'connect',
    protocols: [{ name: 'sessioned', metadata: Buffer.alloc(0) }],
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
  };
  const answer = await apis.ask(JOIN, 3, misfit);
  assert.equal(answer?.errorCode, errorCode('INCONSISTENT_GROUP_PROTOCOL'));
  assert.deepEqual(apis.complaints, [
    "refused a member of group 'group': INCONSISTENT_GROUP_PROTOCOL, with protocol type 'connect', assignors sessioned and a session timeout of 10000 ms",
  ]);
});
