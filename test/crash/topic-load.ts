import { readdirSync } from 'node:fs';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/03-metadata.ts';
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '../../src/protocol/messages/19-create-topics.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../src/protocol/messages/20-delete-topics.ts';
import type { RawClient } from '../support/raw-client.ts';
import { HistoryViolation } from './history.ts';

const PREFIX = 'churn-';
const TOPICS = 3;
const PARTITIONS = 2;

/** What is known of a name: there with this id, not there, or nobody was told. */
type Known = { readonly topicId: string } | 'absent' | 'unknown';

/** Creates and deletes a few topics over and over; what was acknowledged must be so after a kill. */
export class TopicLoad {
  created = 0;
  deleted = 0;
  readonly #random: SimRandom;
  readonly #known = new Map<string, Known>(
    Array.from({ length: TOPICS }, (_, index) => [`${PREFIX}${index}`, 'absent']),
  );

  constructor(random: SimRandom) {
    this.#random = random;
  }

  /** Creates and deletes until the connection ends, and calls back at every acknowledgement. */
  async run(client: RawClient, onAck: () => void): Promise<void> {
    const names = [...this.#known.keys()];
    try {
      for (;;) {
        const name = this.#random.pick(names);
        const known = this.#known.get(name);
        this.#known.set(name, 'unknown');
        this.#known.set(
          name,
          known === 'absent' ? await this.#create(client, name) : await this.#delete(client, name),
        );
        onAck();
      }
    } catch (error) {
      if (error instanceof Error && error.message === 'closed') return;
      throw error;
    }
  }

  /** After a restart. Throws HistoryViolation when anything acknowledged is not so. */
  async check(client: RawClient, folder: string): Promise<void> {
    const { topics } = await client.call(MetadataRequest, MetadataResponse, 12, { topics: null });
    for (const [name, known] of this.#known) {
      const topic = topics.find((candidate) => candidate.name === name);
      if (known === 'absent' && topic)
        throw new HistoryViolation(`${name} was deleted, it is back`);
      if (typeof known === 'object' && topic?.topicId !== known.topicId) {
        throw new HistoryViolation(`${name} is ${topic?.topicId ?? 'gone'}, not ${known.topicId}`);
      }
      const usable = topic?.partitions.filter(
        ({ errorCode, leaderId }) => errorCode === 0 && leaderId >= 0,
      );
      if (topic && usable?.length !== PARTITIONS) {
        throw new HistoryViolation(`${name} has ${usable?.length} usable partitions`);
      }
      checkFolders(folder, name, topic !== undefined);
      this.#known.set(name, topic ? { topicId: topic.topicId } : 'absent');
    }
  }

  async #create(client: RawClient, name: string): Promise<Known> {
    const answer = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, {
      topics: [{ name, numPartitions: PARTITIONS, replicationFactor: 1 }],
      timeoutMs: 10_000,
    });
    const [topic] = answer.topics;
    if (topic?.errorCode !== 0) refused('CreateTopics', topic?.errorCode, topic?.errorMessage);
    this.created++;
    return { topicId: topic!.topicId };
  }

  async #delete(client: RawClient, name: string): Promise<Known> {
    const answer = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, {
      topics: [{ name }],
      timeoutMs: 10_000,
    });
    const [topic] = answer.responses;
    if (topic?.errorCode !== 0) refused('DeleteTopics', topic?.errorCode, topic?.errorMessage);
    this.deleted++;
    return 'absent';
  }
}

function refused(what: string, code = -1, message: string | null | undefined = ''): never {
  throw new HistoryViolation(`${what} was refused: ${errorName(code)} ${message}`);
}

/** The folders of a topic's partitions, those about to be deleted included. */
function checkFolders(folder: string, name: string, isThere: boolean): void {
  const found = readdirSync(folder).filter((entry) => entry.startsWith(`${name}-`));
  if (found.length !== (isThere ? PARTITIONS : 0)) {
    throw new HistoryViolation(
      `${name} is ${isThere ? 'there' : 'gone'} with the folders: ${found.join(', ') || 'none'}`,
    );
  }
}
