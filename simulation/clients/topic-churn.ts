import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { BrokerParts } from '../../src/broker/broker-apis.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/03-metadata.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../src/protocol/messages/19-create-topics.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../src/protocol/messages/20-delete-topics.ts';
import { buildBatch } from '../../src/protocol/records/batch-builder.ts';
import { mustHold } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import type { SimClient } from './sim-client.ts';

const PARTITIONS = 2;

/** Long enough for whatever a broken connection left under way in the broker. */
const SETTLING_MS = 15_000;

/** What is known of the topic: there with this id, not there, or unknown since no answer came. */
type Known = { readonly topicId: string } | 'absent' | 'unknown';

/** Creates and deletes one topic over and over, with a few records in it. */
export class TopicChurn {
  readonly #clients: ClientWorld;
  readonly #topic: string;
  readonly #random: SimRandom;
  #known: Known = 'absent';
  #unknownSinceMs = 0;

  constructor(clients: ClientWorld, topic: string) {
    this.#clients = clients;
    this.#topic = topic;
    this.#random = clients.random.fork();
  }

  start(): void {
    this.#clients.actor(this.#topic, async (client) => {
      while (this.#clients.isBusy && !client.isClosed) {
        if (this.#known === 'unknown') await this.#ask(client);
        else if (this.#known === 'absent') await this.#create(client);
        else if (this.#random.chance(0.6)) await this.#delete(client);
        else await this.#produce(client);
        await this.#clients.sleep(this.#random.float() * 200);
      }
      return this.#clients.isBusy ? 'again' : 'done';
    });
  }

  /** After a restart: what was answered is so. A power cut may bring removed files back, unused. */
  check({ metadata, logs }: BrokerParts, mayComeBack: boolean): void {
    const found = metadata.snapshot.topics.get(this.#topic);
    const known = this.#known;
    if (known === 'unknown') {
      this.#unknownSinceMs = this.#clients.world.loop.nowMs;
      return;
    }
    if (known === 'absent') {
      mustHold(found === undefined, () => `${this.#topic} was deleted, it is back`);
      const hasLogs = Array.from(logs.logs()).some(({ topic }) => topic === this.#topic);
      mustHold(mayComeBack || !hasLogs, () => `${this.#topic} was deleted and left its logs`);
      return;
    }
    mustHold(
      found?.id === known.topicId,
      () => `${this.#topic} is ${found?.id ?? 'gone'}, it was made as ${known.topicId}`,
    );
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const log = logs.get(this.#topic, partition);
      mustHold(
        log?.topicId === known.topicId,
        () => `${this.#topic}-${partition} has the log of ${log?.topicId}, not ${known.topicId}`,
      );
    }
  }

  async #create(client: SimClient): Promise<void> {
    this.#becomeUnknown();
    const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, {
      topics: [{ name: this.#topic, numPartitions: PARTITIONS, replicationFactor: 1 }],
      timeoutMs: 20_000,
    });
    const error = errorName(topics[0]?.errorCode ?? -1);
    if (error !== 'NONE') this.#clients.refused(`the creation of ${this.#topic}`, error);
    this.#known = { topicId: topics[0]!.topicId };
    this.#clients.counts.topicsCreated++;
  }

  async #delete(client: SimClient): Promise<void> {
    this.#becomeUnknown();
    const { responses } = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 5, {
      topicNames: [this.#topic],
      timeoutMs: 20_000,
    });
    const error = errorName(responses[0]?.errorCode ?? -1);
    if (error !== 'NONE') this.#clients.refused(`the deletion of ${this.#topic}`, error);
    this.#known = 'absent';
    this.#clients.counts.topicsDeleted++;
  }

  async #produce(client: SimClient): Promise<void> {
    const timestamp = this.#clients.process.now();
    const records = buildBatch([{ timestamp, value: 'a record of a topic that comes and goes' }]);
    const { responses } = await client.call(ProduceRequest, ProduceResponse, 9, {
      acks: -1,
      timeoutMs: 20_000,
      topicData: [
        {
          name: this.#topic,
          partitionData: [{ index: this.#random.int(PARTITIONS), records }],
        },
      ],
    });
    const error = errorName(responses[0]?.partitionResponses[0]?.errorCode ?? -1);
    if (error !== 'NONE') this.#clients.refused(`Produce to ${this.#topic}`, error);
  }

  /** A request without an answer may still be at work: what there is says nothing until it is over. */
  async #ask(client: SimClient): Promise<void> {
    const { topics } = await client.call(MetadataRequest, MetadataResponse, 12, {
      topics: [{ name: this.#topic }],
      allowAutoTopicCreation: false,
    });
    const waitedMs = this.#clients.world.loop.nowMs - this.#unknownSinceMs;
    if (waitedMs < SETTLING_MS) return;
    const error = errorName(topics[0]?.errorCode ?? -1);
    if (error === 'UNKNOWN_TOPIC_OR_PARTITION') this.#known = 'absent';
    else if (error === 'NONE') this.#known = { topicId: topics[0]!.topicId };
  }

  #becomeUnknown(): void {
    this.#known = 'unknown';
    this.#unknownSinceMs = this.#clients.world.loop.nowMs;
  }
}
