import type { MessageOf } from '../schema/index.ts';
import { exactInt64, int16, int32, message, string } from '../schema/index.ts';

export const AddOffsetsToTxnRequest = message({
  apiKey: 25,
  name: 'AddOffsetsToTxn',
  type: 'request',
  validVersions: '0-4',
  flexibleVersions: '3+',
  fields: {
    transactionalId: string('0+'),
    producerId: exactInt64('0+'),
    producerEpoch: int16('0+'),
    groupId: string('0+'),
  },
});
export type AddOffsetsToTxnRequest = MessageOf<typeof AddOffsetsToTxnRequest>;

export const AddOffsetsToTxnResponse = message({
  apiKey: 25,
  name: 'AddOffsetsToTxn',
  type: 'response',
  validVersions: '0-4',
  flexibleVersions: '3+',
  fields: { throttleTimeMs: int32('0+'), errorCode: int16('0+') },
});
export type AddOffsetsToTxnResponse = MessageOf<typeof AddOffsetsToTxnResponse>;
