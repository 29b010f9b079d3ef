import type { MessageOf } from '../schema/index.ts';
import { array, bytes, int32, message, string } from '../schema/index.ts';

export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  type: 'data',
  validVersions: '0-3',
  flexibleVersions: 'none',
  fields: {
    topics: array('0+', 'string'),
    userData: bytes('0+', { default: null, nullable: '0+' }),
    ownedPartitions: array(
      '1+',
      { topic: string('1+'), partitions: array('1+', 'int32') },
      { ignorable: true },
    ),
    generationId: int32('2+', { default: -1, ignorable: true }),
    rackId: string('3+', { default: null, nullable: '3+', ignorable: true }),
  },
});
export type ConsumerProtocolSubscription = MessageOf<typeof ConsumerProtocolSubscription>;

export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  type: 'data',
  validVersions: '0-3',
  flexibleVersions: 'none',
  fields: {
    assignedPartitions: array('0+', { topic: string('0+'), partitions: array('0+', 'int32') }),
    userData: bytes('0+', { default: null, nullable: '0+' }),
  },
});
export type ConsumerProtocolAssignment = MessageOf<typeof ConsumerProtocolAssignment>;
