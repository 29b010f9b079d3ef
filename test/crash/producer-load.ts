import type { Int64 } from '../../src/base/int64.ts';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { CodecName } from '../../src/compression/index.ts';
import { type ErrorName, errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import type { TopicPartition } from '../../src/protocol/topic-partition.ts';
import type { RawClient } from '../support/raw-client.ts';
import { batchOf } from '../support/topics.ts';
import { HistoryViolation, type ProducerHistory, recordValue } from './history.ts';

/** Batches under way; the broker remembers as many of an idempotent producer. */
const MAX_IN_FLIGHT = 5;
const MAX_RECORDS_PER_BATCH = 5;
const CODECS: readonly CodecName[] = ['none', 'none', 'none', 'gzip', 'lz4'];

/** What became of a batch. */
type Outcome = ErrorName | 'closed';

interface Batch {
  /** Number of its first record, which is its sequence number too. */
  readonly first: number;
  readonly count: number;
  readonly bytes: Buffer;
}

export interface ProducerIdentity {
  readonly producerId: Int64;
  readonly producerEpoch: number;
}

/**
 * A producer of one partition that goes on over all rounds. Idempotent, it sends what a kill left
 * without an answer again, with the same sequence numbers; otherwise it leaves that alone, and such
 * records may be there or not.
 */
export class ProducerLoad implements ProducerHistory {
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly identity: ProducerIdentity | undefined;
  readonly acknowledged = new Map<number, number>();
  sent = 0;
  /** Batches that were sent again after a kill, and those of them that were in the log already. */
  resent = 0;
  deduplicated = 0;
  /** Batches sent again that were in the log, but no longer in the broker's memory of the producer. */
  forgotten = 0;
  readonly #random: SimRandom;
  #unanswered: Batch[] = [];

  constructor(name: string, at: TopicPartition, random: SimRandom, identity?: ProducerIdentity) {
    this.name = name;
    this.topic = at.topic;
    this.partition = at.partition;
    this.#random = random;
    this.identity = identity;
  }

  get idempotent(): boolean {
    return this.identity !== undefined;
  }

  /** Produces until the connection ends, and calls back at every acknowledgement. */
  async run(client: RawClient, onAck: () => void): Promise<void> {
    const inFlight: Promise<void>[] = [];
    let isOpen = true;
    while (isOpen) {
      const batch = this.#next();
      this.#unanswered.push(batch);
      const sent = this.#send(client, batch, onAck).then((outcome) => {
        if (outcome === 'closed') isOpen = false;
        else if (outcome !== 'NONE') throw this.#refusal(batch, outcome);
      });
      sent.catch(() => {}); // Looked at below; another may fail first.
      inFlight.push(sent);
      if (inFlight.length >= MAX_IN_FLIGHT) await inFlight.shift();
    }
    await Promise.all(inFlight);
    if (!this.idempotent) this.#unanswered = [];
  }

  /**
   * After a restart: sends again what got no answer, in order. `present` says where the log has this
   * producer's records. A snapshot of the producers remembers, in Kafka's format, only the last batch
   * of each: an older one that is sent again after a clean stop, or after a roll, is refused.
   */
  async resend(client: RawClient, present: ReadonlyMap<number, number>): Promise<void> {
    for (const batch of [...this.#unanswered]) {
      const offset = present.get(batch.first);
      const error = await this.#send(client, batch, () => {});
      if (error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && offset !== undefined) {
        this.forgotten++;
        this.#acknowledge(batch, offset);
        continue;
      }
      if (error !== 'NONE') throw this.#refusal(batch, error);
      this.resent++;
      if (offset === undefined) continue;
      this.deduplicated++;
      const answered = this.acknowledged.get(batch.first);
      if (answered !== offset) {
        throw new HistoryViolation(
          `records ${batch.first} and on of ${this.name} are at ${offset}, answered as ${answered}`,
        );
      }
    }
  }

  #next(): Batch {
    const random = this.#random;
    const first = this.sent;
    const count = 1 + random.int(MAX_RECORDS_PER_BATCH);
    this.sent += count;
    // Of today: retention and the memory of producers go by the time in the records.
    const timestamp = Date.now();
    const records = Array.from({ length: count }, (_, index) => ({
      timestamp,
      key: this.name,
      value: recordValue(this.name, first + index),
    }));
    const codec = random.pick(CODECS);
    const sequence = this.identity && { ...this.identity, baseSequence: first };
    return { first, count, bytes: batchOf(records, { codec, ...sequence }) };
  }

  async #send(client: RawClient, batch: Batch, onAck: () => void): Promise<Outcome> {
    let answer: ProduceResponse;
    try {
      answer = await client.call(ProduceRequest, ProduceResponse, 9, {
        acks: this.idempotent || this.#random.chance(0.5) ? -1 : 1,
        timeoutMs: 10_000,
        topicData: [
          {
            name: this.topic,
            partitionData: [{ index: this.partition, records: batch.bytes }],
          },
        ],
      });
    } catch {
      return 'closed';
    }
    const row = answer.responses[0]?.partitionResponses[0];
    if (row?.errorCode !== 0) return errorName(row?.errorCode ?? -1);
    this.#acknowledge(batch, row.baseOffset);
    onAck();
    return 'NONE';
  }

  #acknowledge(batch: Batch, offset: number): void {
    for (let index = 0; index < batch.count; index++) {
      this.acknowledged.set(batch.first + index, offset + index);
    }
    this.#unanswered.splice(this.#unanswered.indexOf(batch), 1);
  }

  #refusal(batch: Batch, outcome: Outcome): HistoryViolation {
    return new HistoryViolation(`records ${batch.first} and on of ${this.name}: ${outcome}`);
  }
}
