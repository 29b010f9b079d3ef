import type { RequestContext } from '../../broker/network/request-context.ts';

/** A partition that a consumer fetches; the name is '' where its id is not known. */
export interface FetchedName {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

const SESSIONS_FROM = 7;
const TOPIC_RESOURCE = 2;

/** Where the APIs' requests name topics. */
const TOPIC_FIELDS = ['topics', 'topicData', 'topicNames', 'topicPartitions', 'resources'];

/** Whether requests with these fields can be about topics. */
export function canNameTopics(fields: Readonly<Record<string, unknown>>): boolean {
  return TOPIC_FIELDS.some((name) => Object.hasOwn(fields, name));
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Which topics requests are about. With fetch sessions (KIP-227) most Fetch requests name none, so
 * each connection's are remembered.
 */
export class RequestTopics {
  readonly #nameOf: (topicId: string) => string | undefined;
  readonly #fetched = new WeakMap<RequestContext['session'], Map<string, FetchedName>>();

  constructor(nameOf: (topicId: string) => string | undefined) {
    this.#nameOf = nameOf;
  }

  /** Call it once for each request of a connection, in their order. */
  of(api: string, context: RequestContext, request: unknown): Set<string> {
    if (!isFields(request)) return new Set();
    const names = new Set<string>();
    if (api === 'Fetch') {
      for (const { topic } of this.#follow(context, request)) names.add(topic);
    }
    this.#collect(request, names);
    return names;
  }

  /** The partitions that a Fetch reads, by what `of` has seen. */
  fetchedBy(context: RequestContext): FetchedName[] {
    return [...(this.#fetched.get(context.session)?.values() ?? [])];
  }

  #collect(request: Fields, names: Set<string>): void {
    for (const field of TOPIC_FIELDS) {
      for (const item of listOf(request[field])) {
        const name = field === 'resources' ? topicResource(item) : this.#topicName(item);
        if (name !== '') names.add(name);
      }
    }
    // OffsetFetch v8+ asks for several groups.
    for (const group of listOf(request['groups'])) if (isFields(group)) this.#collect(group, names);
  }

  #topicName(item: unknown): string {
    if (!isFields(item)) return textOf(item);
    const named = textOf(item['name']) || textOf(item['topic']);
    return named || (this.#nameOf(textOf(item['topicId'])) ?? '');
  }

  #follow(context: RequestContext, request: Fields): Iterable<FetchedName> {
    const { session, apiVersion } = context;
    const epoch = apiVersion < SESSIONS_FROM ? -1 : request['sessionEpoch'];
    const isIncremental = typeof epoch === 'number' && epoch > 0;
    const known = isIncremental ? this.#fetched.get(session) : undefined;
    const fetched = known ?? new Map<string, FetchedName>();
    this.#fetched.set(session, fetched);
    for (const each of this.#partitions(request['forgottenTopicsData'])) fetched.delete(key(each));
    for (const each of this.#partitions(request['topics'])) fetched.set(key(each), each);
    return fetched.values();
  }

  *#partitions(topics: unknown): Generator<FetchedName> {
    for (const item of listOf(topics)) {
      if (!isFields(item)) continue;
      const topic = this.#topicName(item);
      for (const row of listOf(item['partitions'])) {
        const partition = isFields(row) ? row['partition'] : row;
        yield { topic, topicId: textOf(item['topicId']), partition: Number(partition) };
      }
    }
  }
}

function key({ topic, topicId, partition }: FetchedName): string {
  return `${topic}/${topicId}/${partition}`;
}

function topicResource(item: unknown): string {
  return isFields(item) && item['resourceType'] === TOPIC_RESOURCE
    ? textOf(item['resourceName'])
    : '';
}
