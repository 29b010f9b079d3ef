import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import { errorName } from '../../src/protocol/errors.ts';
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.ts';
import { mustHold } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import { readBatches } from './fetching.ts';
import type { SimClient } from './sim-client.ts';

interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  /** Not in the broker's session yet at this offset. */
  isChanged: boolean;
}

/** Errors after which a session is begun anew. */
const SESSION_ERRORS = ['FETCH_SESSION_ID_NOT_FOUND', 'INVALID_FETCH_SESSION_EPOCH'];

/** Reads all partitions in a fetch session, from any offset on, again and again; often it waits for more. */
export class Reader {
  readonly #clients: ClientWorld;
  readonly #random: SimRandom;
  readonly #name: string;

  constructor(clients: ClientWorld, name: string) {
    this.#clients = clients;
    this.#name = name;
    this.#random = clients.random.fork();
  }

  start(): void {
    this.#clients.actor(this.#name, async (client) => {
      while (this.#clients.isBusy && !client.isClosed) await this.#readInSession(client);
      return this.#clients.isBusy ? 'again' : 'done';
    });
  }

  async #readInSession(client: SimClient): Promise<void> {
    const random = this.#random;
    const positions: Position[] = [];
    for (const { name, partitionCount } of this.#clients.topics) {
      for (let partition = 0; partition < partitionCount; partition++) {
        if (random.chance(0.2)) continue;
        const end = this.#clients.history(name, partition).knownEnd;
        const offset = random.chance(0.5) ? random.int(end + 1) : end;
        positions.push({ topic: name, partition, offset, isChanged: true });
      }
    }
    let sessionId = 0;
    let sessionEpoch = 0;
    for (let left = 1 + random.int(12); left > 0 && this.#clients.isBusy; left--) {
      const asked = positions.filter(({ isChanged }) => isChanged);
      for (const position of asked) position.isChanged = false;
      this.#clients.counts.fetches++;
      const { errorCode, responses, ...session } = await client.call(
        FetchRequest,
        FetchResponse,
        11,
        {
          maxWaitMs: random.pick([0, 50, 500]),
          minBytes: random.pick([0, 1, 1000, 100_000]),
          maxBytes: random.pick([100, 10_000, 1 << 20]),
          sessionId,
          sessionEpoch,
          topics: grouped(asked, random.pick([100, 3000, 1 << 20])),
        },
      );
      const error = errorName(errorCode);
      if (SESSION_ERRORS.includes(error)) return;
      if (error !== 'NONE') this.#clients.refused('Fetch', error);
      sessionId = session.sessionId;
      sessionEpoch++;
      for (const { topic, partitions } of responses) {
        for (const row of partitions) this.#take(positions, topic, row);
      }
      if (sessionId === 0) return;
      await this.#clients.sleep(random.float() * 30);
    }
  }

  #take(
    positions: readonly Position[],
    topic: string,
    row: FetchResponse['responses'][number]['partitions'][number],
  ): void {
    const position = positions.find(
      (one) => one.topic === topic && one.partition === row.partitionIndex,
    );
    mustHold(position !== undefined, () => `${topic}-${row.partitionIndex} was not asked for`);
    const history = this.#clients.history(topic, row.partitionIndex);
    const error = errorName(row.errorCode);
    if (error === 'OFFSET_OUT_OF_RANGE') {
      position.offset = history.knownEnd;
      position.isChanged = true;
      return;
    }
    if (error !== 'NONE') this.#clients.refused(`Fetch of ${history.name}`, error);
    if (row.logStartOffset >= 0) history.checkStart(row.logStartOffset);
    const bytes = row.records ?? Buffer.alloc(0);
    const read = readBatches(history.name, bytes, position.offset);
    mustHold(
      read.nextOffset <= Math.max(row.highWatermark, position.offset),
      () => `${history.name} serves up to ${read.nextOffset}, beyond ${row.highWatermark}`,
    );
    history.read(read.records, position.offset, read.nextOffset);
    this.#clients.counts.read += read.records.length;
    if (read.nextOffset > position.offset) {
      position.offset = read.nextOffset;
      position.isChanged = true;
    }
  }
}

function grouped(positions: readonly Position[], partitionMaxBytes: number) {
  const topics = [...new Set(positions.map(({ topic }) => topic))];
  return topics.map((topic) => ({
    topic,
    partitions: positions
      .filter((position) => position.topic === topic)
      .map(({ partition, offset }) => ({ partition, fetchOffset: offset, partitionMaxBytes })),
  }));
}
