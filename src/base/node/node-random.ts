import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../random.ts';

/** The operating system's randomness. */
export const nodeRandom: Random = {
  int: (bound) => randomInt(bound),
  bytes: (count) => randomBytes(count),
};
