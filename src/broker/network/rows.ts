import type { ErrorName } from '../../protocol/errors.ts';
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
