/** An inclusive range of protocol versions; `none` is the range that contains nothing. */
export interface VersionRange {
  readonly lowest: number;
  readonly highest: number;
}

/** The highest version an int16 can carry: what an open range such as `3+` ends with. */
export const HIGHEST_VERSION = 32767;

export const NO_VERSIONS: VersionRange = { lowest: 0, highest: -1 };

/** Parses `'3'`, `'3+'`, `'3-7'` or `'none'`. Anything else is a mistake in a declaration. */
export function parseVersions(text: string): VersionRange {
  if (text === 'none') return NO_VERSIONS;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (match === null) throw new TypeError(`"${text}" is not a version range`);
  const lowest = Number(match[1]);
  const highest = match[2] ? HIGHEST_VERSION : match[3] ? Number(match[3]) : lowest;
  if (highest < lowest) throw new TypeError(`the version range "${text}" ends before it begins`);
  return { lowest, highest };
}

export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.lowest && version <= range.highest;
}

/** The versions in both ranges; empty ranges compare equal to {@link NO_VERSIONS}. */
export function intersectVersions(a: VersionRange, b: VersionRange): VersionRange {
  const lowest = Math.max(a.lowest, b.lowest);
  const highest = Math.min(a.highest, b.highest);
  return highest < lowest ? NO_VERSIONS : { lowest, highest };
}
