import {
  type Cluster,
  deleteGroups,
  deleteOffsets,
  type TopicPartition,
} from '../../client/index.ts';
import { type ErrorName, errorMessage, KafkaError } from '../../protocol/errors.ts';
import type { Terminal } from '../terminal.ts';
import { chosenGroups } from './chosen.ts';
import type { GroupFlags } from './flags.ts';
import { inOrder, namedPartitions } from './partitions.ts';
import { deletedOffsetsTable } from './tables.ts';

/** `--delete` */
export async function deleteAction(
  cluster: Cluster,
  flags: GroupFlags,
  terminal: Terminal,
): Promise<void> {
  const outcomes = await deleteGroups(cluster, await chosenGroups(cluster, flags));
  const deleted = [...outcomes].filter(([, error]) => error === 'NONE').map(([group]) => group);
  const failed = [...outcomes].filter(([, error]) => error !== 'NONE');
  if (failed.length === 0) {
    terminal.out(
      `Deletion of requested consumer groups ('${deleted.join("', '")}') was successful.\n`,
    );
    return;
  }
  terminal.out('\nError: Deletion of some consumer groups failed:\n');
  for (const [group, error] of failed) {
    terminal.out(`* Group '${group}' could not be deleted due to: ${failure(error)}\n`);
  }
  if (deleted.length > 0) {
    terminal.out(`\nThese consumer groups were deleted successfully: '${deleted.join("', '")}'\n`);
  }
}

/** `--delete-offsets` */
export async function deleteOffsetsAction(
  cluster: Cluster,
  flags: GroupFlags,
  terminal: Terminal,
): Promise<void> {
  const groupId = flags.group[0]!;
  const { found, missing } = await namedPartitions(cluster, flags.topic);
  // A topic that does not exist is reported in its row; Kafka's tool calls that a success, too.
  const results: (TopicPartition & { status: string })[] = missing.map((topic) => ({
    topic,
    partition: -1,
    status: `Error: ${failure('UNKNOWN_TOPIC_OR_PARTITION')}`,
  }));
  let worst: ErrorName = 'NONE';
  try {
    for (const { topic, partition, error } of await deleteOffsets(cluster, groupId, found)) {
      const status = error === 'NONE' ? 'Successful' : `Error: ${failure(error)}`;
      if (error !== 'NONE') worst = error;
      results.push({ topic, partition, status });
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    worst = error.error;
    const status = `Error: ${failure(error.error)}`;
    results.push(...found.map(({ topic, partition }) => ({ topic, partition, status })));
  }
  terminal.out(
    worst === 'NONE'
      ? `Request succeeded for deleting offsets from group ${groupId}.\n`
      : `\nError: ${deleteOffsetsFailure(worst)}\n`,
  );
  terminal.out(deletedOffsetsTable(inOrder(results)));
}

function deleteOffsetsFailure(error: ErrorName): string {
  switch (error) {
    case 'INVALID_GROUP_ID':
    case 'GROUP_ID_NOT_FOUND':
    case 'GROUP_AUTHORIZATION_FAILED':
    case 'NON_EMPTY_GROUP':
      return errorMessage(error);
    case 'GROUP_SUBSCRIBED_TO_TOPIC':
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return 'Encountered some partition-level error, see the follow-up details.';
    default:
      return `Encountered some unknown error: ${error}`;
  }
}

function failure(error: ErrorName): string {
  return `${error}: ${errorMessage(error)}`;
}
