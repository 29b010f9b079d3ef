import { setTimeout as delay } from 'node:timers/promises';
import type {
  Fields,
  InputOf,
  MessageSchema,
  ValueOf,
} from '../../../src/protocol/schema/index.ts';
import { widened } from '../../../src/protocol/testing/generate.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type Json, Normaliser } from './normalise.ts';
import { type AnswerOf, type ApiName, type BodyOf, wire } from './wire.ts';

/** One question to a broker: what it observes is compared between a real Kafka and Sluice. */
export interface Probe {
  readonly name: string;
  run(asker: Asker): Promise<unknown>;
}

export interface AskOptions {
  /** A connection of `connect`; the probe's own one by default, which is opened anew when closed. */
  readonly on?: RawClient;
  readonly clientId?: string | null;
  /** Keeps rows in the order of the answer. */
  readonly keepOrder?: boolean;
  /** Numbers of 64 bits are sent as they are, also where the message holds less of them. */
  readonly wide?: boolean;
  /** When an answer is given up; the observation is then 'no answer'. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 15_000;
/** Where a broker is known to leave a question unanswered. */
export const LITTLE_PATIENCE_MS = 3000;

/** A request under way. */
export interface Asked {
  /** What came of it, or 'waiting' when it is still unanswered after `ms`. */
  within(ms: number): Promise<Json>;
  readonly answer: Promise<Json>;
}

export interface TopicOptions {
  readonly partitions?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** What a probe asks with. Names it makes belong to this probe and this run alone. */
export class Asker {
  readonly prefix: string;
  readonly #at: { host: string; port: number };
  readonly #normaliser: Normaliser;
  readonly #connections = new Set<RawClient>();
  #own: RawClient | undefined;
  #topicCount = 0;
  readonly #settled = new Set<string>();

  constructor(at: { host: string; port: number }, prefix: string) {
    this.#at = at;
    this.prefix = prefix;
    this.#normaliser = new Normaliser(prefix, at.port);
  }

  /** A topic's or group's name, of the prefix's length plus one plus the suffix's. */
  name(suffix: string): string {
    return `${this.prefix}.${suffix}`;
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.#at);
    this.#connections.add(client);
    void client.closed.then(() => this.#connections.delete(client));
    return client;
  }

  /** The connection of questions that name none. */
  async own(): Promise<RawClient> {
    if (!this.#own || !this.#connections.has(this.#own)) this.#own = await this.connect();
    return this.#own;
  }

  /** The normalised answer; 'closed' or 'no answer' where there is none. */
  async ask<Name extends ApiName>(
    api: Name,
    version: number,
    body: BodyOf<Name>,
    options: AskOptions = {},
  ): Promise<Json> {
    try {
      const answer = await this.raw(api, version, body, options);
      return this.#normaliser.value(answer, options);
    } catch (error) {
      if (error instanceof Error && (error.message === 'closed' || error.message === 'no answer')) {
        if (!options.on) this.#own = undefined;
        return error.message;
      }
      throw error;
    }
  }

  /** The answer as it is; rejects with 'closed' or 'no answer'. */
  async raw<Name extends ApiName>(
    api: Name,
    version: number,
    body: BodyOf<Name>,
    options: AskOptions = {},
  ): Promise<AnswerOf<Name>> {
    const client = options.on ?? (await this.own());
    // The table pairs each request with its response, which the compiler cannot follow through a name.
    const { request, response } = wire[api] as unknown as {
      request: MessageSchema<Fields>;
      response: MessageSchema<Fields>;
    };
    const answer = client.call(
      options.wide ? widened(request) : request,
      response,
      version,
      body as InputOf<Fields>,
      options.clientId === undefined ? 'raw' : options.clientId,
    );
    return (await patiently(answer, options.patienceMs ?? PATIENCE_MS, client)) as ValueOf<Fields> &
      AnswerOf<Name>;
  }

  /** Asks without waiting; for requests that the broker parks. */
  begin<Name extends ApiName>(
    api: Name,
    version: number,
    body: BodyOf<Name>,
    on: RawClient,
    options: AskOptions = {},
  ): Asked {
    const answer = this.ask(api, version, body, { ...options, on });
    answer.catch(() => {});
    return {
      answer,
      within: (ms) => Promise.race([answer, delay(ms, 'waiting' as const)]),
    };
  }

  /** Puts anything into the form that two brokers can be compared in. */
  normal(value: unknown, options: { keepOrder?: boolean } = {}): Json {
    return this.#normaliser.value(value, options);
  }

  /** Makes a topic of this probe's own and waits until it has its leaders; its full name. */
  async topic(suffix: string, options: TopicOptions = {}): Promise<string> {
    const name = this.name(suffix);
    const configs = Object.entries(options.configs ?? {});
    const { topics } = await this.raw('CreateTopics', 7, {
      topics: [
        {
          name,
          numPartitions: options.partitions ?? 1,
          replicationFactor: 1,
          configs: configs.map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 10_000,
    });
    if (topics[0]?.errorCode !== 0) {
      throw new Error(`cannot make ${name}: ${topics[0]?.errorCode} ${topics[0]?.errorMessage}`);
    }
    await this.settled(name);
    return name;
  }

  /** As `topic`, with a name that nothing else in the probe has. */
  newTopic(options: TopicOptions = {}): Promise<string> {
    return this.topic(`n${this.#topicCount++}`, options);
  }

  /** Waits until every partition of the topic can be read; its id. */
  async settled(name: string): Promise<string> {
    const known = this.#settled.has(name);
    this.#settled.add(name);
    for (let attempt = 0; attempt < 100; attempt++) {
      const { topics } = await this.raw('Metadata', 12, {
        topics: [{ name }],
        allowAutoTopicCreation: false,
      });
      const topic = topics[0];
      if (
        topic?.errorCode === 0 &&
        topic.partitions.every(({ errorCode, leaderId }) => errorCode === 0 && leaderId >= 0) &&
        (await this.#canBeRead(name, topic.partitions.length))
      ) {
        if (!known) this.#normaliser.nameTopicId(topic.topicId, name);
        return topic.topicId;
      }
      await delay(50);
    }
    throw new Error(`${name} gets no leaders`);
  }

  /** Kafka tells clients of a leader before that broker knows it has become one. */
  async #canBeRead(name: string, partitionCount: number): Promise<boolean> {
    const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1,
    }));
    const { topics } = await this.raw('ListOffsets', 1, { topics: [{ name, partitions }] });
    return topics[0]?.partitions.every(({ errorCode }) => errorCode === 0) ?? false;
  }

  /** Produces bytes to one partition; its row, normalised. */
  async produce(
    topic: string,
    records: Buffer | null,
    { version = 9, acks = -1, partition = 0, patienceMs = PATIENCE_MS } = {},
  ): Promise<Json> {
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
    const body = { acks, timeoutMs: 10_000, topicData };
    const answer = await this.ask('Produce', version, body, { patienceMs });
    return rowOf(answer, 'responses', 'partitionResponses');
  }

  close(): void {
    for (const client of this.#connections) client.close();
  }
}

/** The first partition's row of the first topic, or the whole answer when there is none. */
export function rowOf(answer: Json, topics: string, partitions: string): Json {
  const first = (value: Json | undefined, name: string): Json | undefined => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    const rows = value[name];
    return Array.isArray(rows) ? rows[0] : undefined;
  };
  return first(first(answer, topics), partitions) ?? answer;
}

/** Runs `ask` at each version, so that one observation shows them all. */
export async function eachVersion(
  from: number,
  to: number,
  ask: (version: number) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (let version = from; version <= to; version++) answers[`v${version}`] = await ask(version);
  return answers;
}

/** Runs the named questions one after the other. */
export async function inTurn(
  questions: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const [name, question] of Object.entries(questions)) answers[name] = await question();
  return answers;
}

async function patiently<T>(answer: Promise<T>, ms: number, client: RawClient): Promise<T> {
  const enough = new AbortController();
  const late = delay(ms, undefined, { signal: enough.signal }).then(() => {
    client.close();
    throw new Error('no answer');
  });
  late.catch(() => {});
  answer.catch(() => {});
  try {
    return await Promise.race([answer, late]);
  } finally {
    enough.abort();
  }
}
