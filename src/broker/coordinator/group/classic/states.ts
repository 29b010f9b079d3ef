/**
 * The states of a classic group.
 *
 * - `Empty`: no members; may hold offsets. A join leads to PreparingRebalance.
 * - `PreparingRebalance`: joins park until all known members are in, or time is up. Sync and
 *   heartbeat answer REBALANCE_IN_PROGRESS. Leads to CompletingRebalance, or to Empty when nobody is
 *   left.
 * - `CompletingRebalance`: the generation exists, its assignment does not. Syncs park until the
 *   leader's assignment is committed (Stable); a changed membership leads back to
 *   PreparingRebalance.
 * - `Stable`: syncs get the assignment. A changed membership leads to PreparingRebalance.
 * - `Dead`: deleted or unloaded; everything answers COORDINATOR_NOT_AVAILABLE.
 */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** From which states each state may be entered. Empty from Dead: a deletion that was not committed. */
export const allowedFrom: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
};
