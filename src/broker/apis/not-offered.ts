// APIs that are not advertised and are answered all the same: clients that do not ask ApiVersions would
// only see their connection end. Each answer is an error in every row, and a line in the log says which
// client wanted what, and what to do instead.
//
//   17 SaslHandshake, 36 SaslAuthenticate      ILLEGAL_SASL_STATE, as a Kafka's plaintext listener answers
//   24-26, 28 of transactions                  TRANSACTIONAL_ID_AUTHORIZATION_FAILED, as InitProducerId (22)
//   27 WriteTxnMarkers                         CLUSTER_AUTHORIZATION_FAILED: for brokers only
//   34 AlterReplicaLogDirs                     UNSUPPORTED_VERSION
//   49 AlterClientQuotas, 51 AlterUserScramCredentials   UNSUPPORTED_VERSION: nobody would hold to it
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import * as messages from '../../protocol/messages/index.ts';
import type { Fields, InputOf, MessageSchema, ValueOf } from '../../protocol/schema/index.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { parseVersions } from '../../protocol/schema/versions.ts';
import { type Api, defineApi } from '../network/api.ts';
import { clientOf } from '../network/client-name.ts';

interface NotOffered<Q extends Fields, S extends Fields> {
  readonly request: MessageSchema<Q>;
  readonly response: MessageSchema<S>;
  readonly error: ErrorName;
  /** What to do instead: the end of the sentence in the log. */
  readonly advice: string;
  answer(request: ValueOf<Q>, error: { errorCode: number; errorMessage: string }): InputOf<S>;
}

const NO_TRANSACTIONS = 'there are no transactions here: take transactional.id out of the client';
const NO_SASL = 'nobody logs in here: set security.protocol=PLAINTEXT in the client';
const NO_QUOTAS = 'quotas and passwords have no effect here, so none can be set';
const ONE_FOLDER = 'replicas are not moved between log directories here';

function notOffered<Q extends Fields, S extends Fields>(declared: NotOffered<Q, S>): Api {
  const { request, response, error, advice, answer } = declared;
  const { lowest, highest } = parseVersions(request.validVersions);
  return defineApi({
    request,
    response,
    versions: { min: lowest, max: highest },
    // The answer is the same for everybody.
    rights: {},
    handle(context, asked) {
      context.complain({
        kind: 'API not offered',
        of: request.name,
        sentence: `${clientOf(context)} asked for ${request.name}, which this broker does not offer, and was answered ${error}: ${advice}`,
      });
      return answer(asked, { errorCode: errorCode(error), errorMessage: advice });
    },
    errorResponse: (_context, asked, { error: other, message }) =>
      answer(asked, { errorCode: errorCode(other), errorMessage: message }),
  });
}

interface TopicPartitions {
  readonly name: string;
  readonly partitions: readonly number[];
}

function txnRows(topics: readonly TopicPartitions[], partitionErrorCode: number) {
  return lazily(topics, ({ name, partitions }) => ({
    name,
    resultsByPartition: lazily(partitions, (partitionIndex) => ({
      partitionIndex,
      partitionErrorCode,
    })),
  }));
}

function partitionRows(partitions: readonly number[], code: number) {
  return lazily(partitions, (partitionIndex) => ({ partitionIndex, errorCode: code }));
}

export function notOfferedApis(): Api[] {
  return [
    notOffered({
      request: messages.SaslHandshakeRequest,
      response: messages.SaslHandshakeResponse,
      error: 'ILLEGAL_SASL_STATE',
      advice: NO_SASL,
      answer: (_asked, { errorCode }) => ({ errorCode }),
    }),
    notOffered({
      request: messages.SaslAuthenticateRequest,
      response: messages.SaslAuthenticateResponse,
      error: 'ILLEGAL_SASL_STATE',
      advice: NO_SASL,
      answer: (_asked, error) => error,
    }),
    notOffered({
      request: messages.AddPartitionsToTxnRequest,
      response: messages.AddPartitionsToTxnResponse,
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      advice: NO_TRANSACTIONS,
      answer: ({ transactions, v3AndBelowTopics }, { errorCode }) => ({
        resultsByTransaction: lazily(transactions, ({ transactionalId, topics }) => ({
          transactionalId,
          topicResults: txnRows(topics, errorCode),
        })),
        resultsByTopicV3AndBelow: txnRows(v3AndBelowTopics, errorCode),
      }),
    }),
    notOffered({
      request: messages.AddOffsetsToTxnRequest,
      response: messages.AddOffsetsToTxnResponse,
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      advice: NO_TRANSACTIONS,
      answer: (_asked, { errorCode }) => ({ errorCode }),
    }),
    notOffered({
      request: messages.EndTxnRequest,
      response: messages.EndTxnResponse,
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      advice: NO_TRANSACTIONS,
      answer: (_asked, { errorCode }) => ({ errorCode }),
    }),
    notOffered({
      request: messages.WriteTxnMarkersRequest,
      response: messages.WriteTxnMarkersResponse,
      error: 'CLUSTER_AUTHORIZATION_FAILED',
      advice: 'only brokers of a cluster ask for it, and this one is alone',
      answer: ({ markers }, { errorCode }) => ({
        markers: lazily(markers, ({ producerId, topics }) => ({
          producerId,
          topics: lazily(topics, ({ name, partitionIndexes }) => ({
            name,
            partitions: partitionRows(partitionIndexes, errorCode),
          })),
        })),
      }),
    }),
    notOffered({
      request: messages.TxnOffsetCommitRequest,
      response: messages.TxnOffsetCommitResponse,
      error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      advice: NO_TRANSACTIONS,
      answer: ({ topics }, { errorCode }) => ({
        topics: lazily(topics, ({ name, partitions }) => ({
          name,
          partitions: lazily(partitions, ({ partitionIndex }) => ({ partitionIndex, errorCode })),
        })),
      }),
    }),
    notOffered({
      request: messages.AlterReplicaLogDirsRequest,
      response: messages.AlterReplicaLogDirsResponse,
      error: 'UNSUPPORTED_VERSION',
      advice: ONE_FOLDER,
      answer: ({ dirs }, { errorCode }) => ({
        results: dirs.flatMap(({ topics }) =>
          topics.map(({ name, partitions }) => ({
            topicName: name,
            partitions: partitionRows(partitions, errorCode),
          })),
        ),
      }),
    }),
    notOffered({
      request: messages.AlterClientQuotasRequest,
      response: messages.AlterClientQuotasResponse,
      error: 'UNSUPPORTED_VERSION',
      advice: NO_QUOTAS,
      answer: ({ entries }, error) => ({
        entries: lazily(entries, ({ entity }) => ({ ...error, entity })),
      }),
    }),
    notOffered({
      request: messages.AlterUserScramCredentialsRequest,
      response: messages.AlterUserScramCredentialsResponse,
      error: 'UNSUPPORTED_VERSION',
      advice: NO_QUOTAS,
      answer: ({ deletions, upsertions }, error) => ({
        results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map(
          (user) => ({
            user,
            ...error,
          }),
        ),
      }),
    }),
  ];
}
