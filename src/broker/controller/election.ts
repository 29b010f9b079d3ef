export interface Electorate {
  /** In order of preference. */
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** -1 for none; kept where it can be. */
  readonly leader: number;
  isLive(replica: number): boolean;
  /** `unclean.leader.election.enable`: rather lose records than stay offline. */
  readonly allowUnclean: boolean;
}

export interface Elected {
  readonly leader: number;
  readonly isr: readonly number[];
}

/**
 * Who leads next: the present leader, or the first assigned replica that lives and is in sync. Only
 * where none is, and if that is allowed, a live replica that is not. Undefined: nobody can.
 */
export function electLeader(electorate: Electorate): Elected | undefined {
  const { replicas, isr, leader, allowUnclean } = electorate;
  const isLive = (replica: number) => electorate.isLive(replica);
  const isEligible = (replica: number) =>
    replicas.includes(replica) && isr.includes(replica) && isLive(replica);
  const clean = isEligible(leader) ? leader : replicas.find(isEligible);
  if (clean !== undefined) {
    const live = isr.filter(isLive);
    return { leader: clean, isr: live.length === isr.length ? isr : live };
  }
  const unclean = allowUnclean ? replicas.find(isLive) : undefined;
  return unclean === undefined ? undefined : { leader: unclean, isr: [unclean] };
}
