import type { RequestContext } from '../network/request-context.ts';

/** The rows that the client has the right to, and the others, both in their order. */
export async function byRight<Row>(
  { slices }: RequestContext,
  rows: readonly Row[],
  isAllowed: (row: Row) => boolean,
): Promise<{ readonly allowed: readonly Row[]; readonly denied: readonly Row[] }> {
  const allowed: Row[] = [];
  const denied: Row[] = [];
  for (const row of rows) {
    (isAllowed(row) ? allowed : denied).push(row);
    if (slices.isOver()) await slices.nextTurn();
  }
  return { allowed, denied };
}
