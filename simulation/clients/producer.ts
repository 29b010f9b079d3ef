import type { Int64 } from '../../src/base/int64.ts';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { CodecName } from '../../src/compression/index.ts';
import { type ErrorName, errorName } from '../../src/protocol/errors.ts';
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.ts';
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../src/protocol/messages/22-init-producer-id.ts';
import { buildBatch } from '../../src/protocol/records/batch-builder.ts';
import type { PartitionHistory } from '../history/partition-history.ts';
import { recordId, recordKey, recordValue } from '../history/record-id.ts';
import { Violation } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import { Disconnected, type SimClient } from './sim-client.ts';

const MAX_IN_FLIGHT = 5;
const CODECS: readonly CodecName[] = [
  'none',
  'none',
  'none',
  'none',
  'none',
  'gzip',
  'lz4',
  'snappy',
];

interface Batch {
  readonly first: number;
  readonly count: number;
  readonly bytes: Buffer;
  sends: number;
}

interface Incarnation {
  readonly name: string;
  readonly producerId: Int64;
  readonly producerEpoch: number;
}

export interface ProducerOptions {
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly isIdempotent: boolean;
  /** The pause between batches is up to this. */
  readonly pauseMs: number;
}

/**
 * A producer of one partition with several batches in flight. Idempotent, it sends what got no answer
 * again, with the same sequence numbers; else it begins anew on each connection, under a new name.
 */
export class Producer {
  readonly #clients: ClientWorld;
  readonly #options: ProducerOptions;
  readonly #random: SimRandom;
  readonly #history: PartitionHistory;
  #incarnation: Incarnation | undefined;
  #incarnations = 0;
  #sent = 0;
  #unanswered: Batch[] = [];

  constructor(clients: ClientWorld, options: ProducerOptions) {
    this.#clients = clients;
    this.#options = options;
    this.#random = clients.random.fork();
    this.#history = clients.history(options.topic, options.partition);
  }

  start(): void {
    this.#clients.actor(this.#options.name, (client) => this.#session(client));
  }

  async #session(client: SimClient): Promise<'again' | 'done'> {
    const clients = this.#clients;
    if (!this.#options.isIdempotent || !this.#incarnation) await this.#begin(client);
    const inFlight = new Set<Promise<void>>();
    let failure: unknown;
    const send = (batch: Batch) => {
      const sending = this.#send(client, batch)
        .catch((error) => {
          failure ??= error;
          client.close();
        })
        .finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      return sending;
    };
    for (const batch of [...this.#unanswered]) {
      // One at a time: which of them the broker has is not known.
      clients.counts.resent++;
      await send(batch);
      if (failure) throw failure;
    }
    while (clients.isBusy && !failure && !client.isClosed) {
      const batch = this.#next();
      this.#unanswered.push(batch);
      void send(batch);
      if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
      else await clients.sleep(this.#random.float() * this.#options.pauseMs);
    }
    await Promise.all(inFlight);
    if (failure) throw failure;
    return this.#unanswered.length === 0 && !clients.isBusy ? 'done' : 'again';
  }

  /** A new name, and for an idempotent producer a new id: what was sent before is let go. */
  async #begin(client: SimClient): Promise<void> {
    const { isIdempotent, name } = this.#options;
    let identity: { producerId: Int64; producerEpoch: number } = {
      producerId: -1,
      producerEpoch: -1,
    };
    if (isIdempotent) {
      const answer = await client.call(InitProducerIdRequest, InitProducerIdResponse, 4, {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
      });
      const error = errorName(answer.errorCode);
      if (error !== 'NONE') this.#clients.refused('InitProducerId', error);
      identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    }
    this.#clients.counts.newProducers++;
    this.#incarnation = { name: `${name}.${this.#incarnations++}`, ...identity };
    this.#history.addProducer(this.#incarnation.name, isIdempotent);
    this.#sent = 0;
    this.#unanswered = [];
  }

  #next(): Batch {
    const random = this.#random;
    const { name, producerId, producerEpoch } = this.#incarnation!;
    const first = this.#sent;
    const count = 1 + random.int(random.pick([1, 5]));
    this.#sent += count;
    this.#history.sending(name, count);
    const timestamp = this.#clients.process.now();
    const records = Array.from({ length: count }, (_, index) => {
      const id = recordId(name, first + index);
      return { timestamp, key: recordKey(id), value: recordValue(id) };
    });
    const codec = random.pick(CODECS);
    const sequence = producerId >= 0 && { producerId, producerEpoch, baseSequence: first };
    return { first, count, bytes: buildBatch(records, { codec, ...sequence }), sends: 0 };
  }

  async #send(client: SimClient, batch: Batch): Promise<void> {
    const { topic, partition, isIdempotent } = this.#options;
    const incarnation = this.#incarnation!;
    const isAgain = batch.sends++ > 0;
    const answer = await client.call(ProduceRequest, ProduceResponse, 9, {
      acks: isIdempotent || this.#random.chance(0.5) ? -1 : 1,
      timeoutMs: 20_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch.bytes }] }],
    });
    const row = answer.responses[0]?.partitionResponses[0];
    const error = errorName(row?.errorCode ?? -1);
    if (error === 'NONE') {
      this.#acknowledge(incarnation, batch, row?.baseOffset ?? -1);
      return;
    }
    this.#answeredWith(error, batch, isAgain);
  }

  #acknowledge({ name }: Incarnation, batch: Batch, baseOffset: number): void {
    if (!this.#unanswered.includes(batch)) throw new Violation(`${name} got an answer twice`);
    this.#unanswered.splice(this.#unanswered.indexOf(batch), 1);
    if (baseOffset < 0) throw new Violation(`${name} was acknowledged at offset ${baseOffset}`);
    this.#history.acknowledged(name, batch.first, batch.count, baseOffset);
    this.#clients.counts.acknowledged += batch.count;
  }

  #answeredWith(error: ErrorName, batch: Batch, isAgain: boolean): never {
    const isSequence = error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || error === 'UNKNOWN_PRODUCER_ID';
    // After a restart the broker remembers the last batch of a producer only, in Kafka's format; after
    // a loss that its policy allows, even less. Behind a batch that failed, those in flight fail too.
    const { diskIsBroken, mayHaveLost } = this.#clients;
    const isKept = !this.#history.options.mayExpire && !this.#history.options.isCompacted;
    if (isSequence && isKept && !diskIsBroken && !mayHaveLost && this.#unanswered.length === 1) {
      // The last batch of a producer is never forgotten: it is acknowledged again, or appended.
      return this.#clients.refused(`the last batch of ${this.#incarnation?.name}`, error);
    }
    if (isSequence && (isAgain || diskIsBroken || mayHaveLost)) {
      const isBlameless = isAgain || mayHaveLost;
      if (isBlameless && this.#unanswered[0] === batch) this.#incarnation = undefined;
      throw new Disconnected(error);
    }
    if (isSequence && this.#unanswered[0] !== batch) throw new Disconnected(error);
    return this.#clients.refused(
      `${this.#incarnation?.name} ${batch.first} to ${this.#history.name}`,
      error,
    );
  }
}
