import type { CoordinatorKind } from '../runtime/shard.ts';
import { GroupShard } from './group-shard.ts';
import { decode, encode, type GroupRecord } from './records.ts';
import type { GroupContext } from './step.ts';

/** How the runtime runs groups. */
export function groupKind(
  context: GroupContext,
): CoordinatorKind<GroupRecord, GroupContext, GroupShard> {
  return {
    noun: 'groups',
    context,
    newShard: () => new GroupShard(context.memory),
    encode,
    decode,
    sweepIntervalMs: () => context.config().offsetsRetentionCheckIntervalMs,
  };
}
