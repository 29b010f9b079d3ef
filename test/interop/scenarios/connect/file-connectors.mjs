// The two connectors that Kafka brings along, and their configurations.

/** Lines appended to `file` become records of `topic`, which the connector makes. */
export const fileSource = (name, { topic, file }) => ({
  name,
  'connector.class': 'FileStreamSource',
  'tasks.max': 1,
  file,
  topic,
  // The topic is made by the worker itself, as the broker makes none on its own.
  'topic.creation.default.replication.factor': 1,
  'topic.creation.default.partitions': 1,
});

/** Records of `topic` become lines at the end of `file`. */
export const fileSink = (name, { topic, file }) => ({
  name,
  'connector.class': 'FileStreamSink',
  'tasks.max': 1,
  file,
  topics: topic,
});
