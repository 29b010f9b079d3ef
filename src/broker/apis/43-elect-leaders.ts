// ElectLeaders v0-v2 (KIP-460): preferred (0) and unclean (1) elections, the latter from v1 on.
//
// Null asks for every partition and is answered with those whose leader changed or could not: none,
// since a replica set of one broker has its preferred leader as long as the broker answers at all.
//
// Gaps: one broker; a partition that has no leader, because its log directory failed, has no other
// replica to elect either.
import { errorCode, KafkaError } from '../../protocol/errors.ts';
import {
  ElectLeadersRequest,
  ElectLeadersResponse,
} from '../../protocol/messages/43-elect-leaders.ts';
import { lazily } from '../../protocol/schema/index.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type ClusterSnapshot, NO_LEADER, partitionOf } from '../metadata/cluster-snapshot.ts';
import { type Api, defineApi } from '../network/api.ts';

const PREFERRED = 0;
const UNCLEAN = 1;
/** v0 has the error in its rows only. */
const ERROR_FROM = 1;

export function electLeadersApi({ metadata }: { metadata: ClusterMetadata }): Api {
  return defineApi({
    request: ElectLeadersRequest,
    response: ElectLeadersResponse,
    versions: { min: 0, max: 2 },
    rights: { needs: [{ operation: 'ALTER', resource: 'CLUSTER' }] },
    handle(_context, { electionType, topicPartitions }) {
      if (electionType !== PREFERRED && electionType !== UNCLEAN) {
        throw new KafkaError('INVALID_REQUEST', `There is no election type ${electionType}.`);
      }
      return {
        errorCode: 0,
        replicaElectionResults: lazily(topicPartitions ?? [], ({ topic, partitions }) => ({
          topic,
          partitionResult: lazily(partitions, (partition) => ({
            partitionId: partition,
            ...outcome(metadata.snapshot, electionType, topic, partition),
          })),
        })),
      };
    },
    errorResponse: ({ apiVersion }, { topicPartitions }, error) => ({
      ...(apiVersion >= ERROR_FROM && { errorCode: errorCode(error.error) }),
      replicaElectionResults: lazily(topicPartitions ?? [], ({ topic, partitions }) => ({
        topic,
        partitionResult: lazily(partitions, (partition) => ({
          partitionId: partition,
          errorCode: errorCode(error.error),
          errorMessage: error.detail,
        })),
      })),
    }),
  });
}

function outcome(
  snapshot: ClusterSnapshot,
  electionType: number,
  topic: string,
  partition: number,
): { errorCode: number; errorMessage: string | null } {
  const known = partitionOf(snapshot, topic, partition);
  if (!known) {
    return {
      errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION'),
      errorMessage: `There is no partition ${topic}-${partition}.`,
    };
  }
  if (known.leader !== NO_LEADER) {
    return {
      errorCode: errorCode('ELECTION_NOT_NEEDED'),
      errorMessage: `Broker ${known.leader} leads ${topic}-${partition} already.`,
    };
  }
  return {
    errorCode: errorCode(
      electionType === PREFERRED
        ? 'PREFERRED_LEADER_NOT_AVAILABLE'
        : 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
    ),
    errorMessage: `No replica of ${topic}-${partition} can be read.`,
  };
}
