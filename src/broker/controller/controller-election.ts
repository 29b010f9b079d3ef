import {
  isStoreError,
  type NodeVersion,
  type Operation,
  type Store,
} from '../../coordination/store.ts';
import { controllerEpochNode, controllerNode } from '../../coordination/znodes.ts';

/** An election that was won. */
export interface Victory {
  readonly epoch: number;
  /** The fence of every write of this controllership. */
  readonly epochVersion: NodeVersion;
}

/**
 * Tries once to become the controller: creates `/controller` and raises `/controller_epoch` in one
 * step, so that nobody can be elected under an epoch that another has. Undefined: somebody else is.
 */
export async function tryElection(
  store: Store,
  candidate: { brokerId: number; nowMs: number },
): Promise<Victory | undefined> {
  const { brokerId, nowMs } = candidate;
  const before = await store.get(controllerEpochNode.path);
  const epoch = before ? controllerEpochNode.decode(before.data) + 1 : 1;
  const data = controllerEpochNode.encode(epoch);
  const { path } = controllerEpochNode;
  const raise: Operation = before
    ? { op: 'set', path, data, version: before.stat.version }
    : { op: 'create', path, data };
  const claim: Operation = {
    op: 'create',
    path: controllerNode.path,
    data: controllerNode.encode({ brokerId, timestampMs: nowMs }),
    mode: 'ephemeral',
  };
  try {
    const [, raised] = await store.multi([claim, raise]);
    return raised && 'stat' in raised ? { epoch, epochVersion: raised.stat.version } : undefined;
  } catch (error) {
    if (isStoreError(error, 'NODE_EXISTS', 'BAD_VERSION')) return undefined;
    if (!isStoreError(error, 'AMBIGUOUS')) throw error;
    return foundElected(store, brokerId, epoch);
  }
}

/** After a write of unknown outcome: whether it was done after all. */
async function foundElected(
  store: Store,
  brokerId: number,
  epoch: number,
): Promise<Victory | undefined> {
  await store.sync();
  const [holder, raised] = await Promise.all([
    store.get(controllerNode.path),
    store.get(controllerEpochNode.path),
  ]);
  if (!holder || !raised || controllerNode.decode(holder.data).brokerId !== brokerId) {
    return undefined;
  }
  // Any later election would have raised the epoch further.
  return controllerEpochNode.decode(raised.data) === epoch
    ? { epoch, epochVersion: raised.stat.version }
    : undefined;
}
