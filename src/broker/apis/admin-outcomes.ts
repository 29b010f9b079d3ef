import type { Compatibility } from '../../config/index.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import { type LazyArray, lazily } from '../../protocol/schema/index.ts';
import type { Outcome } from '../controller/requests.ts';
import type { RequestContext } from '../network/request-context.ts';

const TIMED_OUT = 'The request gave no time for this, and it is done or refused later.';

/** What became of topics, as the Kafka of this profile would tell a request with this `timeout_ms`. */
export function withinTimeout<T extends Outcome>(
  outcomes: readonly T[],
  timeoutMs: number,
  { withoutTimeout }: Compatibility,
): LazyArray<T> {
  if (timeoutMs > 0 || withoutTimeout === 'no row') return lazily(outcomes, (outcome) => outcome);
  const error: ErrorName = 'REQUEST_TIMED_OUT';
  return lazily(outcomes, (outcome) =>
    withoutTimeout === 'every row' || outcome.error === 'NONE'
      ? { ...outcome, error, detail: TIMED_OUT }
      : outcome,
  );
}

/** One row for each name: those of what was named twice say the same. */
export async function oneRowEach<T extends { readonly name: string }>(
  { slices }: RequestContext,
  outcomes: readonly T[],
): Promise<readonly T[]> {
  const byName = new Map<string, T>();
  for (const outcome of outcomes) {
    byName.set(outcome.name, outcome);
    if (slices.isOver()) await slices.nextTurn();
  }
  return [...byName.values()];
}
