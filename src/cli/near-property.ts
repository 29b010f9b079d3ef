import { editDistance } from '../config/closest.ts';

/** A swap, or a letter too many: names that are farther away are somebody else's, such as another formatter's. */
const NEAR = 2;

/** The warning for a `--property` that is nearly one of `known`; undefined where it is none of ours. */
export function nearProperty(name: string, known: readonly string[]): string | undefined {
  const meant = known.find((one) => editDistance(name, one) <= NEAR);
  return meant && `WARNING: property ${name} has no effect; did you mean ${meant}?`;
}
