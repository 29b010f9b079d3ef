import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Memory that this process may use: the machine's, or what its container is given of it. */
export function usableMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  // Without a limit it is 0, or a number that no machine has.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** What the objects of this process may take up (`--max-old-space-size`); buffers are beside it. */
export function usableHeapBytes(): number {
  return getHeapStatistics().heap_size_limit;
}
