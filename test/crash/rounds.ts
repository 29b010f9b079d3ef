import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Int64 } from '../../src/base/int64.ts';
import { SimRandom } from '../../src/base/testing/sim-random.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../src/protocol/messages/10-find-coordinator.ts';
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
} from '../../src/protocol/messages/22-init-producer-id.ts';
import { decodeAllRecords } from '../../src/protocol/records/record.ts';
import { batchPositions, isCrcValid } from '../../src/protocol/records/record-batch.ts';
import { RawClient } from '../support/raw-client.ts';
import { createTopic } from '../support/topics.ts';
import { BrokerProcess, type LogLine } from './broker-process.ts';
import { GroupLoad } from './group-load.ts';
import { checkPartition, HistoryViolation, identify, type ReadRecord } from './history.ts';
import { type ProducerIdentity, ProducerLoad } from './producer-load.ts';
import { TopicLoad } from './topic-load.ts';

const TOPIC = 'crash';
const PARTITIONS = 2;
const GROUP = 'crash-group';
/** Of the broker, in all rounds: files roll and checkpoints are written while the load runs. */
const CONFIG = {
  'offsets.topic.num.partitions': '2',
  'log.flush.offset.checkpoint.interval.ms': '50',
  'replica.high.watermark.checkpoint.interval.ms': '50',
};
const TOPIC_CONFIGS = { 'segment.bytes': '65536', 'index.interval.bytes': '1024' };
const MAX_ACKS_BEFORE_KILL = 400;
const PRODUCER_IDS_PER_ROUND = 20;
/** Every so many rounds the whole log is read again, otherwise what was added. */
const FULL_READ_EVERY = 10;

/** How a round ends. */
const ENDINGS = ['kill', 'kill while starting', 'kill while stopping', 'stop'] as const;
type Ending = (typeof ENDINGS)[number];

export interface CrashOptions {
  readonly program: string;
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (round: number, ending: Ending, report: CrashReport) => void;
}

/** Numbers of a run, over all rounds. */
export interface CrashReport {
  readonly endings: Record<Ending, number>;
  acknowledgements: number;
  recordsAcknowledged: number;
  recordsInLog: number;
  batchesResent: number;
  batchesDeduplicated: number;
  batchesForgotten: number;
  commits: number;
  generations: number;
  topicsCreated: number;
  topicsDeleted: number;
  producerIds: number;
  /** Logs whose torn end was cut off. */
  truncations: number;
  /** From the spawn to listening, in milliseconds. */
  readonly startMs: number[];
}

/** One run: a data folder that lives through all rounds, and everything ever acknowledged. */
export class CrashRun {
  readonly report: CrashReport = {
    endings: { kill: 0, 'kill while starting': 0, 'kill while stopping': 0, stop: 0 },
    acknowledgements: 0,
    recordsAcknowledged: 0,
    recordsInLog: 0,
    batchesResent: 0,
    batchesDeduplicated: 0,
    batchesForgotten: 0,
    commits: 0,
    generations: 0,
    topicsCreated: 0,
    topicsDeleted: 0,
    producerIds: 0,
    truncations: 0,
    startMs: [],
  };
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
  readonly #options: CrashOptions;
  readonly #random: SimRandom;
  readonly #producers: ProducerLoad[] = [];
  readonly #group: GroupLoad;
  readonly #topics: TopicLoad;
  readonly #producerIds = new Set<Int64>();
  /** By partition: how far the log was read and checked. */
  readonly #checkedTo: number[] = Array.from({ length: PARTITIONS }, () => 0);

  constructor(options: CrashOptions) {
    this.#options = options;
    this.#random = new SimRandom(options.seed);
    this.#group = new GroupLoad(GROUP, TOPIC, this.#random.fork());
    this.#topics = new TopicLoad(this.#random.fork());
  }

  /** All rounds. Throws HistoryViolation, and then leaves the folder for whoever looks. */
  async run(): Promise<CrashReport> {
    const { rounds, seed, onRound } = this.#options;
    for (let round = 0; round < rounds; round++) {
      const ending = this.#chooseEnding(round);
      try {
        await this.#round(round, ending);
      } catch (error) {
        const where = `seed ${seed}, round ${round} (${ending}), data in ${this.folder}`;
        throw new HistoryViolation(`${where}: ${error}`, { cause: error });
      }
      this.report.endings[ending]++;
      this.#count();
      onRound?.(round, ending, this.report);
    }
    rmSync(this.folder, { recursive: true, force: true });
    return this.report;
  }

  #chooseEnding(round: number): Ending {
    // The last round only looks, and must then stop cleanly.
    if (round === this.#options.rounds - 1) return 'stop';
    if (round === 0 || this.#random.chance(0.7)) return 'kill';
    return this.#random.pick(ENDINGS);
  }

  async #round(round: number, ending: Ending): Promise<void> {
    const killAtLine = ending === 'kill while starting' ? 1 + this.#random.int(12) : 0;
    let lines = 0;
    let isStopping = false;
    const startedAt = performance.now();
    const broker = new BrokerProcess({
      program: this.#options.program,
      folder: this.folder,
      config: CONFIG,
      onLine: (_line, writer) => {
        if (++lines === killAtLine) writer.killNow();
        if (isStopping && ending === 'kill while stopping') writer.killNow();
      },
    });
    try {
      await this.#live(broker, { round, ending, startedAt });
      isStopping = true;
      const code = await broker.stop();
      if (ending === 'stop' && code !== 0) {
        throw new HistoryViolation(`the stop ended with ${code}`);
      }
    } finally {
      await broker.kill();
    }
    this.#judge(broker.complaints);
  }

  /** From the spawn to the moment before the end. */
  async #live(
    broker: BrokerProcess,
    { round, ending, startedAt }: { round: number; ending: Ending; startedAt: number },
  ): Promise<void> {
    const isReady = await broker.ready();
    if (isReady) {
      this.report.startMs.push(performance.now() - startedAt);
      const client = await RawClient.connect({ host: '127.0.0.1', port: broker.port });
      if (round === 0) await this.#prepare(client);
      if (ending !== 'kill while starting') {
        await this.#check(client, round);
        await this.#load(broker, ending === 'kill' ? () => broker.killNow() : () => {});
      }
      client.close();
    } else if (ending !== 'kill while starting') {
      throw new HistoryViolation(`the broker does not start: ${broker.stderr}`);
    }
    if (ending === 'kill while starting') await broker.kill();
  }

  async #prepare(client: RawClient): Promise<void> {
    await createTopic(client, TOPIC, { partitions: PARTITIONS, configs: TOPIC_CONFIGS });
    const { errorCode } = await client.call(FindCoordinatorRequest, FindCoordinatorResponse, 1, {
      key: GROUP,
    });
    if (errorCode !== 0) throw new Error(`no coordinator: ${errorCode}`);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const at = { topic: TOPIC, partition };
      const random = () => this.#random.fork();
      this.#producers.push(
        new ProducerLoad(`plain-${partition}`, at, random()),
        new ProducerLoad(`once-${partition}`, at, random(), await this.#newProducerId(client)),
      );
    }
  }

  /** Everything acknowledged before the restart is so; then what got no answer is sent again. */
  async #check(client: RawClient, round: number): Promise<void> {
    const isFull = round % FULL_READ_EVERY === 0 || round === this.#options.rounds - 1;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const here = this.#producers.filter((producer) => producer.partition === partition);
      const from = isFull ? 0 : this.#checkedTo[partition]!;
      let records = await readPartition(client, partition, from);
      checkPartition(records, here, from);
      for (const producer of here) {
        if (producer.idempotent) await producer.resend(client, offsetsOf(producer.name, records));
      }
      records = await readPartition(client, partition, from);
      checkPartition(records, here, from);
      this.#checkedTo[partition] = from + records.length;
    }
    await this.#group.check(client);
    await this.#topics.check(client, this.folder);
    for (let left = PRODUCER_IDS_PER_ROUND; left > 0; left--) await this.#newProducerId(client);
  }

  /** Loads the broker until a random acknowledgement, at which it calls `end`. */
  async #load(broker: BrokerProcess, end: () => void): Promise<void> {
    const loads = [...this.#producers, this.#group, this.#topics];
    const target = 1 + this.#random.int(MAX_ACKS_BEFORE_KILL);
    let acknowledgements = 0;
    const clients = await Promise.all(
      loads.map(() => RawClient.connect({ host: '127.0.0.1', port: broker.port })),
    );
    const onAck = () => {
      if (++acknowledgements !== target) return;
      end();
      for (const client of clients) client.close();
    };
    try {
      await Promise.all(loads.map((load, index) => load.run(clients[index]!, onAck)));
    } finally {
      for (const client of clients) client.close();
    }
    this.report.acknowledgements += acknowledgements;
  }

  async #newProducerId(client: RawClient): Promise<ProducerIdentity> {
    const answer = await client.call(InitProducerIdRequest, InitProducerIdResponse, 4, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
    });
    const { errorCode, producerId, producerEpoch } = answer;
    if (errorCode !== 0) throw new HistoryViolation(`InitProducerId was refused: ${errorCode}`);
    if (this.#producerIds.has(producerId)) {
      throw new HistoryViolation(`producer id ${producerId} was given out twice`);
    }
    this.#producerIds.add(producerId);
    return { producerId, producerEpoch };
  }

  /** Recovery may warn of what it cut off; an error means that something is wrong with the data. */
  #judge(complaints: readonly LogLine[]): void {
    for (const line of complaints) {
      if (line.level === 'error') throw new HistoryViolation(`it logs ${JSON.stringify(line)}`);
      if (/truncat|cut/i.test(line.msg)) this.report.truncations++;
    }
  }

  #count(): void {
    const { report } = this;
    const sum = (of: (producer: ProducerLoad) => number) =>
      this.#producers.reduce((total, producer) => total + of(producer), 0);
    report.recordsAcknowledged = sum(({ acknowledged }) => acknowledged.size);
    report.batchesResent = sum(({ resent }) => resent);
    report.batchesDeduplicated = sum(({ deduplicated }) => deduplicated);
    report.batchesForgotten = sum(({ forgotten }) => forgotten);
    report.recordsInLog = this.#checkedTo.reduce((total, count) => total + count, 0);
    report.commits = this.#group.commits;
    report.generations = this.#group.generations;
    report.topicsCreated = this.#topics.created;
    report.topicsDeleted = this.#topics.deleted;
    report.producerIds = this.#producerIds.size;
  }
}

/** Where a producer's records are, by their number. */
function offsetsOf(producer: string, records: readonly ReadRecord[]): Map<number, number> {
  const offsets = new Map<number, number>();
  for (const { offset, value } of records) {
    const record = identify(value);
    if (record.producer === producer) offsets.set(record.number, offset);
  }
  return offsets;
}

/** All records from offset `from` to the high watermark, out of batches whose checksums hold. */
async function readPartition(
  client: RawClient,
  partition: number,
  from: number,
): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  for (let offset = from; ; ) {
    const { responses } = await client.call(FetchRequest, FetchResponse, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1024 * 1024,
      topics: [
        {
          topic: TOPIC,
          partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 1024 * 1024 }],
        },
      ],
    });
    const row = responses[0]?.partitions[0];
    if (row?.errorCode !== 0) {
      throw new HistoryViolation(`${TOPIC}-${partition} at ${offset}: error ${row?.errorCode}`);
    }
    if (offset >= row.highWatermark) return records;
    const bytes = row.records ?? Buffer.alloc(0);
    for (const at of batchPositions(bytes)) {
      if (!isCrcValid(bytes, at)) throw new HistoryViolation(`wrong checksum after ${offset}`);
    }
    const before = records.length;
    for (const { offset: found, value } of decodeAllRecords(bytes)) {
      if (found >= offset) records.push({ offset: found, value: value ?? Buffer.alloc(0) });
    }
    if (records.length === before) throw new HistoryViolation(`nothing is read at ${offset}`);
    offset = records.at(-1)!.offset + 1;
  }
}
