import type { MessageOf } from '../schema/index.ts';
import { array, bytes, exactInt64, int32, message, string } from '../schema/index.ts';

export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  type: 'data',
  validVersions: '2',
  flexibleVersions: 'none',
  fields: { group: string('2') },
});
export type GroupMetadataKey = MessageOf<typeof GroupMetadataKey>;

const memberMetadata = {
  memberId: string('0+'),
  groupInstanceId: string('3+', { default: null, nullable: '3+', ignorable: true }),
  clientId: string('0+'),
  clientHost: string('0+'),
  rebalanceTimeout: int32('1+', { default: -1, ignorable: true }),
  sessionTimeout: int32('0+'),
  subscription: bytes('0+'),
  assignment: bytes('0+'),
};

export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  type: 'data',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: {
    protocolType: string('0+'),
    generation: int32('0+', {
      about: '0 before the first rebalance and in groups that only store offsets.',
    }),
    protocol: string('0+', { nullable: '0+' }),
    leader: string('0+', { nullable: '0+' }),
    currentStateTimestamp: exactInt64('2+', {
      about: 'When the group entered its state: offsets expire from it (KIP-211).',
      default: -1,
      ignorable: true,
    }),
    members: array('0+', memberMetadata),
  },
});
export type GroupMetadataValue = MessageOf<typeof GroupMetadataValue>;
