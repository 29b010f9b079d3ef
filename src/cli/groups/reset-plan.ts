import { addInt64, INT64_MAX, type Int64, saturated } from '../../base/int64.ts';
import {
  type Cluster,
  fetchCommitted,
  listOffsets,
  OFFSET_SPECS,
  type TopicPartition,
  topicPartitionName,
} from '../../client/index.ts';
import { CliError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { inOrder } from './partitions.ts';
import type { PlannedOffset } from './tables.ts';

/** Where `--reset-offsets` moves a group to. */
export type ResetSpec =
  | { readonly to: 'earliest' | 'latest' | 'current' }
  | { readonly to: 'offset'; readonly offset: Int64 }
  | { readonly to: 'time'; readonly timestamp: number }
  | { readonly to: 'shift'; readonly by: Int64 }
  | { readonly to: 'plan'; readonly plan: ReadonlyMap<string, readonly PlannedOffset[]> };

/** The new offsets of one group, in order of topic and partition. Throws CliError. */
export async function planReset(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  spec: ResetSpec,
  terminal: Terminal,
): Promise<PlannedOffset[]> {
  const ends = (of: readonly TopicPartition[]) => offsetsAt(cluster, of, OFFSET_SPECS.latest);
  switch (spec.to) {
    case 'earliest':
    case 'latest':
      return inOrder(await offsetsAt(cluster, partitions, OFFSET_SPECS[spec.to]));
    case 'offset':
      return withinLog(
        cluster,
        partitions.map(({ topic, partition }) => ({ topic, partition, offset: spec.offset })),
        terminal,
      );
    case 'time':
      return atTime(cluster, partitions, spec.timestamp, terminal);
    case 'shift': {
      const committed = await committedOf(cluster, groupId);
      const wanted = partitions.map((partition) => {
        const from = committed.get(topicPartitionName(partition));
        if (!from) {
          throw new CliError(
            `Cannot shift offset for partition ${topicPartitionName(partition)} since there is no current committed offset`,
          );
        }
        return { ...from, offset: shifted(from.offset, spec.by) };
      });
      return withinLog(cluster, wanted, terminal);
    }
    case 'current': {
      const committed = await committedOf(cluster, groupId);
      const rest = partitions.filter((p) => !committed.has(topicPartitionName(p)));
      const known = partitions.flatMap((p) => committed.get(topicPartitionName(p)) ?? []);
      return inOrder([...known, ...(await ends(rest))]);
    }
    case 'plan': {
      const rows = spec.plan.get(groupId);
      if (rows) return withinLog(cluster, rows, terminal);
      terminal.out(`\nError: No reset plan for group ${groupId} found\n`);
      return [];
    }
  }
}

/** Where the sum would wrap, the farthest offset of its direction. */
function shifted(offset: Int64, by: Int64): Int64 {
  const sum = addInt64(offset, by);
  if (by > 0 && sum < offset) return INT64_MAX;
  return by < 0 && sum > offset ? -INT64_MAX : sum;
}

async function committedOf(cluster: Cluster, groupId: string): Promise<Map<string, PlannedOffset>> {
  const committed = await fetchCommitted(cluster, groupId, null);
  return new Map(
    committed.map(({ topic, partition, offset }) => [
      topicPartitionName({ topic, partition }),
      { topic, partition, offset },
    ]),
  );
}

async function offsetsAt(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<PlannedOffset[]> {
  const found = await listOffsets(
    cluster,
    partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })),
  );
  return [...found.values()].map(({ topic, partition, offset }) => ({ topic, partition, offset }));
}

async function atTime(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  timestamp: number,
  terminal: Terminal,
): Promise<PlannedOffset[]> {
  const found = await offsetsAt(cluster, partitions, timestamp);
  const later = found.filter(({ offset }) => offset < 0);
  for (const { topic, partition } of inOrder(later)) {
    terminal.out(
      `\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.\n`,
    );
  }
  const ends = await offsetsAt(cluster, later, OFFSET_SPECS.latest);
  return inOrder([...found.filter(({ offset }) => offset >= 0), ...ends]);
}

/** An offset outside the log becomes the nearest one inside. */
async function withinLog(
  cluster: Cluster,
  wanted: readonly PlannedOffset[],
  terminal: Terminal,
): Promise<PlannedOffset[]> {
  const byName = (offsets: readonly PlannedOffset[]) =>
    new Map(offsets.map((offset) => [topicPartitionName(offset), saturated(offset.offset)]));
  const starts = byName(await offsetsAt(cluster, wanted, OFFSET_SPECS.earliest));
  const ends = byName(await offsetsAt(cluster, wanted, OFFSET_SPECS.latest));
  return inOrder(
    wanted.map((plan) => {
      const name = topicPartitionName(plan);
      const start = starts.get(name) ?? 0;
      const end = ends.get(name) ?? start;
      const offset = Math.max(start, Math.min(end, saturated(plan.offset)));
      if (offset !== plan.offset) {
        const [side, bound] = offset === end ? ['higher', 'latest'] : ['lower', 'earliest'];
        terminal.err(
          `WARN New offset (${plan.offset}) is ${side} than ${bound} offset for topic partition ${name}. Value will be set to ${offset}.\n`,
        );
      }
      return { ...plan, offset };
    }),
  );
}
