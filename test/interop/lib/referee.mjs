// A referee that is none of the clients under test: a few requests of the Kafka protocol, encoded by hand in
// versions old enough for every broker and free of tagged fields. It prepares topics and checks what a client did.
import { RawConnection, Writer } from './raw.mjs';

/** The referee: connects to one broker of `host:port` and answers questions about its state. */
export class Referee {
  #connection;

  constructor(bootstrap) {
    const colon = bootstrap.lastIndexOf(':');
    this.#connection = new RawConnection(
      bootstrap.slice(0, colon),
      Number(bootstrap.slice(colon + 1)),
    );
  }

  /** Creates a topic (CreateTopics v2) and waits until its partitions have leaders. */
  async createTopic(name, { partitions = 1, configs = {} } = {}) {
    const body = new Writer();
    body.array([name], () => {
      body
        .string(name)
        .int32(partitions)
        .int16(1)
        .array([], () => {});
      body.array(Object.entries(configs), ([key, value]) => body.string(key).string(String(value)));
    });
    body.int32(15_000).int8(0);
    const reader = await this.#connection.request(19, 2, body.done());
    reader.int32();
    const [error] = reader.array(() => ({
      topic: reader.string(),
      code: reader.int16(),
      message: reader.string(),
    }));
    if (error.code !== 0) throw new Error(`creating ${name}: error ${error.code} ${error.message}`);
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await this.#isReady(name, partitions)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`topic ${name} got no leaders`);
  }

  /** Whether every partition has a leader that knows it is one: a broker may publish a leader before it leads. */
  async #isReady(name, partitions) {
    const topic = await this.describeTopic(name);
    const led = topic?.partitions.filter(({ error, leader }) => error === 0 && leader >= 0);
    if (led?.length !== partitions) return false;
    for (let partition = 0; partition < partitions; partition++) {
      if (await this.listOffset(name, partition, -2).catch(() => true)) return false;
    }
    return true;
  }

  /** The topic as Metadata v4 tells without creating it: `{ name, partitions: [...] }`, or null when absent. */
  async describeTopic(name) {
    const [topic] = await this.#metadata([name]);
    return topic.error === 0 ? topic : null;
  }

  /** Every topic, each `{ name, internal, partitions: [{ partition, leader, error }] }`. */
  allTopics() {
    return this.#metadata(null);
  }

  async #metadata(names) {
    const body = new Writer();
    body.array(names, (name) => body.string(name)).int8(0);
    const reader = await this.#connection.request(3, 4, body.done());
    reader.int32();
    reader.array(() => [reader.int32(), reader.string(), reader.int32(), reader.string()]);
    reader.string();
    reader.int32();
    return reader.array(() => ({
      error: reader.int16(),
      name: reader.string(),
      internal: reader.boolean(),
      partitions: reader.array(() => {
        const partition = {
          error: reader.int16(),
          partition: reader.int32(),
          leader: reader.int32(),
        };
        reader.array(reader.int32);
        reader.array(reader.int32);
        return partition;
      }),
    }));
  }

  /** DescribeConfigs v1 of a topic, as an object of name to value. */
  async describeConfigs(topic) {
    const body = new Writer();
    body.array([topic], () =>
      body
        .int8(2)
        .string(topic)
        .array(null, () => {}),
    );
    body.int8(0);
    const reader = await this.#connection.request(32, 1, body.done());
    reader.int32();
    const [resource] = reader.array(() => ({
      error: reader.int16(),
      message: reader.string(),
      type: reader.int8(),
      name: reader.string(),
      configs: reader.array(() => {
        const entry = [reader.string(), reader.string()];
        reader.boolean();
        reader.int8();
        reader.boolean();
        reader.array(() => [reader.string(), reader.string(), reader.int8()]);
        return entry;
      }),
    }));
    if (resource.error !== 0)
      throw new Error(`describing ${topic}: error ${resource.error} ${resource.message}`);
    return Object.fromEntries(resource.configs);
  }

  /** ListOffsets v1: `timestamp` -1 is the end, -2 the start, else the first record at or after it. */
  async listOffset(topic, partition, timestamp) {
    const body = new Writer();
    body.int32(-1).array([topic], () => {
      body.string(topic).array([partition], () => body.int32(partition).int64(timestamp));
    });
    const reader = await this.#connection.request(2, 1, body.done());
    const [answer] = reader.array(() => {
      reader.string();
      return reader.array(() => ({
        partition: reader.int32(),
        error: reader.int16(),
        timestamp: reader.int64(),
        offset: reader.int64(),
      }))[0];
    });
    if (answer.error !== 0)
      throw new Error(`offset of ${topic}-${partition}: error ${answer.error}`);
    return answer.offset;
  }

  /** OffsetFetch v1: the committed offset of one partition, -1 when there is none. */
  async committed(group, topic, partition) {
    for (let attempt = 0; ; attempt++) {
      const { error, offset } = await this.#offsetFetch(group, topic, partition);
      if (error === 0) return offset;
      // No coordinator yet, or it is loading: asking for one makes the broker create the offsets topic.
      if (![14, 15, 16].includes(error) || attempt === 100) {
        throw new Error(`committed offset of ${group}: error ${error}`);
      }
      await this.#connection.request(10, 0, new Writer().string(group).done());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #offsetFetch(group, topic, partition) {
    const body = new Writer();
    body.string(group).array([topic], () => {
      body.string(topic).array([partition], () => body.int32(partition));
    });
    const reader = await this.#connection.request(9, 1, body.done());
    const [answer] = reader.array(() => {
      reader.string();
      return reader.array(() => ({
        partition: reader.int32(),
        offset: reader.int64(),
        metadata: reader.string(),
        error: reader.int16(),
      }))[0];
    });
    return answer;
  }

  close() {
    this.#connection.close();
  }
}
