import { saturated } from '../../../../base/int64.ts';
import type { TopicPartition } from '../../../../protocol/topic-partition.ts';
import { retentionStart } from '../classic/retention.ts';
import type { Group, Groups } from '../group.ts';
import type { Step } from '../step.ts';
import { isDisposable, remove } from './remove.ts';

/** Drops the group's offsets past their retention, and the group when nothing is left of it. */
export function expire(groups: Groups, group: Group, step: Step): void {
  if (group.protocol.state === 'Dead') return;
  const { offsetsRetentionMs: retentionMs } = step.context.config();
  const going = expiredOffsets(group, { nowWallMs: step.now.wallMs, retentionMs });
  const isLast = isDisposable(group, going);
  if (going.length === 0 && !isLast) return;
  const fields = { group: group.id, offsets: going.length, groupToo: isLast };
  const what = going.length > 0 ? 'offsets have expired' : 'forgot an empty group without offsets';
  step.note('info', what, fields);
  remove(groups, group, { partitions: going, groupToo: isLast }, step, {
    settled(error, later) {
      if (error === 'NONE') return;
      const sentence = 'expired offsets could not be removed; it is tried again at the next check';
      later.note('warn', sentence, { group: group.id, error });
    },
  });
}

/** A retention time that came with the commit (OffsetCommit v2-4) counts instead of the broker's. */
function expiredOffsets(
  { offsets, protocol }: Group,
  { nowWallMs, retentionMs }: { nowWallMs: number; retentionMs: number },
): TopicPartition[] {
  const since = retentionStart(protocol);
  if (since === undefined) return [];
  const expired: TopicPartition[] = [];
  for (const { topic, partition, committed } of offsets.partitions()) {
    const start = since(topic, committed);
    if (start === undefined) continue;
    if (offsets.pending.get(topic, partition) !== undefined) continue;
    if (offsets.isUnstable(topic, partition)) continue;
    const expiresMs = committed.expireTimestampMs ?? saturated(start) + retentionMs;
    if (nowWallMs >= expiresMs) expired.push({ topic, partition });
  }
  return expired;
}
