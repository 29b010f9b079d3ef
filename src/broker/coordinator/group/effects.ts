import type { CoordinatorRecord } from '../runtime/coordinator-log.ts';
import type { JoinAnswer, SyncAnswer } from './classic/member.ts';
import type { GroupConfig } from './group-config.ts';
import type { JoinResult, NamedProtocol, SyncResult } from './messages.ts';

/** One instant on both clocks: the wall's for what is stored, the monotonic one for deadlines. */
export interface Moment {
  wallMs: number;
  monotonicMs: number;
}

/** What happens to the group once a record is committed, or failed to be. */
export type AfterWrite =
  | { kind: 'emptied'; generation: number }
  | { kind: 'assigned'; generation: number; assignments: ReadonlyMap<string, Buffer> }
  | {
      kind: 'static-member-replaced';
      memberId: string;
      answer: JoinAnswer;
      canSkipAssignment: boolean;
      /** What to go back to when the record is not committed. */
      before: {
        memberId: string;
        leader: string;
        protocols: readonly NamedProtocol[];
        rebalanceTimeoutMs: number;
        sessionTimeoutMs: number;
      };
    };

export interface Note {
  level: 'info' | 'warn';
  message: string;
  fields: Record<string, unknown>;
}

/** What a step of the state machine wants done. Deadlines are part of the state, see `timeouts.ts`. */
export interface Effects {
  readonly joins: { answer: JoinAnswer; result: JoinResult }[];
  readonly syncs: { answer: SyncAnswer; result: SyncResult }[];
  readonly writes: { record: CoordinatorRecord; after: AfterWrite }[];
  readonly notes: Note[];
}

/** Everything a step may look at besides the group and the request, and where it puts its wishes. */
export interface Step {
  readonly now: Moment;
  readonly config: GroupConfig;
  /** A fresh member id that begins with `prefix`. */
  readonly newMemberId: (prefix: string) => string;
  readonly effects: Effects;
}

export function noEffects(): Effects {
  return { joins: [], syncs: [], writes: [], notes: [] };
}
