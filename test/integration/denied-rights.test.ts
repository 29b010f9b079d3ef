// If this breaks, clients read, change or learn of what they have no right to, or get their denial where their
// library does not look for it.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { Metrics } from '../../src/base/metrics.ts';
import type { Endpoint } from '../../src/base/network.ts';
import { NodeClock } from '../../src/base/node/node-clock.ts';
import { NodeNetwork } from '../../src/base/node/node-network.ts';
import type { Api } from '../../src/broker/network/api.ts';
import { Dispatcher } from '../../src/broker/network/dispatcher.ts';
import { bindDoor } from '../../src/broker/network/door.ts';
import { defaultNetworkLimits } from '../../src/broker/network/limits.ts';
import { NetworkMetrics } from '../../src/broker/network/network-metrics.ts';
import { NetworkServer } from '../../src/broker/network/network-server.ts';
import type { Authorizer } from '../../src/broker/security/authorizer.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

/** Denies what it is told to, of the cluster and of everything that has "secret" in its name. */
class Denying implements Authorizer {
  denied = new Set<string>();
  readonly asked = new Set<string>();

  authorize(_who: unknown, operation: string, resource: string, name: string): boolean {
    return this.#ask(`${operation} ${resource}`, resource === 'CLUSTER' || /secret/.test(name));
  }

  authorizeAny(_who: unknown, operation: string, resource: string): boolean {
    return this.#ask(`${operation} ${resource}`, true);
  }

  /** READ at the code 3, and nothing else. */
  authorizedOperations(): number {
    return 1 << 3;
  }

  #ask(right: string, isGuarded: boolean): boolean {
    this.asked.add(right);
    return !(isGuarded && this.denied.has(right));
  }
}

type Body = Readonly<Record<string, unknown>>;

const authorizer = new Denying();
let broker: TestBroker;
let server: NetworkServer;
let address: Endpoint;
let client: RawClient;
let apis: readonly Api[] = [];
let secretId = '';

before(async () => {
  broker = await startTestBroker({
    config: { 'broker.id': '1' },
    onParts: (_parts, all) => {
      apis = all;
    },
  });
  // A second door to the same broker, which asks.
  const metrics = new NetworkMetrics(new Metrics());
  const ports = { clock: new NodeClock(), logger: silentLogger, metrics };
  server = new NetworkServer({
    ...ports,
    limits: defaultNetworkLimits,
    dispatcher: new Dispatcher({ ...ports, apis, authorizer }),
  });
  const door = await bindDoor(new NodeNetwork(), { name: 'PLAINTEXT', host: '127.0.0.1', port: 0 });
  server.open(door);
  address = door.local;
  client = await RawClient.connect(address);
  await createTopic(client, 'open');
  ({ topicId: secretId } = await createTopic(client, 'secret'));
  for (const topic of ['open', 'secret']) await produce(client, topic, batchOf(['value']));
  for (const groupId of ['open-group', 'secret-group']) {
    await call('FindCoordinator', { keyType: 0, coordinatorKeys: [groupId] });
    await call('OffsetCommit', { groupId, topics: committed });
  }
});
after(async () => {
  client.close();
  await server.shutdown({ graceMs: 0 });
  await broker.stop();
});
afterEach(() => {
  authorizer.denied = new Set();
});

const bothTopics = ['open', 'secret'];
const committed = bothTopics.map((name) => ({
  name,
  partitions: [{ partitionIndex: 0, committedOffset: 1 }],
}));

function apiOf(name: string): Api {
  const api = apis.find((one) => one.name === name);
  assert.ok(api, `there is no ${name}`);
  return api;
}

/** At the highest version, where none is named. */
function call(name: string, body: Body, version?: number): Promise<Body> {
  const { request, response, versions } = apiOf(name);
  return client.call(request, response, version ?? versions.max, body);
}

const NAMES = [
  'name',
  'topic',
  'topicName',
  'groupId',
  'resourceName',
  'transactionalId',
  'key',
  'partitionIndex',
  'partition',
  'partitionId',
  'index',
];

/** Every error code of a response after the names that lead to it, "topic/0 NONE"; of the whole only an error. */
function outcomes(value: unknown, path: readonly string[] = []): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => outcomes(one, path));
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return [];
  const fields = value as Body;
  const name = NAMES.map((field) => fields[field]).find((one) => one !== undefined);
  const here = name === undefined ? path : [...path, String(name)];
  const { errorCode } = fields;
  const isTold = typeof errorCode === 'number' && (errorCode !== 0 || here.length > 0);
  return [
    ...(isTold ? [`${here.join('/')} ${errorName(errorCode)}`.trim()] : []),
    ...Object.values(fields).flatMap((one) => outcomes(one, here)),
  ];
}

interface Case {
  readonly api: string;
  /** Denied together. */
  readonly deny: readonly string[];
  readonly body: Body | (() => Body);
  readonly version?: number;
  /** What `outcomes` finds in the answer. */
  readonly expect: readonly string[];
  /** What else the answer says, or does not. */
  readonly also?: (body: Body) => void;
}

const group = { groupId: 'secret-group', memberId: 'm', generationId: 1 };
const TOPIC = 'TOPIC_AUTHORIZATION_FAILED';
const GROUP = 'GROUP_AUTHORIZATION_FAILED';
const CLUSTER = 'CLUSTER_AUTHORIZATION_FAILED';
const TXN = 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';

const producing = {
  acks: 1,
  timeoutMs: 1000,
  topicData: bothTopics.map((name) => ({
    name,
    partitionData: [{ index: 0, records: batchOf(['value']) }],
  })),
};
const transactional = bothTopics.map((name) => ({
  name,
  partitionData: [
    {
      index: 0,
      records: batchOf(['value'], {
        transactional: true,
        producerId: 9,
        producerEpoch: 0,
        baseSequence: 0,
      }),
    },
  ],
}));
const fetching = {
  maxWaitMs: 0,
  maxBytes: 1000,
  topics: bothTopics.map((topic) => ({
    topic,
    partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }],
  })),
};
const configs = [
  { resourceType: 2, resourceName: 'open' },
  { resourceType: 2, resourceName: 'secret' },
  { resourceType: 4, resourceName: '1' },
];
const altered = configs.map((resource) => ({ ...resource, configs: [] }));
const newTopic = (name: string) => ({ name, numPartitions: 1, replicationFactor: 1 });

const ANY_ACL = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
const ACL = {
  resourceType: 2,
  resourceName: 'open',
  resourcePatternType: 3,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
};

function namesOf(rows: unknown, field = 'name'): unknown[] {
  return (rows as readonly Body[]).map((row) => row[field]);
}

// A Kafka 3.9.2 with AclAuthorizer answers the same, with such an ACL for each of these rights.
const cases: readonly Case[] = [
  {
    api: 'Produce',
    deny: ['WRITE TOPIC'],
    body: producing,
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'Produce',
    deny: ['WRITE TRANSACTIONAL_ID'],
    body: { ...producing, transactionalId: 'secret-id', topicData: transactional },
    expect: [`open/0 ${TXN}`, `secret/0 ${TXN}`],
  },
  {
    api: 'Fetch',
    deny: ['READ TOPIC'],
    version: 12,
    body: fetching,
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'Fetch',
    deny: ['CLUSTER_ACTION CLUSTER'],
    version: 12,
    body: { ...fetching, replicaId: 3 },
    expect: [`open/0 ${TOPIC}`, `secret/0 ${TOPIC}`],
  },
  {
    api: 'ListOffsets',
    deny: ['DESCRIBE TOPIC'],
    body: {
      topics: bothTopics.map((name) => ({
        name,
        partitions: [{ partitionIndex: 0, timestamp: -1 }],
      })),
    },
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'Metadata',
    deny: ['DESCRIBE TOPIC'],
    body: { topics: ['open', 'secret', 'secret-too'].map((name) => ({ name })) },
    expect: ['open NONE', 'open/0 NONE', `secret ${TOPIC}`, `secret-too ${TOPIC}`],
  },
  {
    api: 'Metadata',
    deny: ['DESCRIBE TOPIC'],
    body: () => ({ topics: [{ name: null, topicId: secretId }] }),
    expect: [`null ${TOPIC}`],
  },
  {
    api: 'Metadata',
    deny: ['DESCRIBE TOPIC'],
    body: { topics: null },
    expect: ['open NONE', 'open/0 NONE', '__consumer_offsets NONE'],
  },
  {
    api: 'Metadata',
    deny: ['CREATE CLUSTER', 'CREATE TOPIC'],
    body: {
      topics: ['open-made', 'secret-made'].map((name) => ({ name })),
      allowAutoTopicCreation: true,
    },
    expect: ['open-made NONE', 'open-made/0 NONE', `secret-made ${TOPIC}`],
  },
  {
    api: 'Metadata',
    deny: ['DESCRIBE CLUSTER'],
    version: 10,
    body: { topics: [], includeClusterAuthorizedOperations: true },
    expect: [],
    also: ({ clusterAuthorizedOperations }) => assert.equal(clusterAuthorizedOperations, 0),
  },
  {
    api: 'OffsetCommit',
    deny: ['READ GROUP'],
    body: { groupId: 'secret-group', topics: committed },
    expect: [`open/0 ${GROUP}`, `secret/0 ${GROUP}`],
  },
  {
    api: 'OffsetCommit',
    deny: ['READ TOPIC'],
    body: { groupId: 'open-group', topics: committed },
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'OffsetFetch',
    deny: ['DESCRIBE GROUP'],
    body: { groups: [{ groupId: 'open-group' }, { groupId: 'secret-group' }].map(everything) },
    expect: ['open-group NONE', 'open-group/open/0 NONE', 'open-group/secret/0 NONE'].concat(
      `secret-group ${GROUP}`,
    ),
  },
  {
    api: 'OffsetFetch',
    deny: ['DESCRIBE GROUP'],
    version: 1,
    body: { groupId: 'secret-group', topics: [{ name: 'open', partitionIndexes: [0] }] },
    expect: [`open/0 ${GROUP}`],
  },
  {
    api: 'OffsetFetch',
    deny: ['DESCRIBE TOPIC'],
    body: { groups: [everything({ groupId: 'open-group' })] },
    expect: ['open-group NONE', 'open-group/open/0 NONE'],
  },
  {
    api: 'OffsetFetch',
    deny: ['DESCRIBE TOPIC'],
    version: 0,
    body: {
      groupId: 'open-group',
      topics: bothTopics.map((name) => ({ name, partitionIndexes: [0] })),
    },
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'FindCoordinator',
    deny: ['DESCRIBE GROUP'],
    body: { keyType: 0, coordinatorKeys: ['open-group', 'secret-group'] },
    expect: ['open-group NONE', `secret-group ${GROUP}`],
  },
  {
    api: 'FindCoordinator',
    deny: ['DESCRIBE TRANSACTIONAL_ID'],
    version: 3,
    body: { keyType: 1, key: 'secret-id' },
    expect: [TXN],
  },
  { api: 'JoinGroup', deny: ['READ GROUP'], body: { groupId: 'secret-group' }, expect: [GROUP] },
  { api: 'Heartbeat', deny: ['READ GROUP'], body: group, expect: [GROUP] },
  {
    api: 'LeaveGroup',
    deny: ['READ GROUP'],
    body: { groupId: 'secret-group', members: [{ memberId: 'm' }] },
    expect: [GROUP],
  },
  {
    api: 'SyncGroup',
    deny: ['READ GROUP'],
    body: { ...group, protocolType: 'consumer', protocolName: 'range' },
    expect: [GROUP],
  },
  {
    api: 'DescribeGroups',
    deny: ['DESCRIBE GROUP'],
    body: { groups: ['open-group', 'secret-group'], includeAuthorizedOperations: true },
    expect: ['open-group NONE', `secret-group ${GROUP}`],
    also({ groups }) {
      const open = (groups as readonly Body[]).find(({ groupId }) => groupId === 'open-group');
      assert.ok(Number(open?.['authorizedOperations']) & (1 << 3));
    },
  },
  {
    api: 'ListGroups',
    deny: ['DESCRIBE CLUSTER', 'DESCRIBE GROUP'],
    body: {},
    expect: [],
    also: ({ groups }) => assert.deepEqual(namesOf(groups, 'groupId'), ['open-group']),
  },
  {
    api: 'ListGroups',
    deny: ['DESCRIBE GROUP'],
    body: {},
    expect: [],
    also: ({ groups }) =>
      assert.deepEqual(namesOf(groups, 'groupId').sort(), ['open-group', 'secret-group']),
  },
  {
    api: 'CreateTopics',
    deny: ['CREATE CLUSTER', 'CREATE TOPIC'],
    body: { topics: ['secret-2', 'open-2'].map(newTopic), timeoutMs: 1000, validateOnly: true },
    expect: ['open-2 NONE', `secret-2 ${TOPIC}`],
  },
  {
    api: 'CreateTopics',
    deny: ['DESCRIBE_CONFIGS TOPIC'],
    body: { topics: [newTopic('secret-3')], timeoutMs: 1000, validateOnly: true },
    expect: ['secret-3 NONE'],
    also({ topics }) {
      const [row] = topics as readonly Body[];
      assert.equal(errorName(Number(row?.['topicConfigErrorCode'])), TOPIC);
      assert.deepEqual([row?.['numPartitions'], row?.['configs']], [-1, []]);
    },
  },
  {
    api: 'DeleteTopics',
    deny: ['DELETE TOPIC'],
    body: () => ({
      topics: [{ name: 'secret' }, { name: null, topicId: secretId }, { name: 'open-none' }],
      timeoutMs: 1000,
    }),
    expect: ['open-none UNKNOWN_TOPIC_OR_PARTITION', `secret ${TOPIC}`, `secret ${TOPIC}`],
  },
  {
    api: 'DeleteTopics',
    deny: ['DELETE TOPIC', 'DESCRIBE TOPIC'],
    body: () => ({ topics: [{ name: null, topicId: secretId }], timeoutMs: 1000 }),
    expect: [`null ${TOPIC}`],
  },
  {
    api: 'DeleteRecords',
    deny: ['DELETE TOPIC'],
    body: {
      topics: bothTopics.map((name) => ({ name, partitions: [{ partitionIndex: 0, offset: 1 }] })),
      timeoutMs: 1000,
    },
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'InitProducerId',
    deny: ['IDEMPOTENT_WRITE CLUSTER', 'WRITE TOPIC'],
    body: { transactionalId: null },
    expect: [CLUSTER],
  },
  {
    api: 'InitProducerId',
    deny: ['IDEMPOTENT_WRITE CLUSTER'],
    body: { transactionalId: null },
    expect: [],
  },
  {
    api: 'InitProducerId',
    deny: ['WRITE TRANSACTIONAL_ID'],
    body: { transactionalId: 'secret-id' },
    expect: [TXN],
  },
  {
    api: 'OffsetForLeaderEpoch',
    deny: ['CLUSTER_ACTION CLUSTER', 'DESCRIBE TOPIC'],
    body: {
      topics: bothTopics.map((topic) => ({
        topic,
        partitions: [{ partition: 0, leaderEpoch: 0 }],
      })),
    },
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  { api: 'DescribeAcls', deny: ['DESCRIBE CLUSTER'], body: ANY_ACL, expect: [CLUSTER] },
  { api: 'CreateAcls', deny: ['ALTER CLUSTER'], body: { creations: [ACL] }, expect: [CLUSTER] },
  { api: 'DeleteAcls', deny: ['ALTER CLUSTER'], body: { filters: [ANY_ACL] }, expect: [CLUSTER] },
  {
    api: 'DescribeConfigs',
    deny: ['DESCRIBE_CONFIGS TOPIC', 'DESCRIBE_CONFIGS CLUSTER'],
    body: { resources: configs.map((one) => ({ ...one, configurationKeys: [] })) },
    expect: ['open NONE', `secret ${TOPIC}`, `1 ${CLUSTER}`],
  },
  {
    api: 'AlterConfigs',
    deny: ['ALTER_CONFIGS TOPIC', 'ALTER_CONFIGS CLUSTER'],
    body: { resources: altered, validateOnly: true },
    expect: ['open NONE', `secret ${TOPIC}`, `1 ${CLUSTER}`],
  },
  {
    api: 'IncrementalAlterConfigs',
    deny: ['ALTER_CONFIGS TOPIC', 'ALTER_CONFIGS CLUSTER'],
    body: { resources: altered, validateOnly: true },
    expect: ['open NONE', `secret ${TOPIC}`, `1 ${CLUSTER}`],
  },
  {
    api: 'DescribeLogDirs',
    deny: ['DESCRIBE CLUSTER'],
    body: { topics: null },
    expect: [CLUSTER],
    also: ({ results }) => assert.deepEqual(results, []),
  },
  {
    api: 'CreatePartitions',
    deny: ['ALTER TOPIC'],
    body: {
      topics: bothTopics.map((name) => ({ name, count: 2, assignments: null })),
      timeoutMs: 1000,
      validateOnly: true,
    },
    expect: ['open NONE', `secret ${TOPIC}`],
  },
  {
    api: 'DeleteGroups',
    deny: ['DELETE GROUP'],
    body: { groupsNames: ['secret-group', 'open-none'] },
    expect: ['open-none GROUP_ID_NOT_FOUND', `secret-group ${GROUP}`],
  },
  {
    api: 'ElectLeaders',
    deny: ['ALTER CLUSTER'],
    body: { topicPartitions: [{ topic: 'open', partitions: [0] }] },
    expect: [CLUSTER, `open/0 ${CLUSTER}`],
  },
  {
    api: 'AlterPartitionReassignments',
    deny: ['ALTER CLUSTER'],
    body: { topics: [{ name: 'open', partitions: [{ partitionIndex: 0, replicas: [1] }] }] },
    expect: [CLUSTER, `open/0 ${CLUSTER}`],
  },
  {
    api: 'ListPartitionReassignments',
    deny: ['DESCRIBE CLUSTER'],
    body: { topics: null },
    expect: [CLUSTER],
  },
  {
    api: 'OffsetDelete',
    deny: ['DELETE GROUP'],
    body: { groupId: 'secret-group', topics: [] },
    expect: [GROUP],
  },
  {
    api: 'OffsetDelete',
    deny: ['READ TOPIC'],
    body: {
      groupId: 'open-group',
      topics: bothTopics.map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
    },
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'DescribeClientQuotas',
    deny: ['DESCRIBE_CONFIGS CLUSTER'],
    body: {},
    expect: [CLUSTER],
  },
  {
    api: 'DescribeUserScramCredentials',
    deny: ['DESCRIBE CLUSTER'],
    body: { users: [] },
    expect: [CLUSTER],
  },
  {
    api: 'UpdateFeatures',
    deny: ['ALTER CLUSTER'],
    body: { featureUpdates: [{ feature: 'f', maxVersionLevel: 1 }] },
    expect: [CLUSTER],
  },
  {
    api: 'DescribeCluster',
    deny: ['DESCRIBE CLUSTER'],
    body: { includeClusterAuthorizedOperations: true },
    expect: [],
    also: ({ clusterAuthorizedOperations }) => assert.equal(clusterAuthorizedOperations, 0),
  },
  {
    api: 'DescribeProducers',
    deny: ['READ TOPIC'],
    body: { topics: bothTopics.map((name) => ({ name, partitionIndexes: [0] })) },
    expect: ['open/0 NONE', `secret/0 ${TOPIC}`],
  },
  {
    api: 'DescribeTransactions',
    deny: ['DESCRIBE TRANSACTIONAL_ID'],
    body: { transactionalIds: ['open-id', 'secret-id'] },
    expect: ['open-id TRANSACTIONAL_ID_NOT_FOUND', `secret-id ${TXN}`],
  },
  {
    api: 'DescribeTopicPartitions',
    deny: ['DESCRIBE TOPIC'],
    body: { topics: bothTopics.map((name) => ({ name })), cursor: null },
    expect: ['open NONE', 'open/0 NONE', `secret ${TOPIC}`],
  },
  {
    api: 'DescribeTopicPartitions',
    deny: ['DESCRIBE TOPIC'],
    body: {
      topics: [],
      responsePartitionLimit: 1,
      cursor: { topicName: 'open', partitionIndex: 0 },
    },
    expect: ['open NONE', 'open/0 NONE'],
    also: ({ nextCursor }) =>
      assert.notEqual((nextCursor as Body | null)?.['topicName'], 'secret', 'not even its name'),
  },
];

function everything<T extends object>(one: T) {
  return { ...one, topics: null };
}

test('what is denied has its error where Kafka puts it, or is left out, and the rest is answered', async () => {
  for (const { api, deny, body, version, expect, also } of cases) {
    authorizer.denied = new Set(deny);
    const answer = await call(api, typeof body === 'function' ? body() : body, version);
    const found = outcomes(answer).filter((line) => !/^__consumer_offsets\//.test(line));
    const what = `${api} without ${deny.join(' and ')}`;
    assert.deepEqual(found, [...expect], what);
    also?.(answer);
  }
});

test('each right that an API declares is denied above, and no other is asked for', async () => {
  for (const { name, rights, versions, key } of apis) {
    const ofApi = cases.filter(({ api }) => api === name);
    const declared = [...(rights.needs ?? []), ...(rights.asks ?? [])].map(
      ({ operation, resource }) => `${operation} ${resource}`,
    );
    assert.deepEqual(
      [...new Set(ofApi.flatMap(({ deny }) => deny))].sort(),
      [...declared].sort(),
      `${name} (${key}, ${versions.max})`,
    );
    authorizer.asked.clear();
    for (const { body, version } of ofApi) {
      await call(name, typeof body === 'function' ? body() : body, version);
    }
    const undeclared = [...authorizer.asked].filter((right) => !declared.includes(right));
    assert.deepEqual(undeclared, [], name);
  }
});

test('a producer that waits for no answer learns of its denial by the end of its connection', async () => {
  authorizer.denied = new Set(['WRITE TOPIC']);
  const silent = await RawClient.connect(address);
  const { request, versions } = apiOf('Produce');
  silent.send(request, versions.max, { ...producing, acks: 0 });
  await silent.closed;
});
