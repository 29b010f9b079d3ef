import {
  isStoreError,
  MAX_MULTI_BYTES,
  type NodeVersion,
  type Operation,
  type OperationResult,
  operationBytes,
  type Store,
} from '../../coordination/store.ts';
import { controllerEpochNode } from '../../coordination/znodes.ts';

/** Another broker was elected meanwhile; nothing was written. */
export class ControllerMoved extends Error {
  override name = 'ControllerMoved';
}

/** Writes that only the controller of this epoch may do: each `multi` checks it first. */
export class FencedWriter {
  readonly #store: Store;
  readonly #fence: Operation;

  constructor(store: Store, epochVersion: NodeVersion) {
    this.#store = store;
    this.#fence = { op: 'check', path: controllerEpochNode.path, version: epochVersion };
  }

  /**
   * Writes groups of operations, each whole or not at all, as few requests as their sizes allow, all
   * under way at once. Answers the results in the order of the operations. When a request fails
   * those before it may have succeeded; rejects with the first error, ControllerMoved before others.
   */
  async write(groups: readonly (readonly Operation[])[]): Promise<OperationResult[]> {
    const requests = pack(groups, operationBytes(this.#fence));
    const outcomes = await Promise.allSettled(
      requests.map((operations) => this.#store.multi([this.#fence, ...operations])),
    );
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    const moved = failures.some(
      (error) => isStoreError(error, 'BAD_VERSION', 'NO_NODE') && error.failedIndex === 0,
    );
    if (moved) throw new ControllerMoved('the controller epoch has moved on');
    if (failures.length > 0) throw failures[0];
    return outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.slice(1) : [],
    );
  }
}

/** Joins neighbouring groups up to MAX_MULTI_BYTES a request. */
function pack(groups: readonly (readonly Operation[])[], overheadBytes: number): Operation[][] {
  const requests: Operation[][] = [];
  let room = 0;
  for (const group of groups) {
    if (group.length === 0) continue;
    let size = 0;
    for (const operation of group) size += operationBytes(operation);
    if (size > room || requests.length === 0) {
      requests.push([]);
      room = MAX_MULTI_BYTES - overheadBytes;
    }
    const request = requests.at(-1)!;
    for (const operation of group) request.push(operation);
    room -= size;
  }
  return requests;
}
