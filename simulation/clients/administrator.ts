import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { BrokerParts } from '../../src/broker/broker-apis.ts';
import { errorName } from '../../src/protocol/errors.ts';
import {
  ListOffsetsRequest,
  ListOffsetsResponse,
} from '../../src/protocol/messages/02-list-offsets.ts';
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
} from '../../src/protocol/messages/21-delete-records.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/protocol/messages/44-incremental-alter-configs.ts';
import { mustHold } from '../violation.ts';
import type { ClientWorld, FixedTopic } from './client-world.ts';
import { Disconnected, type SimClient } from './sim-client.ts';

const TOPIC_RESOURCE = 2;
const SET = 0;
const [LATEST, EARLIEST, LARGEST_TIMESTAMP] = [-1, -2, -3];

/** A change that somebody asked for; open while its answer may come. */
interface Asked {
  readonly value: number;
  isOpen: boolean;
}

/** Asks for offsets, deletes records, changes configurations. */
export class Administrator {
  readonly #clients: ClientWorld;
  readonly #random: SimRandom;
  /** `segment.ms` of each topic: as it was answered last, and as asked for since. */
  readonly #answered = new Map<string, number>();
  readonly #asked = new Map<string, Asked[]>();

  constructor(clients: ClientWorld) {
    this.#clients = clients;
    this.#random = clients.random.fork();
  }

  start(): void {
    const random = this.#random;
    this.#clients.actor('admin', async (client) => {
      while (this.#clients.isBusy && !client.isClosed) {
        const topic = random.pick(this.#clients.topics);
        const choice = random.int(10);
        if (choice < 5) await this.#listOffsets(client, topic);
        else if (choice < 7) await this.#deleteRecords(client, topic);
        else await this.#alterConfigs(client, topic);
        await this.#clients.sleep(random.float() * 300);
      }
      return this.#clients.isBusy ? 'again' : 'done';
    });
  }

  /**
   * After a restart: the last answered change of a configuration is in force, or one that came after it. One that is
   * open was sent to the broker that starts, and waits before its door.
   */
  check({ configs }: BrokerParts): void {
    for (const [topic, asked] of this.#asked) {
      const is = configs.topic(topic).segmentMs;
      const answered = this.#answered.get(topic);
      const wasAsked = asked.some(({ value }) => value === is);
      mustHold(wasAsked || answered === is || answered === undefined, () => {
        const values = asked.map(({ value }) => value);
        return `segment.ms of ${topic} is ${is}, not ${answered} or ${values}`;
      });
      if (answered !== undefined || wasAsked) this.#answered.set(topic, is);
      this.#asked.set(
        topic,
        asked.filter(({ isOpen }) => isOpen),
      );
    }
  }

  async #listOffsets(client: SimClient, { name, partitionCount }: FixedTopic): Promise<void> {
    const partition = this.#random.int(partitionCount);
    const ask = async (timestamp: number) => {
      const { topics } = await client.call(ListOffsetsRequest, ListOffsetsResponse, 7, {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex: partition, timestamp }] }],
      });
      const row = topics[0]?.partitions[0];
      const error = errorName(row?.errorCode ?? -1);
      if (error !== 'NONE' || !row) {
        return this.#clients.refused(`ListOffsets of ${name}-${partition}`, error);
      }
      return row;
    };
    const time = this.#clients.process.now() - this.#random.int(2000);
    const start = await ask(EARLIEST);
    const byTime = await ask(time);
    const byLargest = await ask(LARGEST_TIMESTAMP);
    const end = await ask(LATEST);
    const where = `${name}-${partition}`;
    mustHold(start.offset <= end.offset, () => `${where} is from ${start.offset} to ${end.offset}`);
    for (const found of [byTime, byLargest]) {
      mustHold(
        found.offset === -1 || (found.offset >= start.offset && found.offset < end.offset),
        () => `${where} finds ${found.offset} by time, outside ${start.offset} to ${end.offset}`,
      );
    }
    mustHold(
      byTime.offset === -1 || byTime.timestamp >= time,
      () => `${where} finds a record of ${byTime.timestamp} for ${time}`,
    );
    this.#clients.history(name, partition).checkStart(start.offset);
  }

  async #deleteRecords(client: SimClient, topic: FixedTopic): Promise<void> {
    if (topic.isCompacted || !topic.mayExpire) return;
    const partition = this.#random.int(topic.partitionCount);
    const history = this.#clients.history(topic.name, partition);
    const offset = this.#random.int(history.knownEnd + 1);
    const { losses } = history;
    history.deleting(offset);
    const { topics } = await client.call(DeleteRecordsRequest, DeleteRecordsResponse, 2, {
      topics: [{ name: topic.name, partitions: [{ partitionIndex: partition, offset }] }],
      timeoutMs: 20_000,
    });
    const row = topics[0]?.partitions[0];
    const error = errorName(row?.errorCode ?? -1);
    if (error === 'OFFSET_OUT_OF_RANGE' && history.losses > losses) {
      throw new Disconnected(
        `${history.name} has lost what was before ${offset} since it was asked`,
      );
    }
    if (error !== 'NONE' || !row) {
      this.#clients.refused(`DeleteRecords of ${history.name} to ${offset}`, error);
    }
    mustHold(
      row.lowWatermark >= offset,
      () => `${history.name} begins at ${row.lowWatermark} after it was deleted to ${offset}`,
    );
    history.deletedForGood(row.lowWatermark);
    this.#clients.counts.recordsDeleted++;
  }

  async #alterConfigs(client: SimClient, { name }: FixedTopic): Promise<void> {
    const segmentMs = this.#random.pick([200, 1000, 5000]) + this.#random.int(100);
    const change: Asked = { value: segmentMs, isOpen: true };
    this.#asked.set(name, [...(this.#asked.get(name) ?? []), change]);
    const { responses } = await client
      .call(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, {
        resources: [
          {
            resourceType: TOPIC_RESOURCE,
            resourceName: name,
            configs: [{ name: 'segment.ms', configOperation: SET, value: String(segmentMs) }],
          },
        ],
        validateOnly: false,
      })
      .finally(() => {
        change.isOpen = false;
      });
    const error = errorName(responses[0]?.errorCode ?? -1);
    if (error !== 'NONE') this.#clients.refused(`the change of ${name}`, error);
    this.#answered.set(name, segmentMs);
    this.#asked.set(name, []);
    this.#clients.counts.configChanges++;
  }
}
