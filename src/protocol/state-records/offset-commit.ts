import type { MessageOf } from '../schema/index.ts';
import { exactInt64, int32, message, string } from '../schema/index.ts';

export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  type: 'data',
  validVersions: '0-1',
  flexibleVersions: 'none',
  fields: { group: string('0-1'), topic: string('0-1'), partition: int32('0-1') },
});
export type OffsetCommitKey = MessageOf<typeof OffsetCommitKey>;

export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  type: 'data',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: {
    offset: exactInt64('0+'),
    leaderEpoch: int32('3+', { default: -1, ignorable: true }),
    metadata: string('0+'),
    commitTimestamp: exactInt64('0+', { about: 'Milliseconds since 1970, by the broker clock.' }),
    expireTimestamp: exactInt64('1', {
      about: 'Version 1 only: the record expires by itself then.',
      default: -1,
      ignorable: true,
    }),
  },
});
export type OffsetCommitValue = MessageOf<typeof OffsetCommitValue>;
