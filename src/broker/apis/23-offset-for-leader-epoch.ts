// OffsetForLeaderEpoch v0-v4 (KIP-101, KIP-320): where the largest epoch at or below the one asked for
// ends, so that a consumer notices when the log it read was cut.

import { errorCode } from '../../protocol/errors.ts';
import {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../protocol/messages/23-offset-for-leader-epoch.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { rowOf } from '../network/rows.ts';
import type { Partitions } from '../replica/partitions.ts';

interface Row {
  readonly partition: number;
  readonly errorCode: number;
  readonly leaderEpoch?: number;
  readonly endOffset?: number;
}

export function offsetForLeaderEpochApi({ partitions }: { partitions: Partitions }): Api {
  return defineApi({
    request: OffsetForLeaderEpochRequest,
    response: OffsetForLeaderEpochResponse,
    versions: { min: 0, max: 4 },
    rights: {
      asks: [
        { operation: 'CLUSTER_ACTION', resource: 'CLUSTER' },
        { operation: 'DESCRIBE', resource: 'TOPIC' },
      ],
    },
    handle: (context, request) => ({
      topics: lazily(request.topics, (topic) => ({
        topic: topic.topic,
        partitions: lazily(topic.partitions, (question) => {
          const { partition: index, currentLeaderEpoch, leaderEpoch } = question;
          if (!mayAsk(context, topic.topic)) {
            return { partition: index, errorCode: errorCode('TOPIC_AUTHORIZATION_FAILED') };
          }
          const partition = partitions.get(topic.topic, index);
          const problem = partition
            ? partition.problem(currentLeaderEpoch)
            : partitions.absence(topic.topic, index);
          if (!partition || problem) {
            return { partition: index, errorCode: errorCode(problem ?? 'UNKNOWN_SERVER_ERROR') };
          }
          return rowOf<Row>(
            context,
            () => `${topic.topic}-${index}`,
            () => ({
              partition: index,
              errorCode: 0,
              ...partition.log.endOffsetForEpoch(leaderEpoch),
            }),
            (error) => ({ partition: index, errorCode: errorCode(error) }),
          );
        }),
      })),
    }),
    errorResponse: (_context, request, error) => ({
      topics: lazily(request.topics, ({ topic, partitions: rows }) => ({
        topic,
        partitions: lazily(rows, ({ partition }) => ({
          partition,
          errorCode: errorCode(error.error),
        })),
      })),
    }),
  });
}

/** Brokers ask of every topic, consumers of what they may describe. */
function mayAsk(context: RequestContext, topic: string): boolean {
  return (
    context.authorize('CLUSTER_ACTION', 'CLUSTER') || context.authorize('DESCRIBE', 'TOPIC', topic)
  );
}
