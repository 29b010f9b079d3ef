/** The rows that the client has the right to, and the others, both in their order. */
export function byRight<Row>(
  rows: readonly Row[],
  isAllowed: (row: Row) => boolean,
): { readonly allowed: readonly Row[]; readonly denied: readonly Row[] } {
  const allowed: Row[] = [];
  const denied: Row[] = [];
  for (const row of rows) (isAllowed(row) ? allowed : denied).push(row);
  return { allowed, denied };
}
