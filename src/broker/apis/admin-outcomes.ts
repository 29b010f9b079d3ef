import type { Compatibility } from '../../config/index.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { Outcome } from '../controller/requests.ts';

const TIMED_OUT = 'The request gave no time for this, and it is done or refused later.';

/** What became of topics, as the Kafka of this profile would tell a request with this `timeout_ms`. */
export function withinTimeout<T extends Outcome>(
  outcomes: readonly T[],
  timeoutMs: number,
  { withoutTimeout }: Compatibility,
): readonly T[] {
  if (timeoutMs > 0 || withoutTimeout === 'no row') return outcomes;
  const error: ErrorName = 'REQUEST_TIMED_OUT';
  return outcomes.map((outcome) =>
    withoutTimeout === 'every row' || outcome.error === 'NONE'
      ? { ...outcome, error, detail: TIMED_OUT }
      : outcome,
  );
}

/** One row for each name: those of what was named twice say the same. */
export function oneRowEach<T extends { readonly name: string }>(
  outcomes: readonly T[],
): readonly T[] {
  return [...new Map(outcomes.map((outcome) => [outcome.name, outcome])).values()];
}
