// DeleteRecords v0-v2 (KIP-107): moves the log start offset; -1 means up to the high watermark.
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
} from '../../protocol/messages/21-delete-records.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { Partitions } from '../replica/partitions.ts';

export interface DeleteRecordsDependencies {
  readonly partitions: Partitions;
  readonly metadata: ClusterMetadata;
}

export function deleteRecordsApi({ partitions, metadata }: DeleteRecordsDependencies): Api {
  function remove(
    topic: string,
    index: number,
    offset: number,
  ): { lowWatermark: number } | { error: ErrorName } {
    if (metadata.snapshot.topics.get(topic)?.internal) return { error: 'INVALID_TOPIC_EXCEPTION' };
    const partition = partitions.get(topic, index);
    return partition?.deleteRecordsBefore(offset) ?? { error: 'UNKNOWN_TOPIC_OR_PARTITION' };
  }

  return defineApi({
    request: DeleteRecordsRequest,
    response: DeleteRecordsResponse,
    versions: { min: 0, max: 2 },
    handle: (_context, request) => ({
      topics: request.topics.map((topic) => ({
        name: topic.name,
        partitions: topic.partitions.map(({ partitionIndex, offset }) => {
          const result = remove(topic.name, partitionIndex, offset);
          return 'error' in result
            ? { partitionIndex, lowWatermark: -1, errorCode: errorCode(result.error) }
            : { partitionIndex, lowWatermark: result.lowWatermark };
        }),
      })),
    }),
    errorResponse: (_context, request, error) => ({
      topics: request.topics.map(({ name, partitions: rows }) => ({
        name,
        partitions: rows.map(({ partitionIndex }) => ({
          partitionIndex,
          lowWatermark: -1,
          errorCode: errorCode(error.error),
        })),
      })),
    }),
  });
}
