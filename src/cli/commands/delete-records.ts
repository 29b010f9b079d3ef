import { deleteRecords, type TopicPartition, topicPartitionName } from '../../client/index.ts';
import { type ErrorName, KafkaError } from '../../protocol/errors.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  clientSettings,
  withCluster,
} from '../bootstrap-servers.ts';
import { CliError } from '../failure.ts';
import { value } from '../flags.ts';
import { readText } from '../text-file.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  'offset-json-file': value(
    'file',
    'Up to where: {"partitions": [{"topic": "orders", "partition": 0, "offset": 100}], "version": 1}. The offset is the first that stays; -1 deletes all.',
  ),
  'command-config': value('file', 'Client properties, for example client.id.'),
} as const;

type Deletion = TopicPartition & { readonly offset: number };

/** kafka-delete-records.sh */
export const deleteRecordsCommand = tool({
  name: 'delete-records',
  about: 'Deletes the oldest records of partitions, up to an offset.',
  usage: '--offset-json-file <file> [flags]',
  flags: FLAGS,
  examples: ['--offset-json-file offsets.json'],
  async run(flags, terminal) {
    const path = flags['offset-json-file'];
    if (path === undefined) throw new CliError('Missing required argument "[offset-json-file]"');
    const deletions = parseDeletions(readText(path, '--offset-json-file'));
    const settings = clientSettings(flags['command-config'], terminal);
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      terminal.out('Executing records delete operation\n');
      const { topics } = await cluster.retry(() =>
        cluster.metadata([...new Set(deletions.map(({ topic }) => topic))]),
      );
      const lines: string[] = [];
      for (const deletion of deletions) {
        const exists = topics
          .find(({ name }) => name === deletion.topic)
          ?.partitions.some(({ partition }) => partition === deletion.partition);
        // One by one: a partition that is refused must not hide what became of the others.
        const result = exists
          ? await outcome(() => deleteRecords(cluster, [deletion]))
          : new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
        lines.push(deletionLine(deletion, result));
      }
      terminal.out(`Records delete operation completed:\n${lines.join('')}`);
      return 0;
    });
  },
});

/** Throws CliError with Kafka's sentences. */
export function parseDeletions(text: string): Deletion[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new CliError('The input string is not a valid JSON');
  }
  if (!isObject(parsed)) throw new CliError('The input string is not a valid JSON');
  const version = parsed['version'] ?? 1;
  if (version !== 1) throw new CliError(`Not supported version field value ${version}`);
  const { partitions } = parsed;
  if (!Array.isArray(partitions)) throw new CliError('Missing partitions field');
  const deletions = partitions.map((entry: unknown) => {
    if (isObject(entry)) {
      const { topic, partition, offset } = entry;
      if (typeof topic === 'string' && isWhole(partition) && isLong(offset)) {
        // Beyond 2^53 JSON has rounded it already; all of that is beyond the end of every log.
        const within = Math.max(
          -Number.MAX_SAFE_INTEGER,
          Math.min(offset, Number.MAX_SAFE_INTEGER),
        );
        return { topic, partition, offset: within };
      }
    }
    throw new CliError(
      `each of the partitions must have topic, partition and offset, not ${JSON.stringify(entry)}`,
    );
  });
  const names = deletions.map(topicPartitionName);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index));
  if (twice.size > 0) {
    throw new CliError(
      `Offset json file contains duplicate topic partitions: ${[...twice].join(',')}`,
    );
  }
  return deletions;
}

function isObject(found: unknown): found is Record<string, unknown> {
  return typeof found === 'object' && found !== null;
}

function isWhole(found: unknown): found is number {
  return Number.isSafeInteger(found);
}

function isLong(found: unknown): found is number {
  return typeof found === 'number' && Number.isInteger(found) && Math.abs(found) <= 2 ** 63;
}

async function outcome(
  run: () => Promise<readonly { lowWatermark: number; error: ErrorName }[]>,
): Promise<number | KafkaError> {
  try {
    const [result] = await run();
    if (!result) return new KafkaError('UNKNOWN_SERVER_ERROR');
    if (result.error === 'NONE') return result.lowWatermark;
    return new KafkaError(result.error);
  } catch (error) {
    if (error instanceof KafkaError) return error;
    throw error;
  }
}

/** The partition's new start, or why it has none. */
export function deletionLine(partition: TopicPartition, result: number | KafkaError): string {
  const name = topicPartitionName(partition);
  return typeof result === 'number'
    ? `partition: ${name}\tlow_watermark: ${result}\n`
    : `partition: ${name}\terror: ${result.error}: ${result.message}\n`;
}
