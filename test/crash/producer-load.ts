import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { CodecName } from '../../src/compression/index.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import type { RawClient } from '../support/raw-client.ts';
import { batchOf } from '../support/topics.ts';
import { HistoryViolation, type ProducerHistory, recordValue } from './history.ts';

/** Batches under way; the broker remembers as many of an idempotent producer. */
const MAX_IN_FLIGHT = 5;
const MAX_RECORDS_PER_BATCH = 5;
const CODECS: readonly CodecName[] = ['none', 'none', 'none', 'gzip', 'lz4'];

interface Batch {
  /** Number of its first record, which is its sequence number too. */
  readonly first: number;
  readonly count: number;
  readonly bytes: Buffer;
}

export interface ProducerIdentity {
  readonly producerId: number;
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
  readonly #random: SimRandom;
  #unanswered: Batch[] = [];

  constructor(
    name: string,
    at: { topic: string; partition: number },
    random: SimRandom,
    identity?: ProducerIdentity,
  ) {
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
    const inFlight: Promise<boolean>[] = [];
    for (;;) {
      const batch = this.#next();
      this.#unanswered.push(batch);
      inFlight.push(this.#send(client, batch, onAck));
      if (inFlight.length < MAX_IN_FLIGHT) continue;
      if (!(await inFlight.shift())) break;
    }
    await Promise.all(inFlight);
    if (!this.idempotent) this.#unanswered = [];
  }

  /**
   * After a restart: sends again what got no answer, in order. `endOffset` is the log's end before,
   * by which a batch that was there already is told from one that was not.
   */
  async resend(client: RawClient, endOffset: number): Promise<void> {
    for (const batch of [...this.#unanswered]) {
      if (!(await this.#send(client, batch, () => {}))) {
        throw new HistoryViolation(`${this.name} lost its connection while it sent again`);
      }
      this.resent++;
      if (this.acknowledged.get(batch.first)! < endOffset) this.deduplicated++;
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

  /** False when the connection ended first. */
  async #send(client: RawClient, batch: Batch, onAck: () => void): Promise<boolean> {
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
      return false;
    }
    const row = answer.responses[0]?.partitionResponses[0];
    if (row?.errorCode !== 0) {
      throw new HistoryViolation(
        `records ${batch.first} and on of ${this.name} were refused: ${errorName(row?.errorCode ?? -1)} ${row?.errorMessage}`,
      );
    }
    for (let index = 0; index < batch.count; index++) {
      this.acknowledged.set(batch.first + index, row.baseOffset + index);
    }
    this.#unanswered.splice(this.#unanswered.indexOf(batch), 1);
    onAck();
    return true;
  }
}
