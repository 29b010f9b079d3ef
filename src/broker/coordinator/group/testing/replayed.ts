import { silentLogger } from '../../../../base/logger.ts';
import type { LoadedBatch } from '../../runtime/coordinator-log.ts';
import { LogReplay } from '../../runtime/log-replay.ts';
import { type Moment, Step } from '../../runtime/step.ts';
import { MemberMemory } from '../classic/member-memory.ts';
import type { Groups } from '../group.ts';
import { defaultGroupConfig } from '../group-config.ts';
import { groupKind } from '../kind.ts';

/** The groups as a load at `now` would find them. */
export function replayedGroups(batches: readonly LoadedBatch[], now: Moment): Groups {
  const kind = groupKind({
    config: () => defaultGroupConfig,
    newMemberId: (prefix) => prefix,
    memory: new MemberMemory(),
  });
  const replay = new LogReplay(kind, silentLogger);
  for (const batch of batches) replay.add(batch);
  replay.shard.loaded(new Step(now, kind.context));
  return replay.shard.groups;
}
