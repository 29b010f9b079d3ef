/** A difference that is meant: docs/deviations.md says the same to users. */
export interface ExpectedDifference {
  /** The probe's name. */
  readonly probe: string;
  /** Matches the paths of the difference. */
  readonly path: RegExp;
  readonly reason: string;
}

export const expectedDifferences: readonly ExpectedDifference[] = [];
