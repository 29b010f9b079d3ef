import type { Endpoint } from '../base/network.ts';
import type { Random } from '../base/random.ts';
import { type ErrorName, errorName, KafkaError } from '../protocol/errors.ts';
import { MetadataRequest, MetadataResponse } from '../protocol/messages/03-metadata.ts';
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../protocol/messages/10-find-coordinator.ts';
import {
  Connection,
  type ConnectionOptions,
  type ConnectionPorts,
  mayRetry,
} from './connection.ts';
import { ClientError, ConnectionError, endpointText } from './errors.ts';

export interface ClusterPorts extends ConnectionPorts {
  readonly random: Random;
}

export interface ClusterOptions extends Partial<ConnectionOptions> {
  /** Brokers to ask first; one that answers is enough. */
  readonly bootstrap: readonly Endpoint[];
  /** How long a call may be repeated in all. Default 30 s. */
  readonly retryTimeoutMs?: number;
}

export interface PartitionMetadata {
  readonly partition: number;
  readonly error: ErrorName;
  /** -1 where there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export interface TopicMetadata {
  readonly name: string;
  readonly error: ErrorName;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** In the order of their numbers. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface BrokerMetadata extends Endpoint {
  readonly id: number;
  readonly rack: string | null;
}

export interface ClusterMetadata {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: readonly BrokerMetadata[];
  readonly topics: readonly TopicMetadata[];
}

/** Requests that must not wait for each other's answers. */
export type ConnectionPurpose = 'control' | 'group' | 'fetch';

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;

/** The brokers of one cluster: finds the right one, keeps a connection to each, repeats what may be. */
export class Cluster {
  readonly ports: ClusterPorts;
  readonly #options: ClusterOptions & ConnectionOptions;
  readonly #connections = new Map<string, Promise<Connection>>();
  readonly #coordinators = new Map<string, number>();
  #brokers = new Map<number, BrokerMetadata>();
  #controllerId = -1;
  #closed = false;
  /** A wrong address should be reported at once, not after half a minute of tries. */
  #everConnected = false;

  constructor(ports: ClusterPorts, options: ClusterOptions) {
    this.ports = ports;
    this.#options = {
      ...options,
      clientId: options.clientId ?? 'sluice',
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    };
  }

  /** Some broker has answered at some time. */
  get everConnected(): boolean {
    return this.#everConnected;
  }

  get requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs;
  }

  get retryTimeoutMs(): number {
    return this.#options.retryTimeoutMs ?? 30_000;
  }

  /** A connection to whichever broker answers first. Throws ConnectionError naming all it tried. */
  async any(): Promise<Connection> {
    const known = [...this.#options.bootstrap, ...this.#brokers.values()];
    for (const endpoint of known) {
      const open = this.#connections.get(`control ${endpointText(endpoint)}`);
      const connection = await open?.catch(() => undefined);
      if (connection?.isOpen) return connection;
    }
    const failures: string[] = [];
    for (const endpoint of known) {
      try {
        return await this.#connect(endpoint);
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        if (!failures.includes(error.message)) failures.push(error.message);
      }
    }
    throw new ConnectionError(failures.join('; ') || 'there is no broker to connect to');
  }

  /**
   * A connection to this broker. Answers come in the order of the requests, so what may take long
   * (a fetch that waits for records) has connections of its own, by `purpose`.
   */
  async broker(id: number, purpose: ConnectionPurpose = 'control'): Promise<Connection> {
    if (!this.#brokers.has(id)) await this.metadata([]);
    const broker = this.#brokers.get(id);
    if (!broker) throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${id} is not in the cluster`);
    return this.#connect(broker, purpose);
  }

  async controller(): Promise<Connection> {
    if (this.#controllerId < 0) await this.metadata([]);
    return this.#controllerId < 0 ? this.any() : this.broker(this.#controllerId);
  }

  /** After NOT_CONTROLLER: ask again who it is. */
  forgetController(): void {
    this.#controllerId = -1;
  }

  /** The broker that coordinates this group. Throws KafkaError COORDINATOR_NOT_AVAILABLE and the like. */
  async coordinator(groupId: string): Promise<Connection> {
    const known = this.#coordinators.get(groupId);
    if (known !== undefined) return this.broker(known, 'group');
    const connection = await this.any();
    const answer = await connection.call(
      FindCoordinatorRequest,
      FindCoordinatorResponse,
      (version) => (version >= 4 ? { coordinatorKeys: [groupId] } : { key: groupId }),
    );
    const found = answer.coordinators[0] ?? answer;
    if (found.errorCode !== 0) throw new KafkaError(errorName(found.errorCode), found.errorMessage);
    const { nodeId, host, port } = found;
    this.#brokers.set(nodeId, { id: nodeId, host, port, rack: null });
    this.#coordinators.set(groupId, nodeId);
    return this.#connect(found, 'group');
  }

  /** After NOT_COORDINATOR, or a lost connection: ask again who it is. */
  forgetCoordinator(groupId: string): void {
    this.#coordinators.delete(groupId);
  }

  /** Everything about these topics, or with null about all. Errors are per topic and partition. */
  async metadata(
    topics: readonly string[] | null,
    options: { allowAutoCreate?: boolean } = {},
  ): Promise<ClusterMetadata> {
    const connection = await this.any();
    const answer = await connection.call(MetadataRequest, MetadataResponse, (version) => ({
      topics: topics?.map((name) => ({ name })) ?? (version === 0 ? [] : null),
      allowAutoTopicCreation: version < 4 || (options.allowAutoCreate ?? false),
    }));
    this.#brokers = new Map(
      answer.brokers.map(({ nodeId, host, port, rack }) => [
        nodeId,
        { id: nodeId, host, port, rack },
      ]),
    );
    this.#controllerId = answer.controllerId;
    return {
      clusterId: answer.clusterId,
      controllerId: answer.controllerId,
      brokers: [...this.#brokers.values()].sort((a, b) => a.id - b.id),
      topics: answer.topics.map((topic) => ({
        name: topic.name ?? '',
        error: errorName(topic.errorCode),
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitions: topic.partitions
          .map((partition) => ({
            partition: partition.partitionIndex,
            error: errorName(partition.errorCode),
            leader: partition.leaderId,
            leaderEpoch: partition.leaderEpoch,
            replicas: partition.replicaNodes,
            isr: partition.isrNodes,
            offlineReplicas: partition.offlineReplicas,
          }))
          .sort((a, b) => a.partition - b.partition),
      })),
    };
  }

  /**
   * Runs `attempt` until it succeeds, fails for good, or `retryTimeoutMs` is over. `attempt` throws
   * what it finds in the answer as KafkaError.
   */
  async retry<T>(attempt: () => Promise<T>, timeoutMs = this.retryTimeoutMs): Promise<T> {
    const deadline = this.ports.clock.monotonicMs() + timeoutMs;
    let backoffMs = FIRST_BACKOFF_MS;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof KafkaError && error.error === 'NOT_CONTROLLER') {
          this.forgetController();
        }
        const wait = backoffMs / 2 + this.ports.random.int(backoffMs / 2 + 1);
        const late = this.ports.clock.monotonicMs() + wait >= deadline;
        if (this.#closed || late || !mayRetry(error) || !this.#everConnected) throw error;
        await this.sleep(wait);
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      }
    }
  }

  /** As `retry`, for a request to the coordinator of a group. */
  retryAtCoordinator<T>(
    groupId: string,
    attempt: (coordinator: Connection) => Promise<T>,
  ): Promise<T> {
    return this.retry(async () => {
      try {
        return await attempt(await this.coordinator(groupId));
      } catch (error) {
        if (mayRetry(error)) this.forgetCoordinator(groupId);
        throw error;
      }
    });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.ports.clock.after(ms, resolve));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#connections.values()];
    this.#connections.clear();
    // One that is still being made closes when it is there: nobody waits for a host that does not answer.
    for (const opening of open) {
      opening.then(
        (connection) => connection.close(),
        () => {},
      );
    }
    await Promise.resolve();
  }

  async #connect(endpoint: Endpoint, purpose: ConnectionPurpose = 'control'): Promise<Connection> {
    if (this.#closed) throw new ConnectionError('the client is closed');
    const name = `${purpose} ${endpointText(endpoint)}`;
    const before = this.#connections.get(name);
    if (before && (await before).isOpen) return before;
    // Somebody else may have replaced the closed one while this caller waited.
    const current = this.#connections.get(name);
    if (current && current !== before) return current;
    const opening = Connection.open(
      this.ports,
      { host: endpoint.host, port: endpoint.port },
      this.#options,
    );
    this.#connections.set(name, opening);
    try {
      const connection = await opening;
      this.#everConnected = true;
      return connection;
    } catch (error) {
      if (this.#connections.get(name) === opening) this.#connections.delete(name);
      throw error;
    }
  }
}

/** `host:port,...`, as --bootstrap-server takes it. Throws ClientError. */
export function parseBootstrap(text: string): Endpoint[] {
  const found = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const match = /^(?:[A-Za-z_]+:\/\/)?(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(item);
      const port = Number(match?.[2]);
      if (!match || port > 65_535) {
        throw new ClientError(`${item} is not a broker address: it must be host:port`);
      }
      return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
    });
  if (found.length === 0) throw new ClientError('a broker address is needed: host:port');
  return found;
}
