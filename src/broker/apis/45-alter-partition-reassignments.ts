// AlterPartitionReassignments v0-v1 (KIP-455). The one broker holds every replica: a reassignment to
// it is complete at once, one to another broker is refused, and there is never one to cancel.
//
// Gaps: one broker, so nothing can be moved. v1's allow_replication_factor_change makes no difference,
// since every replica set has one member.
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/messages/45-alter-partition-reassignments.ts';
import { lazily } from '../../protocol/schema/index.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type ClusterSnapshot, partitionOf } from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';

export function alterPartitionReassignmentsApi({ metadata }: { metadata: ClusterMetadata }): Api {
  return defineApi({
    request: AlterPartitionReassignmentsRequest,
    response: AlterPartitionReassignmentsResponse,
    versions: { min: 0, max: 1 },
    rights: { needs: [{ operation: 'ALTER', resource: 'CLUSTER' }] },
    handle(_context, { topics, allowReplicationFactorChange }) {
      return {
        errorCode: 0,
        errorMessage: null,
        allowReplicationFactorChange,
        responses: lazily(topics, ({ name, partitions }) => ({
          name,
          partitions: lazily(partitions, ({ partitionIndex, replicas }) => {
            const problem = problemOf(metadata.snapshot, name, partitionIndex, replicas);
            return {
              partitionIndex,
              errorCode: errorCode(problem?.error ?? 'NONE'),
              errorMessage: problem?.detail ?? null,
            };
          }),
        })),
      };
    },
    errorResponse: (_context, { topics }, error) => {
      const failed = { errorCode: errorCode(error.error), errorMessage: error.detail };
      return {
        ...failed,
        responses: lazily(topics, ({ name, partitions }) => ({
          name,
          partitions: lazily(partitions, ({ partitionIndex }) => ({ partitionIndex, ...failed })),
        })),
      };
    },
  });
}

/** Replication factors are 16-bit numbers in Kafka. */
const MOST_REPLICAS = 2 ** 15 - 1;

/** Why a partition's replicas cannot be set to these; null asks to cancel a reassignment. */
function problemOf(
  snapshot: ClusterSnapshot,
  topic: string,
  partition: number,
  replicas: readonly number[] | null,
): { error: ErrorName; detail: string } | undefined {
  if (replicas === null) {
    return {
      error: 'NO_REASSIGNMENT_IN_PROGRESS',
      detail: `${topic}-${partition} is not being reassigned.`,
    };
  }
  if (!partitionOf(snapshot, topic, partition)) {
    return {
      error: 'UNKNOWN_TOPIC_OR_PARTITION',
      detail: `There is no partition ${topic}-${partition}.`,
    };
  }
  const invalid = (detail: string) => ({ error: 'INVALID_REPLICA_ASSIGNMENT' as const, detail });
  if (replicas.length === 0) return invalid('A partition needs at least one replica.');
  if (replicas.length > MOST_REPLICAS) {
    return invalid(`A partition cannot have ${replicas.length} replicas.`);
  }
  if (new Set(replicas).size < replicas.length) {
    return invalid(`The replicas ${replicas.join(', ')} name a broker twice.`);
  }
  const unknown = replicas.filter((id) => !snapshot.brokers.has(id));
  if (unknown.length > 0) {
    return invalid(
      `There is no broker ${unknown.join(', ')}; there are ${[...snapshot.brokers.keys()].join(', ')}.`,
    );
  }
  return undefined;
}
