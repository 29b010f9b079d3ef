/** Something that must always be so is not. */
export class Violation extends Error {
  override name = 'Violation';
}

/** Throws a Violation where `condition` does not hold. */
export function mustHold(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Violation(message());
}
