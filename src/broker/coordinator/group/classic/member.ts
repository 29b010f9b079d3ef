import { keep, noBytes } from '../keep.ts';
import type { JoinRequest, JoinResult, NamedProtocol, SyncResult } from '../messages.ts';

/** Answers one parked JoinGroup. Its identity stands for the request. */
export type JoinAnswer = (result: JoinResult) => void;
/** Answers one parked SyncGroup. */
export type SyncAnswer = (result: SyncResult) => void;

export interface Member {
  memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the member's order of preference, each name once. */
  protocols: readonly NamedProtocol[];
  /** Empty until the leader's assignment is committed. */
  assignment: Buffer;
  /** The parked JoinGroup, if any. */
  joining: JoinAnswer | undefined;
  /** The parked SyncGroup, if any. */
  syncing: SyncAnswer | undefined;
  /** Joined, and not yet part of a generation. */
  isNew: boolean;
  /** When the member is given up, in monotonic milliseconds; see `expiryOf`. */
  deadlineMs: number;
}

/** What a member says about itself each time it joins; copies that outlive the request's frame. */
export interface AboutItself {
  protocols: readonly NamedProtocol[];
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
}

export function aboutItself(request: JoinRequest): AboutItself {
  return {
    protocols: keepProtocols(request.protocols),
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
  };
}

/** The first of each name. */
function keepProtocols(protocols: readonly NamedProtocol[]): NamedProtocol[] {
  const byName = new Map<string, NamedProtocol>();
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, { name, metadata: keep(metadata) });
  }
  return [...byName.values()];
}

/**
 * When the member is given up, or Infinity. Waiting for a join or sync answer counts as being
 * alive, except for a new member: its client may be long gone without knowing its member id.
 */
export function expiryOf(member: Member): number {
  const parked = member.joining !== undefined || member.syncing !== undefined;
  return parked && !member.isNew ? Number.POSITIVE_INFINITY : member.deadlineMs;
}

export function metadataFor(member: Member, protocolName: string): Buffer {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? noBytes;
}

/** True when a rejoin brings nothing new: the same protocols, order and metadata. */
export function hasSameProtocols(member: Member, protocols: readonly NamedProtocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false;
  return member.protocols.every(({ name, metadata }, index) => {
    const other = protocols[index];
    return other !== undefined && other.name === name && other.metadata.equals(metadata);
  });
}
