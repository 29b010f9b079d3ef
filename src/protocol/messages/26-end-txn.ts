import type { MessageOf } from '../schema/index.ts';
import { bool, exactInt64, int16, int32, message, string } from '../schema/index.ts';

export const EndTxnRequest = message({
  apiKey: 26,
  name: 'EndTxn',
  type: 'request',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: {
    transactionalId: string('0+'),
    producerId: exactInt64('0+'),
    producerEpoch: int16('0+'),
    committed: bool('0+'),
  },
});
export type EndTxnRequest = MessageOf<typeof EndTxnRequest>;

export const EndTxnResponse = message({
  apiKey: 26,
  name: 'EndTxn',
  type: 'response',
  validVersions: '0-5',
  flexibleVersions: '3+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    producerId: exactInt64('5+', { default: -1, ignorable: true }),
    producerEpoch: int16('5+', { default: -1, ignorable: true }),
  },
});
export type EndTxnResponse = MessageOf<typeof EndTxnResponse>;
