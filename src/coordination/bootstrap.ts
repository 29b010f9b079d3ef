import { type Random, randomUuid } from '../base/random.ts';
import { isStoreError, type Operation, type Store } from './store.ts';
import {
  type BrokerNode,
  brokerNode,
  brokerSequenceNode,
  clusterIdNode,
  PERSISTENT_PATHS,
} from './znodes.ts';

/** A live broker has this id already; two with one id would answer for each other's partitions. */
export class BrokerIdInUse extends Error {
  override name = 'BrokerIdInUse';

  constructor(brokerId: number) {
    super(
      `broker ${brokerId} is registered by another live session: is another broker using this id?`,
    );
  }
}

/** Creates those of Kafka's standing nodes that are missing; one write on a new store, none later. */
export async function ensurePersistentPaths(store: Store): Promise<void> {
  const stats = await Promise.all(PERSISTENT_PATHS.map((path) => store.exists(path)));
  const missing = PERSISTENT_PATHS.filter((_, index) => !stats[index]);
  try {
    await store.multi(missing.map((path) => ({ op: 'create', path, data: null })));
  } catch (error) {
    // Another broker starts at the same moment: go on from what it made.
    if (!isStoreError(error, 'NODE_EXISTS')) throw error;
    await ensurePersistentPaths(store);
  }
}

/**
 * The cluster's id. A new cluster takes `preferred` (the one in `meta.properties`, where there is one,
 * so that data keeps its cluster), else a random one. Comparing it with `meta.properties` is the caller's.
 */
export async function resolveClusterId(
  store: Store,
  options: { random: Random; preferred?: string | undefined },
): Promise<string> {
  const known = await store.get(clusterIdNode.path);
  if (known) return clusterIdNode.decode(known.data);
  const id = options.preferred ?? randomUuid(options.random);
  const operations: Operation[] = (await store.exists(clusterIdNode.parent))
    ? []
    : [{ op: 'create', path: clusterIdNode.parent, data: null }];
  operations.push({ op: 'create', path: clusterIdNode.path, data: clusterIdNode.encode(id) });
  try {
    await store.multi(operations);
    return id;
  } catch (error) {
    if (!isStoreError(error, 'NODE_EXISTS')) throw error;
    return resolveClusterId(store, options);
  }
}

/**
 * An id for a broker that has none (`broker.id=-1`): above `reserved.broker.max.id`, and never given
 * out before in this cluster. Needs ensurePersistentPaths.
 */
export async function generateBrokerId(store: Store, reservedMaxId: number): Promise<number> {
  const stat = await store.set(brokerSequenceNode.path, Buffer.alloc(0), 'any');
  return reservedMaxId + stat.version.number;
}

/** Announces a live broker until the session ends; answers its broker epoch. Rejects BrokerIdInUse. */
export async function registerBroker(
  store: Store,
  brokerId: number,
  broker: BrokerNode,
): Promise<number> {
  try {
    const data = brokerNode.encode(broker);
    const { stat } = await store.create(brokerNode.path(brokerId), data, 'ephemeral');
    return stat.createdTxId;
  } catch (error) {
    if (isStoreError(error, 'NODE_EXISTS')) throw new BrokerIdInUse(brokerId);
    throw error;
  }
}
