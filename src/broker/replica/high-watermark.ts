/**
 * Where the committed part of a leader's log ends: what every in-sync replica has (KIP-101), and never beyond the
 * leader's own end. `followers` are the in-sync replicas beside the leader, `ends` where each one's log ends as it
 * last told; undefined while one of them has not told yet, which holds the high watermark where it is.
 */
export function committedEnd(
  leaderEnd: number,
  followers: readonly number[],
  ends: ReadonlyMap<number, number> | undefined,
): number | undefined {
  let committed = leaderEnd;
  for (const follower of followers) {
    const end = ends?.get(follower);
    if (end === undefined) return undefined;
    if (end < committed) committed = end;
  }
  return committed;
}
