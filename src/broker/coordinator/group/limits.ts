/**
 * How long a new member's join may park. A client that gave up cannot be told from one that waits,
 * and it may not even know its member id, so the join ends and whoever still waits joins again.
 */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

/** Member ids handed out by MEMBER_ID_REQUIRED and not yet used, of one group. */
export const MAX_PENDING_MEMBERS = 10_000;

/** Protocols of one member: its assignors. Clients have one or two. */
export const MAX_PROTOCOLS = 1000;

/** Groups of one shard. More than this is an attack or a bug that invents group names. */
export const MAX_GROUPS_PER_SHARD = 100_000;
