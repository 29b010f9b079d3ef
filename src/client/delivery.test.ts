// If this breaks, a program that sends hangs for ever, or never learns what became of its records: its broker's disk
// is full, the broker is slow, half dead or gone. Whatever brokers do, past its delivery timeout a record is settled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeResponseFrame } from '../protocol/codec/index.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { ProduceResponse } from '../protocol/messages/00-produce.ts';
import { InitProducerIdResponse } from '../protocol/messages/22-init-producer-id.ts';
import { MetadataResponse } from '../protocol/messages/index.ts';
import { decodeAllRecords } from '../protocol/records/record.ts';
import * as RecordBatch from '../protocol/records/record-batch.ts';
import { Cluster } from './cluster.ts';
import { DeliveryError } from './errors.ts';
import { Producer, type ProducerOptions } from './producer.ts';
import type { RecordMetadata } from './records.ts';
import { code, FakeBroker, type SeenRequest } from './testing/fake-broker.ts';

const DELIVERY_MS = 5000;

/** What becomes of one request. */
interface Act {
  readonly kind: 'answer' | 'error' | 'silence' | 'disconnect' | 'store and disconnect';
  readonly error: ErrorName;
  readonly delayMs: number;
  readonly throttleMs: number;
}

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom('answer', 'error', 'silence', 'disconnect', 'store and disconnect'),
  error: fc.constantFrom<ErrorName>(
    'KAFKA_STORAGE_ERROR',
    'NOT_LEADER_OR_FOLLOWER',
    'NOT_ENOUGH_REPLICAS',
    'REQUEST_TIMED_OUT',
    'LEADER_NOT_AVAILABLE',
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'MESSAGE_TOO_LARGE',
    'UNKNOWN_SERVER_ERROR',
  ),
  delayMs: fc.constantFrom(0, 0, 5, 90, 1500, 4995, 20_000),
  throttleMs: fc.constantFrom(0, 0, 0, 300, 60_000),
});

const WELL: Act = { kind: 'answer', error: 'NONE', delayMs: 0, throttleMs: 0 };

/** A broker that does well until it is given a script; from the script's end on it does `last` for ever. */
class ScriptedBroker extends FakeBroker {
  readonly stored: string[] = [];
  #script: Act[] = [];
  #last = WELL;

  constructor() {
    super();
    this.topics.set('t', 3);
    const metadata = {
      brokers: [{ nodeId: 1, ...this.endpoint }],
      controllerId: 1,
    };
    this.#answer(0, (request, chosen, id) => this.#produce(request, chosen, id));
    this.#answer(3, ({ version }, { kind, error }, id) =>
      encodeResponseFrame(MetadataResponse, version, id, {
        ...metadata,
        topics: [
          {
            errorCode: kind === 'error' ? code(error) : 0,
            name: 't',
            partitions: [0, 1, 2].map((partitionIndex) => ({
              errorCode: 0,
              partitionIndex,
              // Now and then one has no leader.
              leaderId: kind === 'error' && partitionIndex === 1 ? -1 : 1,
              replicaNodes: [1],
              isrNodes: [1],
            })),
          },
        ],
      }),
    );
    this.#answer(22, ({ version }, { kind, error }, id) =>
      encodeResponseFrame(InitProducerIdResponse, version, id, {
        errorCode: kind === 'error' ? code(error) : 0,
        producerId: 7,
        producerEpoch: 0,
      }),
    );
  }

  follow(script: readonly Act[], last: Act): void {
    this.#script = [...script];
    this.#last = last;
  }

  #answer(
    apiKey: number,
    frames: (request: SeenRequest, chosen: Act, id: number) => Buffer[],
  ): void {
    this.on(apiKey, (request, id) => {
      const chosen = this.#script.shift() ?? this.#last;
      if (chosen.kind === 'silence') return undefined;
      const answer = chosen.kind === 'disconnect' ? [] : frames(request, chosen, id);
      if (chosen.kind === 'disconnect' || chosen.kind === 'store and disconnect') {
        this.clock.after(chosen.delayMs, () => this.disconnectAll());
        return undefined;
      }
      if (chosen.delayMs === 0) return answer;
      return new Promise((resolve) => this.clock.after(chosen.delayMs, () => resolve(answer)));
    });
  }

  #produce(request: SeenRequest, { kind, error, throttleMs }: Act, id: number): Buffer[] {
    const topics = request.body['topicData'] as {
      partitionData: { index: number; records: Buffer }[];
    }[];
    const errorCode = kind === 'error' ? code(error) : 0;
    const partitionResponses = topics[0]!.partitionData.map(({ index, records }) => {
      if (errorCode === 0) {
        for (const { value } of decodeAllRecords(records)) {
          this.stored.push(`${index} ${value}`);
        }
      }
      return { index, errorCode, baseOffset: RecordBatch.baseOffset(records) };
    });
    return encodeResponseFrame(ProduceResponse, request.version, id, {
      responses: [{ name: 't', partitionResponses }],
      throttleTimeMs: throttleMs,
    });
  }
}

const cases = fc.record({
  script: fc.array(act, { maxLength: 12 }),
  last: act,
  knowsTopic: fc.boolean(),
  refusesConnections: fc.boolean(),
  idempotent: fc.boolean(),
  lingerMs: fc.constantFrom(0, 20, 30_000),
  batchBytes: fc.constantFrom(0, 150, 16_384),
  /** The pauses between the records. */
  pausesMs: fc.array(fc.constantFrom(0, 0, 0, 7, 400, 6000), { minLength: 1, maxLength: 12 }),
});

interface Settled {
  readonly value: string;
  readonly partition: number;
  readonly afterMs: number;
  readonly outcome: RecordMetadata | Error;
}

test('past its delivery timeout every record is settled, whatever the broker does', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      const broker = new ScriptedBroker();
      const { clock } = broker;
      const cluster = new Cluster(broker.ports, { bootstrap: [broker.endpoint] });
      const options: ProducerOptions = {
        deliveryTimeoutMs: DELIVERY_MS,
        requestTimeoutMs: 2000,
        idempotent: given.idempotent,
        lingerMs: given.lingerMs,
        batchBytes: given.batchBytes,
      };
      const producer = new Producer(cluster, options);
      if (given.knowsTopic) await broker.until(producer.prepare('t'));
      broker.follow(given.script, given.last);
      if (given.refusesConnections) {
        broker.wires.fault = () => 'ECONNREFUSED';
        broker.disconnectAll();
      }
      const settled: Settled[] = [];
      for (const [index, pauseMs] of given.pausesMs.entries()) {
        const value = `v${index}`;
        const partition = index % 3;
        const sentMs = clock.monotonicMs();
        const note = (outcome: RecordMetadata | Error) => {
          settled.push({ value, partition, afterMs: clock.monotonicMs() - sentMs, outcome });
        };
        producer.send({ topic: 't', partition, value }).then(note, note);
        await clock.advanceAndSettle(pauseMs);
      }
      let isFlushed = false;
      void producer.flush().then(() => {
        isFlushed = true;
      });
      await clock.advanceAndSettle(DELIVERY_MS);
      assert.equal(settled.length, given.pausesMs.length, 'every record once');
      for (const { value, partition, afterMs, outcome } of settled) {
        assert.ok(afterMs <= DELIVERY_MS, `after ${afterMs} ms`);
        const isStored = broker.stored.includes(`${partition} ${value}`);
        if (!(outcome instanceof Error)) assert.ok(isStored, `${value} is where it was said to be`);
      }
      assert.ok(isFlushed, 'the flush is over');
      assert.equal(producer.bufferedBytes, 0);
      await broker.until(producer.whenBelow(1));
    }),
    { numRuns: 40 },
  );
});

function start(options: ProducerOptions = {}) {
  const broker = new FakeBroker();
  broker.topics.set('t', 4);
  const cluster = new Cluster(broker.ports, { bootstrap: [broker.endpoint] });
  const producer = new Producer(cluster, { deliveryTimeoutMs: DELIVERY_MS, ...options });
  return { broker, producer };
}

/** Answers every produce with one error, or with none, for all its partitions. */
function answerAll(broker: FakeBroker, errorOf: (partition: number) => ErrorName): void {
  broker.reply(ProduceResponse, ({ body }) => ({
    responses: (body['topicData'] as { partitionData: { index: number }[] }[]).map((topic) => ({
      name: 't',
      partitionResponses: topic.partitionData.map(({ index }) => ({
        index,
        errorCode: code(errorOf(index)),
        baseOffset: 0,
      })),
    })),
  }));
}

test('queues that were put off at different times each wake by themselves', async () => {
  const { broker, producer } = start();
  let isFull = true;
  answerAll(broker, () => (isFull ? 'KAFKA_STORAGE_ERROR' : 'NONE'));
  await broker.until(producer.prepare('t'));
  const sent = [];
  for (let partition = 0; partition < 4; partition++) {
    sent.push(producer.send({ topic: 't', partition, value: 'x' }));
    await broker.clock.advanceAndSettle(30);
  }
  isFull = false;
  await broker.clock.advanceAndSettle(1000);
  let isDone = false;
  void Promise.all(sent).then(() => {
    isDone = true;
  });
  await broker.clock.settle();
  assert.ok(isDone);
});

test('a record that a broker took without an answer fails as one that may be stored', async () => {
  const { broker, producer } = start();
  broker.on(0, () => undefined);
  await broker.until(producer.prepare('t'));
  const sent = producer.send({ topic: 't', value: 'x' });
  await assert.rejects(broker.until(sent), (error) => {
    assert.ok(error instanceof DeliveryError);
    assert.ok(error.mayBeStored);
    assert.match(error.message, /^not stored within the 5000 ms of delivery.timeout.ms; a broker/);
    return true;
  });
});

test('what was refused until its time was over fails with the last reason', async () => {
  const { broker, producer } = start();
  answerAll(broker, () => 'KAFKA_STORAGE_ERROR');
  await broker.until(producer.prepare('t'));
  await assert.rejects(
    broker.until(producer.send({ topic: 't', value: 'x' })),
    /^DeliveryError: not stored within .*; before: The disk under the log failed/,
  );
  const { retries } = producer.counts;
  assert.ok(retries >= 5 && retries <= 15, `tried again ${retries} times, ever more slowly`);
});

test('an answer to what has failed meanwhile says nothing of the records after it', async () => {
  const { broker, producer } = start();
  const answers: (() => void)[] = [];
  broker.on(0, (request, id) => {
    const frame = encodeResponseFrame(ProduceResponse, request.version, id, {
      responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 40 }] }],
    });
    return new Promise((resolve) => answers.push(() => resolve(frame)));
  });
  await broker.until(producer.prepare('t'));
  const late = producer.send({ topic: 't', partition: 0, value: 'late' });
  await assert.rejects(broker.until(late), DeliveryError);
  const next: RecordMetadata[] = [];
  void producer
    .send({ topic: 't', partition: 0, value: 'next' })
    .then((metadata) => next.push(metadata));
  answers.shift()!();
  await broker.clock.advanceAndSettle(10);
  assert.equal(next.length, 0);
  answers.shift()!();
  await broker.clock.advanceAndSettle(10);
  assert.equal(next[0]?.offset, 40);
});

test('a broker that stops reading slows a producer down that waits for no answers', async () => {
  const { broker, producer } = start({ acks: 0, requestTimeoutMs: 3000 });
  broker.on(0, () => undefined);
  await broker.until(producer.prepare('t'));
  broker.pauseReading();
  const big = 'x'.repeat(200_000);
  let settled = 0;
  for (const partition of [0, 1, 2, 3]) {
    void producer.send({ topic: 't', partition, value: big }).then(() => settled++);
  }
  await broker.clock.advanceAndSettle(2900);
  assert.equal(settled, 0, 'what has not left still counts');
  assert.ok(producer.bufferedBytes > 800_000);
  // That connection is given up, and the next one is read.
  await broker.clock.advanceAndSettle(500);
  assert.equal(settled, 4);
  assert.equal(producer.bufferedBytes, 0);
});

test('a pause that the broker asks for is kept', async () => {
  const { broker, producer } = start();
  broker.reply(ProduceResponse, () => ({
    responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 0 }] }],
    throttleTimeMs: 2000,
  }));
  await broker.until(producer.prepare('t'));
  await broker.until(producer.send({ topic: 't', partition: 0, value: 'a' }));
  const second = producer.send({ topic: 't', partition: 0, value: 'b' });
  await broker.clock.advanceAndSettle(1900);
  assert.equal(broker.requests('Produce').length, 1);
  await broker.clock.advanceAndSettle(200);
  assert.equal(broker.requests('Produce').length, 2);
  await second;
});

test('a producer id that could not be had is asked for again', async () => {
  const { broker, producer } = start({ idempotent: true, deliveryTimeoutMs: 200_000 });
  answerAll(broker, () => 'NONE');
  let isBroken = true;
  broker.reply(InitProducerIdResponse, () => ({
    errorCode: isBroken ? code('COORDINATOR_LOAD_IN_PROGRESS') : 0,
    producerId: 7,
    producerEpoch: 0,
  }));
  await broker.until(producer.prepare('t'));
  const sent = producer.send({ topic: 't', partition: 0, value: 'x' });
  // Longer than any one series of tries lasts.
  for (let second = 0; second < 40; second++) await broker.clock.advanceAndSettle(1000);
  isBroken = false;
  assert.equal((await broker.until(sent)).offset, 0);
});

test('records that are abandoned fail at once, wherever they are, and nothing is left to wait for', async () => {
  const { broker, producer } = start({ lingerMs: 60_000 });
  broker.on(0, () => undefined);
  broker.on(3, () => undefined);
  const unknown = producer.send({ topic: 'unknown', value: 'x' });
  const flushed = producer.flush();
  const outcome = Promise.allSettled([unknown]);
  await broker.clock.advanceAndSettle(10);
  producer.abandon('the program was stopped');
  const [result] = await outcome;
  assert.match(String(result.status === 'rejected' && result.reason), /the program was stopped/);
  await flushed;
  assert.equal(producer.bufferedBytes, 0);
});

test('after that nothing is taken any more: a record that comes late would wait for its whole deadline', async () => {
  const { broker, producer } = start();
  answerAll(broker, () => 'NOT_ENOUGH_REPLICAS');
  await broker.until(producer.prepare('t'));
  producer.abandon('the program was stopped');
  for (const topic of ['t', 'unknown']) {
    await assert.rejects(producer.send({ topic, partition: 0, value: 'x' }), /was stopped/);
  }
  assert.equal(producer.bufferedBytes, 0);
});

test('who waits for room does not wait for company', async () => {
  const { broker, producer } = start({ lingerMs: 60_000, deliveryTimeoutMs: 200_000 });
  answerAll(broker, () => 'NONE');
  await broker.until(producer.prepare('t'));
  void producer.send({ topic: 't', partition: 0, value: 'x' });
  const before = broker.clock.monotonicMs();
  await broker.until(producer.whenBelow(1));
  assert.ok(broker.clock.monotonicMs() - before < 100);
});
