/** A broken invariant of ours. It is never caught: the process ends, since its state is unknown. */
export class AssertionFailure extends Error {
  override name = 'AssertionFailure';
}

/** States what the code relies on; stays on in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}
