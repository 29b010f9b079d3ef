import { type ErrorName, errorName, KafkaError } from '../../protocol/errors.ts';
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
} from '../../protocol/messages/35-describe-log-dirs.ts';
import type { TopicPartition } from '../../protocol/topic-partition.ts';
import type { Cluster } from '../cluster.ts';

export interface ReplicaInLogDir extends TopicPartition {
  /** Bytes. */
  readonly size: number;
  /** How far it is behind the leader, or with `isFuture` behind the replica it will replace. */
  readonly offsetLag: number;
  readonly isFuture: boolean;
}

export interface LogDirDescription {
  readonly path: string;
  readonly error: ErrorName;
  readonly replicas: readonly ReplicaInLogDir[];
}

/** What lies in the data directories of one broker. Throws KafkaError. */
export async function describeLogDirs(
  cluster: Cluster,
  brokerId: number,
): Promise<LogDirDescription[]> {
  return cluster.retry(async () => {
    const connection = await cluster.broker(brokerId);
    const answer = await connection.call(DescribeLogDirsRequest, DescribeLogDirsResponse, {
      topics: null,
    });
    if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
    return answer.results.map(({ logDir, errorCode, topics }) => ({
      path: logDir,
      error: errorName(errorCode),
      replicas: topics.flatMap(({ name, partitions }) =>
        partitions.map((one) => ({
          topic: name,
          partition: one.partitionIndex,
          size: one.partitionSize,
          offsetLag: one.offsetLag,
          isFuture: one.isFutureKey,
        })),
      ),
    }));
  });
}
