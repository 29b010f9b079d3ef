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
 * map, and what else was said of them is lost without a word.
 */
export function lastMentions<Topic, Partition>(
  topics: readonly Topic[],
  shape: Shape<Topic, Partition>,
): Topic[] {
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
    }
  }
  return Array.from(byKey.values(), ({ topic, partitions }) =>
    shape.withPartitions(topic, [...partitions.values()]),
  );
}
