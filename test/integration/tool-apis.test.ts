// If this breaks, Kafka's own tools end with an exception: elections, reassignments, transactions, ACLs,
// tokens, quotas, and topics described page by page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorName } from '../../src/protocol/errors.ts';
import * as messages from '../../src/protocol/messages/index.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, produce } from '../support/topics.ts';

let broker: TestBroker;
let client: RawClient;
before(async () => {
  broker = await startTestBroker({ config: { 'broker.id': '7' } });
  client = await RawClient.connect(broker);
});
after(async () => {
  client.close();
  await broker.stop();
});

async function eachVersion(max: number, ask: (version: number) => Promise<void>): Promise<void> {
  for (let version = 0; version <= max; version++) await ask(version);
}

test('an election of a partition that has its leader is not needed', async () => {
  await createTopic(client, 'elected', { partitions: 2 });
  const { ElectLeadersRequest, ElectLeadersResponse } = messages;
  await eachVersion(2, async (version) => {
    const elect = (partitions: number[] | null, electionType = 0) =>
      client.call(ElectLeadersRequest, ElectLeadersResponse, version, {
        topicPartitions: partitions && [{ topic: 'elected', partitions }],
        ...(version > 0 && { electionType }),
      });
    const named = await elect([1, 9]);
    assert.equal(named.errorCode, 0);
    assert.deepEqual(
      named.replicaElectionResults.map(({ topic, partitionResult }) => [
        topic,
        partitionResult.map((row) => [row.partitionId, errorName(row.errorCode)]),
      ]),
      [
        [
          'elected',
          [
            [1, 'ELECTION_NOT_NEEDED'],
            [9, 'UNKNOWN_TOPIC_OR_PARTITION'],
          ],
        ],
      ],
    );
    const all = await elect(null);
    assert.deepEqual([all.errorCode, all.replicaElectionResults], [0, []], 'nothing had to change');
    if (version === 0) return;
    const odd = await elect([0], 9);
    assert.equal(errorName(odd.errorCode), 'INVALID_REQUEST');
    assert.equal(odd.replicaElectionResults[0]?.partitionResult[0]?.errorCode, odd.errorCode);
  });
});

test('a reassignment to the broker that has the replica is complete, to another it is refused', async () => {
  await createTopic(client, 'moved');
  const { AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse } = messages;
  const cases: [replicas: number[] | null, error: string, partition?: number][] = [
    [[7], 'NONE'],
    [[8], 'INVALID_REPLICA_ASSIGNMENT'],
    [[7, 8], 'INVALID_REPLICA_ASSIGNMENT'],
    [[7, 7], 'INVALID_REPLICA_ASSIGNMENT'],
    [[], 'INVALID_REPLICA_ASSIGNMENT'],
    [null, 'NO_REASSIGNMENT_IN_PROGRESS'],
    [null, 'NO_REASSIGNMENT_IN_PROGRESS', 3],
    [[7], 'UNKNOWN_TOPIC_OR_PARTITION', 3],
  ];
  await eachVersion(1, async (version) => {
    for (const [replicas, error, partitionIndex = 0] of cases) {
      const answer = await client.call(
        AlterPartitionReassignmentsRequest,
        AlterPartitionReassignmentsResponse,
        version,
        { topics: [{ name: 'moved', partitions: [{ partitionIndex, replicas }] }] },
      );
      assert.equal(answer.errorCode, 0);
      assert.equal(errorName(answer.responses[0]?.partitions[0]?.errorCode ?? -1), error);
    }
  });
});

test('the throttles of a reassignment are set and taken away again', async () => {
  const { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } = messages;
  const { DescribeConfigsRequest, DescribeConfigsResponse } = messages;
  const name = 'leader.replication.throttled.rate';
  const alter = async (configOperation: number, value: string | null) => {
    const { responses } = await client.call(
      IncrementalAlterConfigsRequest,
      IncrementalAlterConfigsResponse,
      1,
      {
        resources: [
          { resourceType: 4, resourceName: '7', configs: [{ name, configOperation, value }] },
        ],
      },
    );
    assert.equal(errorName(responses[0]?.errorCode ?? -1), 'NONE');
  };
  const shown = async () => {
    const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 1, {
      resources: [{ resourceType: 4, resourceName: '7', configurationKeys: null }],
    });
    return results[0]?.configs.find((config) => config.name === name)?.value;
  };
  await alter(0, '1000');
  assert.equal(await shown(), '1000');
  await alter(1, null);
  assert.equal(await shown(), undefined, 'not a key of a Kafka that moves nothing');
});

test('a log that a test keeps has no level to set, and AlterConfigs sets none at all', async () => {
  const resource = { resourceType: 8, resourceName: '7' };
  const { DescribeConfigsRequest, DescribeConfigsResponse } = messages;
  await eachVersion(4, async (version) => {
    const { results } = await client.call(
      DescribeConfigsRequest,
      DescribeConfigsResponse,
      version,
      {
        resources: [
          { ...resource, configurationKeys: null },
          { ...resource, resourceName: '', configurationKeys: null },
        ],
      },
    );
    assert.deepEqual(
      results.map((row) => [errorName(row.errorCode), row.configs]),
      [
        ['NONE', []],
        ['INVALID_REQUEST', []],
      ],
    );
  });
  const { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } = messages;
  const level = { name: 'root', value: 'DEBUG' };
  const incremental = await client.call(
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
    1,
    { resources: [{ ...resource, configs: [{ ...level, configOperation: 0 }] }] },
  );
  assert.equal(errorName(incremental.responses[0]?.errorCode ?? -1), 'INVALID_CONFIG');
  const { AlterConfigsRequest, AlterConfigsResponse } = messages;
  const whole = await client.call(AlterConfigsRequest, AlterConfigsResponse, 2, {
    resources: [{ ...resource, configs: [level] }],
  });
  assert.equal(errorName(whole.responses[0]?.errorCode ?? -1), 'INVALID_REQUEST');
});

test('DescribeProducers shows who wrote to a partition, and how far', async () => {
  await createTopic(client, 'written', { partitions: 2 });
  const records = batchOf(['a', 'b', 'c'], { producerId: 41, producerEpoch: 3, baseSequence: 5 });
  await produce(client, 'written', records);
  const { DescribeProducersRequest, DescribeProducersResponse } = messages;
  const { topics } = await client.call(DescribeProducersRequest, DescribeProducersResponse, 0, {
    topics: [
      { name: 'written', partitionIndexes: [0, 1, 2] },
      { name: 'a b', partitionIndexes: [0] },
    ],
  });
  const rows = topics.flatMap(({ partitions }) => partitions);
  assert.deepEqual(
    rows.map((row) => errorName(row.errorCode)),
    ['NONE', 'NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'],
  );
  const [producer, ...others] = rows[0]?.activeProducers ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...producer, lastTimestamp: 0 },
    {
      producerId: 41,
      producerEpoch: 3,
      lastSequence: 7,
      lastTimestamp: 0,
      coordinatorEpoch: -1,
      currentTxnStartOffset: -1,
    },
  );
  assert.deepEqual(rows[1]?.activeProducers, []);
});

test('there are no transactions to list or to describe, and their coordinator is here', async () => {
  const { FindCoordinatorRequest, FindCoordinatorResponse } = messages;
  await eachVersion(6, async (version) => {
    const found = await client.call(FindCoordinatorRequest, FindCoordinatorResponse, version, {
      ...(version > 0 && { keyType: 1 }),
      ...(version < 4 ? { key: 'id' } : { coordinatorKeys: ['id'] }),
    });
    const row = version < 4 ? found : found.coordinators[0];
    assert.deepEqual([row?.errorCode, row?.nodeId, row?.port], [0, 7, broker.port]);
  });
  const { ListTransactionsRequest, ListTransactionsResponse } = messages;
  await eachVersion(1, async (version) => {
    const listed = await client.call(ListTransactionsRequest, ListTransactionsResponse, version, {
      stateFilters: ['Ongoing', 'Asleep', 'Asleep'],
    });
    assert.deepEqual(
      [listed.errorCode, listed.unknownStateFilters, listed.transactionStates],
      [0, ['Asleep'], []],
    );
  });
  const { DescribeTransactionsRequest, DescribeTransactionsResponse } = messages;
  const { transactionStates } = await client.call(
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
    0,
    { transactionalIds: ['id', ''] },
  );
  assert.deepEqual(
    transactionStates.map((row) => [row.transactionalId, errorName(row.errorCode)]),
    [
      ['id', 'TRANSACTIONAL_ID_NOT_FOUND'],
      ['', 'INVALID_REQUEST'],
    ],
  );
});

test('without an authorizer every question about ACLs is SECURITY_DISABLED', async () => {
  const { DescribeAclsRequest, DescribeAclsResponse } = messages;
  const { CreateAclsRequest, CreateAclsResponse } = messages;
  const { DeleteAclsRequest, DeleteAclsResponse } = messages;
  const filter = { resourceTypeFilter: 1, operation: 1, permissionType: 1 };
  const anyone = { resourceNameFilter: null, principalFilter: null, hostFilter: null };
  const acl = { principal: 'User:a', host: '*', operation: 3, permissionType: 3 };
  await eachVersion(3, async (version) => {
    const described = await client.call(DescribeAclsRequest, DescribeAclsResponse, version, {
      ...filter,
      ...anyone,
    });
    const { results } = await client.call(CreateAclsRequest, CreateAclsResponse, version, {
      creations: [1, 2].map((number) => ({ resourceType: 2, resourceName: `t${number}`, ...acl })),
    });
    const deleted = await client.call(DeleteAclsRequest, DeleteAclsResponse, version, {
      filters: [{ ...filter, ...anyone }],
    });
    assert.deepEqual(
      [described, ...results, ...deleted.filterResults].map((row) => errorName(row.errorCode)),
      Array.from({ length: 4 }, () => 'SECURITY_DISABLED'),
    );
  });
});

test('delegation tokens are refused on a plaintext listener', async () => {
  const refused = (answer: { errorCode: number }) =>
    assert.equal(errorName(answer.errorCode), 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED');
  const { CreateDelegationTokenRequest, CreateDelegationTokenResponse } = messages;
  const { RenewDelegationTokenRequest, RenewDelegationTokenResponse } = messages;
  const { ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } = messages;
  const { DescribeDelegationTokenRequest, DescribeDelegationTokenResponse } = messages;
  await eachVersion(3, async (version) => {
    const created = await client.call(
      CreateDelegationTokenRequest,
      CreateDelegationTokenResponse,
      version,
      { ...(version >= 3 && { ownerPrincipalType: 'User', ownerPrincipalName: 'bob' }) },
    );
    refused(created);
    assert.equal(created.principalName, version >= 3 ? 'bob' : 'ANONYMOUS');
    refused(
      await client.call(DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, version, {
        owners: null,
      }),
    );
  });
  await eachVersion(2, async (version) => {
    const hmac = Buffer.from('code');
    const renewed = { hmac, renewPeriodMs: 1 };
    refused(
      await client.call(
        RenewDelegationTokenRequest,
        RenewDelegationTokenResponse,
        version,
        renewed,
      ),
    );
    refused(
      await client.call(ExpireDelegationTokenRequest, ExpireDelegationTokenResponse, version, {
        hmac,
        expiryTimePeriodMs: 1,
      }),
    );
  });
});

test('nobody has a quota or a password, and a filter that cannot be is refused', async () => {
  const { DescribeClientQuotasRequest, DescribeClientQuotasResponse } = messages;
  const filters: [types: string[], error: string][] = [
    [[], 'NONE'],
    [['user', 'client-id'], 'NONE'],
    [['ip'], 'NONE'],
    [['ip', 'user'], 'INVALID_REQUEST'],
    [['user', 'user'], 'INVALID_REQUEST'],
    [[''], 'INVALID_REQUEST'],
    [['planet'], 'UNSUPPORTED_VERSION'],
  ];
  await eachVersion(1, async (version) => {
    for (const [types, error] of filters) {
      const answer = await client.call(
        DescribeClientQuotasRequest,
        DescribeClientQuotasResponse,
        version,
        { components: types.map((entityType) => ({ entityType, matchType: 2, match: null })) },
      );
      assert.equal(errorName(answer.errorCode), error, types.join());
      assert.deepEqual(answer.entries, error === 'NONE' ? [] : null);
    }
  });
  const { DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse } = messages;
  const users = async (names: string[] | null) => {
    const { results } = await client.call(
      DescribeUserScramCredentialsRequest,
      DescribeUserScramCredentialsResponse,
      0,
      { users: names?.map((name) => ({ name })) ?? null },
    );
    return results.map((row) => [row.user, errorName(row.errorCode)]);
  };
  assert.deepEqual(await users(null), []);
  assert.deepEqual(await users(['a', 'b', 'b']), [
    ['a', 'RESOURCE_NOT_FOUND'],
    ['b', 'DUPLICATE_RESOURCE'],
  ]);
});

test('no feature has a level that could be set', async () => {
  const { UpdateFeaturesRequest, UpdateFeaturesResponse } = messages;
  await eachVersion(1, async (version) => {
    const { errorCode, results } = await client.call(
      UpdateFeaturesRequest,
      UpdateFeaturesResponse,
      version,
      { featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: 21 }] },
    );
    assert.equal(errorCode, 0);
    assert.deepEqual(
      results.map((row) => [row.feature, errorName(row.errorCode)]),
      [['metadata.version', 'INVALID_REQUEST']],
    );
  });
});

test('topics are described page by page, and every partition once', async () => {
  const { DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse } = messages;
  const names = ['page-a', 'page-b', 'page-c'];
  for (const name of names) await createTopic(client, name, { partitions: 3 });
  for (let limit = 1; limit <= 10; limit++) {
    const seen: string[] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    let pages = 0;
    do {
      const { topics, nextCursor }: messages.DescribeTopicPartitionsResponse = await client.call(
        DescribeTopicPartitionsRequest,
        DescribeTopicPartitionsResponse,
        0,
        {
          topics: [...names].reverse().map((name) => ({ name })),
          responsePartitionLimit: limit,
          cursor,
        },
      );
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, leaderId } of partitions) {
          assert.equal(leaderId, 7);
          seen.push(`${name}-${partitionIndex}`);
        }
      }
      cursor = nextCursor;
      pages++;
    } while (cursor !== null);
    assert.deepEqual(
      seen,
      names.flatMap((name) => [0, 1, 2].map((index) => `${name}-${index}`)),
    );
    assert.equal(pages, Math.ceil(9 / limit), `pages of ${limit}`);
  }
});

test('DescribeCluster v2 knows no fenced brokers', async () => {
  const { DescribeClusterRequest, DescribeClusterResponse } = messages;
  const { brokers } = await client.call(DescribeClusterRequest, DescribeClusterResponse, 2, {
    includeFencedBrokers: true,
  });
  assert.deepEqual(
    brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]),
    [[7, false]],
  );
});
