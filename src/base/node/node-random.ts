import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../random.ts';

/** The operating system's randomness. */
export class NodeRandom implements Random {
  int(bound: number): number {
    return randomInt(bound);
  }

  bytes(count: number): Buffer {
    return randomBytes(count);
  }
}

export const nodeRandom = new NodeRandom();
