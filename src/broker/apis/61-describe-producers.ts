// DescribeProducers v0 (KIP-664): the idempotent producers that a partition's log remembers.
//
// Gaps: none; without transactions no producer has one open.

import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  DescribeProducersRequest,
  DescribeProducersResponse,
} from '../../protocol/messages/61-describe-producers.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { topicNameProblem } from '../controller/topic-name.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type ClusterSnapshot, partitionOf } from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';
import { rowOf } from '../network/rows.ts';
import type { Partition } from '../replica/partition.ts';
import type { Partitions } from '../replica/partitions.ts';

const ANY_EPOCH = -1;

interface Row {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly activeProducers?: ReturnType<typeof producersOf>;
}

export interface DescribeProducersDependencies {
  readonly metadata: ClusterMetadata;
  readonly partitions: Partitions;
}

export function describeProducersApi({ metadata, partitions }: DescribeProducersDependencies): Api {
  return defineApi({
    request: DescribeProducersRequest,
    response: DescribeProducersResponse,
    versions: { min: 0, max: 0 },
    rights: { asks: [{ operation: 'READ', resource: 'TOPIC' }] },
    handle: (context, { topics }) => ({
      topics: lazily(topics, ({ name, partitionIndexes }) => ({
        name,
        partitions: lazily(partitionIndexes, (partitionIndex) => {
          if (topicNameProblem(name) === undefined && !context.authorize('READ', 'TOPIC', name)) {
            return { partitionIndex, errorCode: errorCode('TOPIC_AUTHORIZATION_FAILED') };
          }
          const partition = partitions.get(name, partitionIndex);
          if (partition && partition.problem(ANY_EPOCH) === undefined) {
            return rowOf<Row>(
              context,
              () => `${name}-${partitionIndex}`,
              () => ({ partitionIndex, errorCode: 0, activeProducers: producersOf(partition) }),
              (error) => ({ partitionIndex, errorCode: errorCode(error) }),
            );
          }
          const error =
            partition?.problem(ANY_EPOCH) ?? absence(metadata.snapshot, name, partitionIndex);
          return { partitionIndex, errorCode: errorCode(error), errorMessage: null };
        }),
      })),
    }),
    errorResponse: (_context, { topics }, error) => ({
      topics: lazily(topics, ({ name, partitionIndexes }) => ({
        name,
        partitions: lazily(partitionIndexes, (partitionIndex) => ({
          partitionIndex,
          errorCode: errorCode(error.error),
          errorMessage: error.detail,
        })),
      })),
    }),
  });
}

/** Why a partition is not led here. */
function absence(snapshot: ClusterSnapshot, topic: string, partition: number): ErrorName {
  if (topicNameProblem(topic) !== undefined) return 'INVALID_TOPIC_EXCEPTION';
  const exists = partitionOf(snapshot, topic, partition) !== undefined;
  return exists ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION';
}

function producersOf({ log }: Partition) {
  return lazily(log.activeProducers(), ({ currentTransactionStartOffset, ...producer }) => ({
    ...producer,
    currentTxnStartOffset: currentTransactionStartOffset,
  }));
}
