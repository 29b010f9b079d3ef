// Requests for the probes, in versions without tagged fields. Each takes a RawConnection and answers plain objects.
import { Writer } from './raw.mjs';

const configsOf = (body, configs) =>
  body.array(Object.entries(configs), ([key, value]) => body.string(key).string(value));

/** CreateTopics v4. Topics are `{ name, partitions, replicas, configs }`. Answers `{ name: error code }`. */
export async function createTopics(connection, topics, { validateOnly = false } = {}) {
  const body = new Writer();
  body.array(topics, ({ name, partitions = 1, replicas = 1, configs = {} }) => {
    body
      .string(name)
      .int32(partitions)
      .int16(replicas)
      .array([], () => {});
    configsOf(body, configs);
  });
  body.int32(10_000).int8(validateOnly ? 1 : 0);
  const reader = await connection.request(19, 4, body.done());
  reader.int32();
  return Object.fromEntries(
    reader.array(() => {
      const row = [reader.string(), reader.int16()];
      reader.string();
      return row;
    }),
  );
}

/** CreatePartitions v1. Answers `[{ name, error }]`. */
export async function createPartitions(connection, name, total) {
  const body = new Writer();
  body.array([name], () =>
    body
      .string(name)
      .int32(total)
      .array(null, () => {}),
  );
  body.int32(10_000).int8(0);
  const reader = await connection.request(37, 1, body.done());
  reader.int32();
  return reader.array(() => {
    const row = { name: reader.string(), error: reader.int16() };
    reader.string();
    return row;
  });
}

/** DeleteTopics v1. Answers `{ name: error code }`. */
export async function deleteTopics(connection, names) {
  const body = new Writer();
  body.array(names, (name) => body.string(name)).int32(10_000);
  const reader = await connection.request(20, 1, body.done());
  reader.int32();
  return Object.fromEntries(reader.array(() => [reader.string(), reader.int16()]));
}

/** Metadata v0 or v1 of these topics (null: see the version). Answers `[{ error, name }]`. */
export async function metadata(connection, version, names) {
  const body = new Writer();
  body.array(names, (name) => body.string(name));
  const reader = await connection.request(3, version, body.done());
  reader.array(() => [
    reader.int32(),
    reader.string(),
    reader.int32(),
    version > 0 ? reader.string() : null,
  ]);
  if (version > 0) reader.int32();
  return reader.array(() => {
    const topic = { error: reader.int16(), name: reader.string() };
    if (version > 0) reader.boolean();
    reader.array(() => {
      reader.int16();
      reader.int32();
      reader.int32();
      reader.array(reader.int32);
      reader.array(reader.int32);
    });
    return topic;
  });
}

/** DescribeConfigs v1 of a topic. Answers `{ error, configs: { name: { value, source } } }`. */
export async function describeConfigs(connection, topic) {
  const body = new Writer();
  body
    .array([topic], () =>
      body
        .int8(2)
        .string(topic)
        .array(null, () => {}),
    )
    .int8(1);
  const reader = await connection.request(32, 1, body.done());
  reader.int32();
  return reader.array(() => {
    const error = reader.int16();
    reader.string();
    reader.int8();
    reader.string();
    const configs = reader.array(() => {
      const name = reader.string();
      const value = reader.string();
      const readOnly = reader.boolean();
      const source = reader.int8();
      const sensitive = reader.boolean();
      const synonyms = reader.array(() => [reader.string(), reader.string(), reader.int8()]);
      return [name, { value, source, readOnly, sensitive, synonyms }];
    });
    return { error, configs: Object.fromEntries(configs) };
  })[0];
}

/** IncrementalAlterConfigs v0 of topics: `[topic, [[name, operation, value], ...]]`. Answers error codes. */
export async function incrementalAlterConfigs(
  connection,
  resources,
  { validateOnly = false } = {},
) {
  const body = new Writer();
  body.array(resources, ([topic, changes]) => {
    body.int8(2).string(topic);
    body.array(changes, ([name, operation, value]) =>
      body.string(name).int8(operation).string(value),
    );
  });
  body.int8(validateOnly ? 1 : 0);
  const reader = await connection.request(44, 0, body.done());
  reader.int32();
  return reader.array(() => {
    const error = reader.int16();
    reader.string();
    reader.int8();
    reader.string();
    return error;
  });
}

/** Produce of raw bytes, v3 to v8. Answers `{ error, baseOffset, logAppendTime, logStartOffset, recordErrors }`. */
export async function produce(
  connection,
  topic,
  bytes,
  { version = 8, acks = -1, partition = 0 } = {},
) {
  const body = new Writer();
  body
    .string(null)
    .int16(acks)
    .int32(5_000)
    .array([topic], () => {
      body.string(topic).array([partition], () => body.int32(partition).bytes(bytes));
    });
  const reader = await connection.request(0, version, body.done());
  return reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      const answer = {
        error: reader.int16(),
        baseOffset: reader.int64(),
        logAppendTime: reader.int64(),
      };
      if (version >= 5) answer.logStartOffset = reader.int64();
      if (version >= 8) {
        answer.recordErrors = reader.array(() => {
          const index = reader.int32();
          reader.string();
          return index;
        });
        reader.string();
      }
      return answer;
    })[0];
  })[0];
}

/** The body of a Fetch, v4 to v11. `partitions` are `{ topic, partition, offset, maxBytes, leaderEpoch }`. */
export function fetchBody(version, partitions, options = {}) {
  const {
    maxWait = 0,
    minBytes = 1,
    maxBytes = 10_000_000,
    isolation = 0,
    session = 0,
    epoch = -1,
    forgotten = [],
  } = options;
  const body = new Writer();
  body.int32(-1).int32(maxWait).int32(minBytes).int32(maxBytes).int8(isolation);
  if (version >= 7) body.int32(session).int32(epoch);
  body.array(
    partitions,
    ({ topic, partition = 0, offset, maxBytes: limit = 1_000_000, leaderEpoch = -1 }) => {
      body.string(topic).array([partition], () => {
        body.int32(partition);
        if (version >= 9) body.int32(leaderEpoch);
        body.int64(offset);
        if (version >= 5) body.int64(-1);
        body.int32(limit);
      });
    },
  );
  if (version >= 7) {
    body.array(forgotten, ({ topic, partition = 0 }) =>
      body.string(topic).array([partition], (p) => body.int32(p)),
    );
  }
  if (version >= 11) body.string('');
  return body.done();
}

/** Reads the answer to a Fetch: `{ error, session, partitions: [{ topic, partition, error, ..., records }] }`. */
export function readFetch(version, reader) {
  reader.int32();
  const answer = {
    error: version >= 7 ? reader.int16() : 0,
    session: version >= 7 ? reader.int32() : 0,
  };
  answer.partitions = reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = {
          topic,
          partition: reader.int32(),
          error: reader.int16(),
          highWatermark: reader.int64(),
        };
        reader.int64();
        if (version >= 5) partition.logStartOffset = reader.int64();
        partition.aborted = reader.array(() => [reader.int64(), reader.int64()]);
        if (version >= 11) reader.int32();
        partition.records = reader.bytes();
        return partition;
      });
    })
    .flat();
  return answer;
}

export async function fetch(connection, partitions, { version = 11, ...options } = {}) {
  return readFetch(
    version,
    await connection.request(1, version, fetchBody(version, partitions, options)),
  );
}

/** ListOffsets, v0 to v5, of one partition. Answers `{ error, timestamp, offset }` (v0: `{ error, offsets }`). */
export async function listOffsets(
  connection,
  topic,
  timestamp,
  { version = 5, leaderEpoch = -1, isolation = 0, partition = 0 } = {},
) {
  const body = new Writer();
  body.int32(-1);
  if (version >= 2) body.int8(isolation);
  body.array([topic], () => {
    body.string(topic).array([partition], () => {
      body.int32(partition);
      if (version >= 4) body.int32(leaderEpoch);
      body.int64(timestamp);
      if (version === 0) body.int32(10);
    });
  });
  const reader = await connection.request(2, version, body.done());
  if (version >= 2) reader.int32();
  return reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      const error = reader.int16();
      if (version === 0) return { error, offsets: reader.array(reader.int64) };
      const answer = { error, timestamp: reader.int64(), offset: reader.int64() };
      if (version >= 4) reader.int32();
      return answer;
    })[0];
  })[0];
}

/** DeleteRecords v1 of one partition. Answers `{ lowWatermark, error }`. */
export async function deleteRecords(connection, topic, before, { partition = 0 } = {}) {
  const body = new Writer();
  body.array([topic], () =>
    body.string(topic).array([partition], () => body.int32(partition).int64(before)),
  );
  body.int32(10_000);
  const reader = await connection.request(21, 1, body.done());
  reader.int32();
  return reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      return { lowWatermark: reader.int64(), error: reader.int16() };
    })[0];
  })[0];
}

/** InitProducerId v1 without a transactional id, asked until ids can be had. Answers `{ error, producerId, epoch }`. */
export async function initProducerId(connection) {
  for (let attempt = 0; ; attempt++) {
    const reader = await connection.request(22, 1, new Writer().string(null).int32(60_000).done());
    reader.int32();
    const answer = { error: reader.int16(), producerId: reader.int64(), epoch: reader.int16() };
    if (![14, 15].includes(answer.error) || attempt === 100) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** FindCoordinator v1, asked until there is one and it has loaded the group. Answers its error code. */
export async function findCoordinator(connection, key, type = 0) {
  for (let attempt = 0; ; attempt++) {
    const reader = await connection.request(10, 1, new Writer().string(key).int8(type).done());
    reader.int32();
    const error = reader.int16();
    const loaded = error === 0 && type === 0 ? (await describeGroup(connection, key)).error : error;
    if (![14, 15, 16].includes(loaded) || attempt === 100) return error;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * A consumer's subscription with the protocol's name as user data. It must be one that can be read: Kafka 3.9 takes
 * any bytes at face value there and fails to allocate the list that garbage announces.
 */
const subscription = (name) =>
  new Writer()
    .int16(0)
    .array([], () => {})
    .bytes(Buffer.from(name))
    .done();

/** JoinGroup, v0 to v5. Answers `{ error, generation, protocol, leader, member, members }`. */
export async function joinGroup(
  connection,
  group,
  {
    version = 5,
    member = '',
    session = 10_000,
    rebalance = 10_000,
    type = 'consumer',
    protocols = ['range'],
    instance = null,
  } = {},
) {
  const body = new Writer();
  body.string(group).int32(session);
  if (version >= 1) body.int32(rebalance);
  body.string(member);
  if (version >= 5) body.string(instance);
  body.string(type).array(protocols, (name) => body.string(name).bytes(subscription(name)));
  const reader = await connection.request(11, version, body.done());
  if (version >= 2) reader.int32();
  return {
    error: reader.int16(),
    generation: reader.int32(),
    protocol: reader.string(),
    leader: reader.string(),
    member: reader.string(),
    members: reader.array(() => {
      const id = reader.string();
      const instanceId = version >= 5 ? reader.string() : null;
      return { id, instanceId, metadata: reader.bytes().toString() };
    }),
  };
}

/** SyncGroup, v0 to v3. `assignments` are `[member, text]`. Answers `{ error, assignment }`. */
export async function syncGroup(
  connection,
  group,
  { version = 3, generation, member, instance = null, assignments = [] },
) {
  const body = new Writer();
  body.string(group).int32(generation).string(member);
  if (version >= 3) body.string(instance);
  body.array(assignments, ([id, text]) => body.string(id).bytes(Buffer.from(text)));
  const reader = await connection.request(14, version, body.done());
  if (version >= 1) reader.int32();
  return { error: reader.int16(), assignment: reader.bytes().toString() };
}

/** Heartbeat, v0 to v3. Answers the error code. */
export async function heartbeat(
  connection,
  group,
  { version = 3, generation, member, instance = null },
) {
  const body = new Writer();
  body.string(group).int32(generation).string(member);
  if (version >= 3) body.string(instance);
  const reader = await connection.request(12, version, body.done());
  if (version >= 1) reader.int32();
  return reader.int16();
}

/** LeaveGroup v3. `members` are `[id, instance]`. Answers `{ error, members: [error code] }`. */
export async function leaveGroup(connection, group, members) {
  const body = new Writer();
  body.string(group).array(members, ([id, instance]) => body.string(id).string(instance));
  const reader = await connection.request(13, 3, body.done());
  reader.int32();
  return {
    error: reader.int16(),
    members: reader.array(() => {
      reader.string();
      reader.string();
      return reader.int16();
    }),
  };
}

/** OffsetCommit v5 of one partition. Answers the error code. */
export async function offsetCommit(
  connection,
  group,
  topic,
  offset,
  { generation = -1, member = '', metadata: note = '', partition = 0 } = {},
) {
  const body = new Writer();
  body
    .string(group)
    .int32(generation)
    .string(member)
    .array([topic], () => {
      body.string(topic).array([partition], () => body.int32(partition).int64(offset).string(note));
    });
  const reader = await connection.request(8, 5, body.done());
  reader.int32();
  return reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      return reader.int16();
    })[0];
  })[0];
}

/** OffsetFetch v3; `topics` is an object of topic to partitions, or null for all. */
export async function offsetFetch(connection, group, topics) {
  const body = new Writer();
  body
    .string(group)
    .array(topics === null ? null : Object.entries(topics), ([topic, partitions]) => {
      body.string(topic).array(partitions, (partition) => body.int32(partition));
    });
  const reader = await connection.request(9, 3, body.done());
  reader.int32();
  const rows = reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => ({
        topic,
        partition: reader.int32(),
        offset: reader.int64(),
        metadata: reader.string(),
        error: reader.int16(),
      }));
    })
    .flat();
  return { rows, error: reader.int16() };
}

/** DescribeGroups v1. Answers `{ error, state, protocolType, protocol, members }`, members being their number. */
export async function describeGroup(connection, group) {
  const body = new Writer();
  body.array([group], () => body.string(group));
  const reader = await connection.request(15, 1, body.done());
  reader.int32();
  return reader.array(() => {
    const error = reader.int16();
    reader.string();
    const answer = {
      error,
      state: reader.string(),
      protocolType: reader.string(),
      protocol: reader.string(),
    };
    answer.members = reader.array(() => [
      reader.string(),
      reader.string(),
      reader.string(),
      reader.bytes(),
      reader.bytes(),
    ]).length;
    return answer;
  })[0];
}

/** DeleteGroups v1. Answers the error code. */
export async function deleteGroup(connection, group) {
  const body = new Writer();
  body.array([group], () => body.string(group));
  const reader = await connection.request(42, 1, body.done());
  reader.int32();
  return reader.array(() => {
    reader.string();
    return reader.int16();
  })[0];
}
