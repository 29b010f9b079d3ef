import { type LongWork, type Pace, promised, type Steps } from '../../base/slices.ts';
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
  readonly #slices: LongWork;
  readonly #fence: Operation;

  constructor(store: Store, epochVersion: NodeVersion, slices: LongWork) {
    this.#slices = slices;
    this.#store = store;
    this.#fence = { op: 'check', path: controllerEpochNode.path, version: epochVersion };
  }

  /**
   * Writes groups of operations, each whole or not at all, in requests of a few milliseconds' work, all
   * under way at once. Answers the results in the order of the operations. When a request fails
   * those before it may have succeeded; rejects with the first error, ControllerMoved before others.
   */
  async write(groups: readonly (readonly Operation[])[]): Promise<OperationResult[]> {
    const slices = this.#slices;
    const steps = pack(groups, operationBytes(this.#fence), slices);
    const requests = await promised(slices, steps);
    const sent: Promise<OperationResult[]>[] = [];
    for (const operations of requests) {
      const request = this.#store.multi([this.#fence, ...operations]);
      // Its outcome is looked at below, with the others'.
      request.catch(() => undefined);
      sent.push(request);
      if (slices.isOver(operations.length)) await slices.nextTurn();
    }
    const outcomes = await Promise.allSettled(sent);
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

/** What a store does in one go, beside what it is asked to do as a whole. */
const OPERATIONS_PER_REQUEST = 200;

/** Joins neighbouring groups up to MAX_MULTI_BYTES, and OPERATIONS_PER_REQUEST, a request. */
function* pack(
  groups: readonly (readonly Operation[])[],
  overheadBytes: number,
  pace: Pace,
): Steps<Operation[][]> {
  const requests: Operation[][] = [];
  let room = 0;
  let operationsLeft = 0;
  for (const group of groups) {
    if (group.length === 0) continue;
    let size = 0;
    for (const operation of group) size += operationBytes(operation);
    if (size > room || group.length > operationsLeft || requests.length === 0) {
      requests.push([]);
      operationsLeft = OPERATIONS_PER_REQUEST;
      room = MAX_MULTI_BYTES - overheadBytes;
    }
    const request = requests.at(-1)!;
    for (const operation of group) request.push(operation);
    room -= size;
    operationsLeft -= group.length;
    if (pace.isOver()) yield;
  }
  return requests;
}
