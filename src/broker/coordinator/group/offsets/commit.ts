import { addInt64, INT64_MAX, type Int64 } from '../../../../base/int64.ts';
import type { ErrorName } from '../../../../protocol/errors.ts';
import type { Group } from '../group.ts';
import type { OffsetCommitEntry, OffsetCommitRequest } from '../messages.ts';
import type { GroupRecord } from '../records.ts';
import type { Step } from '../step.ts';
import { offsetWriteError } from '../write-errors.ts';
import type { CommittedOffset } from './group-offsets.ts';

/** Stores the offsets of somebody who may commit; one error per entry. */
export function commit(
  group: Group,
  request: OffsetCommitRequest,
  answer: (errors: ErrorName[]) => void,
  step: Step,
): void {
  const { entries, retentionTimeMs } = request;
  const limit = step.context.config().offsetMetadataMaxBytes;
  const at = { groupId: group.id, nowWallMs: step.now.wallMs, retentionTimeMs };
  const kept = entries.filter(({ metadata }) => metadata.length <= limit);
  if (kept.length === 0) {
    step.answer(
      answer,
      entries.map(() => 'OFFSET_METADATA_TOO_LARGE'),
    );
    return;
  }
  for (const { topic, partition } of kept) group.offsets.begin(topic, partition);
  step.write(
    kept.map((entry) => offsetRecord(entry, at)),
    {
      settled() {
        for (const { topic, partition } of kept) group.offsets.end(topic, partition);
      },
      answer(failure) {
        const shared = offsetWriteError(failure);
        answer(
          entries.map(({ metadata }) =>
            metadata.length <= limit ? shared : 'OFFSET_METADATA_TOO_LARGE',
          ),
        );
      },
    },
  );
}

function offsetRecord(
  entry: OffsetCommitEntry,
  at: { groupId: string; nowWallMs: number; retentionTimeMs: Int64 | undefined },
): GroupRecord {
  const committed: CommittedOffset = {
    offset: entry.offset,
    leaderEpoch: entry.leaderEpoch,
    metadata: entry.metadata,
    commitTimestampMs: entry.commitTimestampMs ?? at.nowWallMs,
    expireTimestampMs:
      at.retentionTimeMs === undefined ? null : expiresAt(at.nowWallMs, at.retentionTimeMs),
  };
  const { topic, partition } = entry;
  return { kind: 'offset', groupId: at.groupId, topic, partition, committed };
}

/** Kafka's sum wraps, so that the longest retention time there is would be over at once. */
function expiresAt(nowWallMs: number, retentionTimeMs: Int64): Int64 {
  const sum = addInt64(nowWallMs, retentionTimeMs);
  return retentionTimeMs > 0 && sum < 0 ? INT64_MAX : sum;
}
