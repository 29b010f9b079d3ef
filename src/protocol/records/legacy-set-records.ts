import type { Int64 } from '../../base/int64.ts';
import type { CodecName } from '../../compression/index.ts';
import type { LegacyMagic } from './legacy-message.ts';
import {
  LEGACY_SET_LIMITS,
  type LegacySetLimits,
  type LegacySetRejection,
  readLegacySet,
} from './legacy-message-set-reader.ts';
import type { TimestampType } from './record-batch.ts';

/** A record of a message set with its absolute offset. */
export interface LegacyRecord {
  offset: bigint;
  timestamp: Int64;
  timestampType: TimestampType;
  key: Buffer | null;
  value: Buffer | null;
}

export type LegacySet =
  | { kind: 'read'; magic: LegacyMagic; codec: CodecName; records: LegacyRecord[] }
  | ({ kind: 'rejected' } & LegacySetRejection);

/**
 * All records of a message set at once, with the offsets that their wrapper gives them. `limits` stand
 * in for those of a produced set.
 */
export function readLegacyMessageSet(
  set: Buffer,
  limits: Partial<LegacySetLimits> = {},
): LegacySet {
  const read = { magic: 0 as LegacyMagic, codec: 'none' as CodecName };
  const records: LegacyRecord[] = [];
  let base = 0n;
  const rejection = readLegacySet(
    set,
    { maxMessageBytes: set.length, ...LEGACY_SET_LIMITS, ...limits },
    {
      begin: (facts) => Object.assign(read, facts),
      record(record, wrapper) {
        const { storedOffset: offset, key, value } = record;
        const { timestampType } = wrapper ?? record;
        const said = wrapper && timestampType === 'LogAppendTime' ? wrapper : record;
        records.push({ offset, timestamp: said.timestamp, timestampType, key, value });
        if (wrapper?.magic === 1)
          base = wrapper.storedOffset === 0n ? 0n : wrapper.storedOffset - offset;
      },
    },
  );
  if (rejection) return { kind: 'rejected', ...rejection };
  for (const record of records) record.offset += base;
  return { kind: 'read', ...read, records };
}
