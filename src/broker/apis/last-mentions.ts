import type { Pace, Steps } from '../../base/slices.ts';
import { eachOf } from '../network/rows.ts';

interface Shape<Topic, Partition> {
  /** A topic's name or id. */
  key(topic: Topic): string;
  partitions(topic: Topic): readonly Partition[];
  index(partition: Partition): number;
  /** The topic with these partitions. */
  withPartitions(topic: Topic, partitions: Partition[]): Topic;
}

/**
 * A request's topics, each once, with each partition as the request names it last: Kafka puts them into a
 * map, and what else was said of them is lost without a word. Yields where the turn is over.
 */
export function* lastMentions<Topic, Partition>(
  pace: Pace,
  topics: readonly Topic[],
  shape: Shape<Topic, Partition>,
): Steps<Topic[]> {
  const byKey = new Map<string, { topic: Topic; partitions: Map<number, Partition> }>();
  for (const topic of topics) {
    const key = shape.key(topic);
    let known = byKey.get(key);
    if (!known) {
      known = { topic, partitions: new Map() };
      byKey.set(key, known);
    }
    for (const partition of shape.partitions(topic)) {
      known.partitions.set(shape.index(partition), partition);
      if (pace.isOver()) yield;
    }
    if (pace.isOver()) yield;
  }
  const last: Topic[] = [];
  for (const { topic, partitions } of byKey.values()) {
    last.push(shape.withPartitions(topic, yield* eachOf(pace, partitions.values(), (one) => one)));
  }
  return last;
}
