// What the broker under measurement holds: many topics, many groups with committed offsets, and one partition with
// many producers.
import { connect } from 'node:net';
import { answerOf, batchOf, frameOf } from './protocol.mjs';
import { digits } from './requests.mjs';

const IN_FLIGHT = 64;
const TOPICS_A_REQUEST = 1000;
const PARTITIONS = 100;
const LIMIT_MS = 120_000;
const COORDINATOR_LOAD_IN_PROGRESS = 14;

export const HOT_TOPIC = 'hot';
export const PROBE_TOPIC = 'probe';
export const COMPACTED_TOPIC = 'compacted';
/** A topic that every group has committed for. */
export const COMMITTED_TOPIC = 'committed';
export const BOMBS_TOPIC = 'bombs';

/** One connection whose answers come in the order of the requests. */
export class Connection {
  #socket;
  #waiting = [];
  #received = [];
  #size = 0;

  constructor(address) {
    const [host, port] = address.split(':');
    this.#socket = connect(Number(port), host);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      for (const { reject } of this.#waiting) reject(new Error('the connection was closed'));
      this.#waiting = [];
    });
    this.#socket.on('data', (chunk) => this.#take(chunk));
  }

  #take(chunk) {
    this.#received.push(chunk);
    this.#size += chunk.length;
    if (this.#received.length > 1 && this.#size < this.#needed) return;
    let all = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    while (all.length >= 4 && all.length >= 4 + all.readInt32BE(0)) {
      const size = all.readInt32BE(0);
      this.#waiting.shift()?.resolve(all.subarray(4, 4 + size));
      all = all.subarray(4 + size);
    }
    this.#received = all.length > 0 ? [all] : [];
    this.#size = all.length;
    this.#needed = all.length >= 4 ? 4 + all.readInt32BE(0) : 4;
  }
  #needed = 4;

  /** The answer's bytes without its length. */
  send(frame) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(frame);
    });
  }

  async call(name, version, input) {
    return answerOf(name, version, await this.send(frameOf(name, version, input)));
  }

  close() {
    this.#socket.destroy();
  }
}

export const produceFrame = (topic, records, version = 3) =>
  frameOf('Produce', version, {
    acks: 1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });

/** Up to {@link IN_FLIGHT} at a time. */
async function forEach(count, work) {
  const stopAt = performance.now() + LIMIT_MS;
  let next = 0;
  const worker = async () => {
    while (next < count) {
      if (performance.now() > stopAt) throw new Error('the preparation takes too long');
      await work(next++);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

/** Fills a fresh broker; resolves with what requests about it have to know. */
export async function prepare(address, { topics, groups, producers }) {
  const connection = new Connection(address);
  const make = async (names, numPartitions = 1, configs = []) => {
    const { topics: rows } = await connection.call('CreateTopics', 4, {
      topics: names.map((name) => ({ name, numPartitions, replicationFactor: 1, configs })),
      timeoutMs: LIMIT_MS,
    });
    const failed = rows.find(({ errorCode }) => errorCode !== 0);
    if (failed) throw new Error(`${failed.name}: error ${failed.errorCode}`);
  };
  await make([HOT_TOPIC], PARTITIONS);
  await make([PROBE_TOPIC, COMMITTED_TOPIC, BOMBS_TOPIC]);
  await make([COMPACTED_TOPIC], 1, [{ name: 'cleanup.policy', value: 'compact' }]);
  const names = Array.from({ length: topics }, (_, index) => `topic-${digits(index)}`);
  for (let at = 0; at < topics; at += TOPICS_A_REQUEST) {
    await make(names.slice(at, at + TOPICS_A_REQUEST));
  }
  await forEach(producers, (n) =>
    connection.send(
      produceFrame(
        HOT_TOPIC,
        batchOf('x', { producerId: 1_000_000 + n, producerEpoch: 0, baseSequence: 0 }),
      ),
    ),
  );
  await connection.call('FindCoordinator', 0, { key: 'group-0' });
  await forEach(groups, async (n) => {
    for (;;) {
      const { topics: rows } = await connection.call('OffsetCommit', 2, {
        groupId: `group-${digits(n)}`,
        generationIdOrMemberEpoch: -1,
        retentionTimeMs: -1,
        topics: [
          { name: COMMITTED_TOPIC, partitions: [{ partitionIndex: 0, committedOffset: n }] },
        ],
      });
      const error = rows[0].partitions[0].errorCode;
      if (error === 0) return;
      if (error !== COORDINATOR_LOAD_IN_PROGRESS && error !== 15 && error !== 16)
        throw new Error(`a commit: error ${error}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  const { topics: all, brokers } = await connection.call('Metadata', 12, { topics: null });
  const { apiKeys } = await connection.call('ApiVersions', 0, {});
  connection.close();
  const idOf = ({ topicId }) => Buffer.from(topicId, 'base64url');
  return {
    apiKeys,
    brokerId: String(brokers[0].nodeId),
    hotTopic: HOT_TOPIC,
    hotTopicId: idOf(all.find(({ name }) => name === HOT_TOPIC)),
    topicIds: all.filter(({ name }) => name.startsWith('topic-')).map(idOf),
    partitions: PARTITIONS,
    names: topics,
    batch: batchOf('x'),
  };
}
