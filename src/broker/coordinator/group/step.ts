import type { Act as RuntimeAct } from '../runtime/shard.ts';
import type { Fate, Step as RuntimeStep } from '../runtime/step.ts';
import type { MemberMemory } from './classic/member-memory.ts';
import type { GroupConfig } from './group-config.ts';
import type { GroupRecord } from './records.ts';

/** What a step of a group may look at besides the group, the request and the moment. */
export interface GroupContext {
  /** Read at every use, so that a changed setting takes effect at once. */
  config: () => GroupConfig;
  /** A fresh member id that begins with `prefix`. */
  newMemberId: (prefix: string) => string;
  /** Of the members of all groups. */
  memory: MemberMemory;
}

export type Step = RuntimeStep<GroupRecord, GroupContext>;
export type GroupFate = Fate<GroupRecord, GroupContext>;
export type Act = RuntimeAct<GroupRecord, GroupContext>;
