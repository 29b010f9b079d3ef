// What a scenario does to a cluster by hand, and asks it: with no client whose work is being judged.
import assert from 'node:assert/strict';
import { batch, recordsIn } from '../../lib/batch.mjs';
import { until } from '../../lib/processes.mjs';
import { RawConnection } from '../../lib/raw.mjs';
import { Referee } from '../../lib/referee.mjs';
import * as requests from '../../lib/requests.mjs';

/** IncrementalAlterConfigs: the operation that sets a value. */
const SET = 0;

export class Cluster {
  #referee;
  #connection;

  constructor(bootstrap) {
    const [host, port] = bootstrap.split(':');
    this.#referee = new Referee(bootstrap);
    this.#connection = new RawConnection(host, Number(port));
  }

  createTopic = (name, shape) => this.#referee.createTopic(name, shape);
  describeTopic = (name) => this.#referee.describeTopic(name);
  describeConfigs = (topic) => this.#referee.describeConfigs(topic);
  committed = (group, topic, partition) => this.#referee.committed(group, topic, partition);

  async produce(topic, partition, { records, timestamp }) {
    const bytes = batch(records, { timestamp });
    const { error } = await requests.produce(this.#connection, topic, bytes, { partition });
    assert.equal(error, 0, `producing to ${topic}-${partition}`);
  }

  /** Whether so many records are in a partition; not while it, or its topic, is still being made. */
  async holds(topic, partition, count) {
    if ((await this.describeTopic(topic))?.partitions[partition] === undefined) return false;
    // A partition may be known before its leader knows that it leads.
    const end = await this.#referee.listOffset(topic, partition, -1).catch(() => -1);
    return end >= count;
  }

  /** Every record of a partition. */
  async records(topic, partition) {
    const end = await this.#referee.listOffset(topic, partition, -1);
    const records = [];
    while ((records.at(-1)?.offset ?? -1) < end - 1) {
      const offset = (records.at(-1)?.offset ?? -1) + 1;
      const answer = await requests.fetch(this.#connection, [{ topic, partition, offset }]);
      const [{ error, records: bytes }] = answer.partitions;
      assert.equal(error, 0, `reading ${topic}-${partition}`);
      const found = recordsIn(bytes ?? Buffer.alloc(0)).filter((one) => one.offset >= offset);
      assert.ok(found.length > 0, `${topic}-${partition} ends at ${offset}, not ${end}`);
      records.push(...found);
    }
    return records;
  }

  /** Commits for a group without members. */
  async commit(group, topic, partition, offset) {
    // Asking first makes the broker create the offsets topic and load the group.
    await this.committed(group, topic, partition);
    const error = await requests.offsetCommit(this.#connection, group, topic, offset, {
      partition,
    });
    assert.equal(error, 0, `committing for ${group}`);
  }

  /** Resolves once the new partitions have leaders. */
  async addPartitions(topic, total) {
    const [{ error }] = await requests.createPartitions(this.#connection, topic, total);
    assert.equal(error, 0, `partitions for ${topic}`);
    const isLed = async () => {
      const { partitions } = await this.describeTopic(topic);
      return partitions.length === total && partitions.every((one) => one.leader >= 0);
    };
    await until(isLed, { what: `leaders of ${total} partitions of ${topic}` });
  }

  async setConfig(topic, name, value) {
    const changes = [[topic, [[name, SET, value]]]];
    const [error] = await requests.incrementalAlterConfigs(this.#connection, changes);
    assert.equal(error, 0, `${name} of ${topic}`);
  }

  close() {
    this.#referee.close();
    this.#connection.close();
  }
}
