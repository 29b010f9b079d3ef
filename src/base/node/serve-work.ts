import { parentPort } from 'node:worker_threads';
import { performTask } from '../loop-work.ts';
import type { Tasks } from '../work-thread.ts';

/** To the thread. */
export interface WorkOrder {
  readonly task: string;
  readonly bytes: Uint8Array;
  readonly detail: unknown;
}

/** Back from it: first that it is there, then one for each order. */
export type WorkReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly value: unknown; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

/** The whole life of a work thread: does what it is told, one thing after the other. */
export function serveWork(tasks: Tasks): void {
  const port = parentPort;
  if (!port) throw new Error('this is no worker thread');
  const report = (message: WorkReport, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  port.on('message', ({ task, bytes, detail }: WorkOrder) => {
    try {
      const { value, bytes: made } = performTask(tasks, task, bytes, detail);
      const given = made && givable(made, bytes.buffer);
      report({ kind: 'done', value, bytes: given }, given ? [given.buffer] : []);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      report({ kind: 'failed', name, message });
    }
  });
  report({ kind: 'ready' });
}

/**
 * Bytes that own their memory, so that it can be given away. Those that came may leave as they are; what libraries
 * make may lie in pools, or be nothing that can be moved.
 */
function givable(made: Uint8Array, arrived: ArrayBufferLike): Uint8Array<ArrayBuffer> {
  if (made.buffer === arrived && made.length === arrived.byteLength) {
    return new Uint8Array(arrived as ArrayBuffer);
  }
  const own = new Uint8Array(new ArrayBuffer(made.length));
  own.set(made);
  return own;
}
