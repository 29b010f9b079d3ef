// If this breaks, a failure inside a handler closes the connection instead of being answered, and the
// client tries the same again for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { decode, encode } from '../../protocol/codec/index.ts';
import { errorCode, KafkaError } from '../../protocol/errors.ts';
import type { Fields, InputOf } from '../../protocol/schema/fields.ts';
import { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import type { Api } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { describeAclsApi } from './29-describe-acls.ts';
import { createAclsApi } from './30-create-acls.ts';
import { deleteAclsApi } from './31-delete-acls.ts';
import { createDelegationTokenApi } from './38-create-delegation-token.ts';
import { renewDelegationTokenApi } from './39-renew-delegation-token.ts';
import { expireDelegationTokenApi } from './40-expire-delegation-token.ts';
import { describeDelegationTokenApi } from './41-describe-delegation-token.ts';
import { electLeadersApi } from './43-elect-leaders.ts';
import { alterPartitionReassignmentsApi } from './45-alter-partition-reassignments.ts';
import { describeClientQuotasApi } from './48-describe-client-quotas.ts';
import { describeUserScramCredentialsApi } from './50-describe-user-scram-credentials.ts';
import { updateFeaturesApi } from './57-update-features.ts';
import { describeTransactionsApi } from './65-describe-transactions.ts';
import { listTransactionsApi } from './66-list-transactions.ts';
import { describeTopicPartitionsApi } from './75-describe-topic-partitions.ts';

const metadata = new ClusterMetadata(silentLogger, 'cluster');

/** Each API with a request that names one thing, where its errors are those of the things named. */
const cases: readonly [Api, InputOf<Fields>][] = [
  [describeAclsApi(), {}],
  [createAclsApi(), { creations: [{}] }],
  [deleteAclsApi(), { filters: [{}] }],
  [createDelegationTokenApi(), {}],
  [renewDelegationTokenApi(), {}],
  [expireDelegationTokenApi(), {}],
  [describeDelegationTokenApi(), {}],
  [electLeadersApi({ metadata }), { topicPartitions: [{ topic: 't', partitions: [0] }] }],
  [alterPartitionReassignmentsApi({ metadata }), {}],
  [describeClientQuotasApi(), {}],
  [describeUserScramCredentialsApi(), {}],
  [updateFeaturesApi(), {}],
  [describeTransactionsApi(), { transactionalIds: ['id'] }],
  [listTransactionsApi(), {}],
  [describeTopicPartitionsApi({ metadata }), { topics: [{ name: 't' }] }],
];

/** Every value of a field called `errorCode`, at any depth. */
function errorCodes(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'errorCode' ? [inner] : errorCodes(inner),
  );
}

test('a failure is reported at every version, wherever the version has room for it', () => {
  const failure = new KafkaError('UNKNOWN_SERVER_ERROR', 'test');
  for (const [api, input] of cases) {
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      const frame = Buffer.concat(encode(api.request, version, input));
      // No more of a context is looked at.
      const context = { apiVersion: version } as unknown as RequestContext;
      const answer = api.errorResponse(context, decode(api.request, version, frame), failure);
      assert.equal(typeof answer, 'object');
      const bytes = Buffer.concat(encode(api.response, version, answer as InputOf<Fields>));
      const codes = errorCodes(decode(api.response, version, bytes));
      assert.ok(codes.includes(errorCode('UNKNOWN_SERVER_ERROR')), `${api.name} v${version}`);
    }
  }
});
