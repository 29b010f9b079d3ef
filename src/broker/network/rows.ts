import type { Pace, Steps } from '../../base/slices.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import { NO_RESPONSE, type NoResponse, Pending, type PendingReceiver } from './pending.ts';
import type { RequestContext } from './request-context.ts';

/**
 * One row of a request with many: what its work throws, or rejects with, is the error of this row, and
 * the others have their answers. `about` names the row in the log.
 */
export function rowOf<Row>(
  context: RequestContext,
  about: () => string,
  work: () => Row,
  failed: (error: ErrorName) => Row,
): Row {
  try {
    return work();
  } catch (error) {
    return failed(context.rowError(error, about()));
  }
}

/** As {@link rowOf}, of work that takes a while. */
export async function laterRowOf<Row>(
  context: RequestContext,
  about: () => string,
  work: () => Row | Promise<Row>,
  failed: (error: ErrorName) => Row,
): Promise<Row> {
  try {
    return await work();
  } catch (error) {
    return failed(context.rowError(error, about()));
  }
}

/**
 * Work of a handler that goes through many rows: does what this turn has room for at once, and the rest in later
 * turns, while what the client sends after it waits. Where the rows are few the answer is there at once.
 */
export function inSlices<Response>(
  context: RequestContext,
  steps: Steps<Response | NoResponse | Pending<Response>>,
): Pending<Response> {
  const pending = new Pending<Response>();
  let goOn: (() => void) | undefined;
  const complete = (response: Response | NoResponse | Pending<Response>) => {
    if (response instanceof Pending) response.deliverTo(toPending(pending));
    else pending.complete(response);
    goOn?.();
  };
  let isOver = false;
  context.slices.run(
    steps,
    {
      isWanted: () => !context.abandoned,
      done(response) {
        isOver = true;
        complete(response);
      },
      failed(error) {
        isOver = true;
        pending.fail(error);
        goOn?.();
      },
      dropped() {
        isOver = true;
        complete(NO_RESPONSE);
      },
    },
    context.cause,
  );
  if (!isOver) goOn = context.hold();
  return pending;
}

/** Whoever completes it completes `pending`. */
export function toPending<Response>(pending: Pending<Response>): PendingReceiver<Response> {
  return {
    respond: (response) => pending.complete(response),
    fail: (error) => pending.fail(error),
  };
}

/** As many rows as a handler hands on together, and waits for, before others have their turn. */
const ROWS_TOGETHER = 200;

type Work<Row, Result> = (some: readonly Row[]) => Promise<readonly Result[]>;

/** What `work` makes of each row, some rows at a time: between them everybody else has a turn. */
export async function together<Row, Result>(
  { slices }: RequestContext,
  rows: readonly Row[],
  work: Work<Row, Result>,
): Promise<readonly Result[]> {
  if (rows.length <= ROWS_TOGETHER) return work(rows);
  const results: Result[] = [];
  for (let from = 0; from < rows.length; from += ROWS_TOGETHER) {
    for (const result of await work(rows.slice(from, from + ROWS_TOGETHER))) results.push(result);
    await slices.nextTurn();
  }
  return results;
}

/**
 * As {@link together}, of rows with names, where `work` refuses what is named twice among those that it gets: of many
 * rows such ones are refused here, by `twice`.
 */
export async function togetherByName<Row, Result>(
  context: RequestContext,
  rows: readonly Row[],
  work: Work<Row, Result>,
  { nameOf, twice }: { nameOf: (row: Row) => string; twice: (row: Row) => Result },
): Promise<readonly Result[]> {
  if (rows.length <= ROWS_TOGETHER) return work(rows);
  const { slices } = context;
  const counts = new Map<string, number>();
  for (const row of rows) {
    counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + 1);
    if (slices.isOver()) await slices.nextTurn();
  }
  const once: Row[] = [];
  for (const row of rows) {
    if (counts.get(nameOf(row)) === 1) once.push(row);
    if (slices.isOver()) await slices.nextTurn();
  }
  const done = await together(context, once, work);
  const results: Result[] = [];
  let next = 0;
  for (const row of rows) {
    results.push(counts.get(nameOf(row)) === 1 ? done[next++]! : twice(row));
    if (slices.isOver()) await slices.nextTurn();
  }
  return results;
}

/** `list` element by element; yields where the turn is over. */
export function* eachOf<Row, Result>(
  pace: Pace,
  list: Iterable<Row>,
  make: (row: Row) => Result,
): Steps<Result[]> {
  const results: Result[] = [];
  for (const row of list) {
    results.push(make(row));
    if (pace.isOver()) yield;
  }
  return results;
}

/** The elements that `isWanted`; yields where the turn is over. */
export function* those<Row>(
  pace: Pace,
  list: Iterable<Row>,
  isWanted: (row: Row) => boolean,
): Steps<Row[]> {
  const results: Row[] = [];
  for (const row of list) {
    if (isWanted(row)) results.push(row);
    if (pace.isOver()) yield;
  }
  return results;
}

/** How often each key is there, in the order of the first; yields where the turn is over. */
export function* counted<Row>(
  pace: Pace,
  list: Iterable<Row>,
  keyOf: (row: Row) => string,
): Steps<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const row of list) {
    const key = keyOf(row);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (pace.isOver()) yield;
  }
  return counts;
}

/** In ascending order of UTF-16 units; yields where the turn is over. */
export function* sorted(pace: Pace, list: readonly string[]): Steps<string[]> {
  let from: string[][] = [];
  for (let at = 0; at < list.length; at += ROWS_TOGETHER) {
    from.push(list.slice(at, at + ROWS_TOGETHER).sort());
    for (let step = 0; step < ROWS_TOGETHER; step++) if (pace.isOver()) yield;
  }
  while (from.length > 1) {
    const merged: string[][] = [];
    for (let at = 0; at < from.length; at += 2) {
      merged.push(yield* mergedOf(pace, from[at]!, from[at + 1] ?? []));
    }
    from = merged;
  }
  return from[0] ?? [];
}

function* mergedOf(pace: Pace, a: readonly string[], b: readonly string[]): Steps<string[]> {
  const merged: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (j >= b.length || (i < a.length && a[i]! <= b[j]!)) merged.push(a[i++]!);
    else merged.push(b[j++]!);
    if (pace.isOver()) yield;
  }
  return merged;
}

/** So many of what was found last are kept, for requests that name the same things again and again. */
const MOST_KEPT = 100;

/** `find`, but a thing that is named many times is looked up once. */
export function lookedUpOnce<Found>(find: (name: string) => Found): (name: string) => Found {
  const kept = new Map<string, Found>();
  return (name) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const found = find(name);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(name, found);
    return found;
  };
}
