/** A broken invariant of ours. It is never caught: the process ends, since its state is unknown. */
export class AssertionFailure extends Error {
  override name = 'AssertionFailure';
}

/** States what the code relies on; stays on in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Exhausts a union: reaching it is a compile error first and a failure second. */
export function assertNever(value: never): never {
  throw new AssertionFailure(`unexpected value ${JSON.stringify(value)}`);
}
