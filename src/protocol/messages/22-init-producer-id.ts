import type { MessageOf } from '../schema/index.ts';
import { exactInt64, int16, int32, message, string } from '../schema/index.ts';

export const InitProducerIdRequest = message({
  apiKey: 22,
  name: 'InitProducerId',
  type: 'request',
  validVersions: '0-5',
  flexibleVersions: '2+',
  fields: {
    transactionalId: string('0+', {
      about: 'Null for a producer that is idempotent only.',
      nullable: '0+',
    }),
    transactionTimeoutMs: int32('0+'),
    producerId: exactInt64('3+', {
      about: '-1 for a new one; else the id whose epoch is to rise (KIP-360).',
      default: -1,
    }),
    producerEpoch: int16('3+', { default: -1 }),
  },
});
export type InitProducerIdRequest = MessageOf<typeof InitProducerIdRequest>;

export const InitProducerIdResponse = message({
  apiKey: 22,
  name: 'InitProducerId',
  type: 'response',
  validVersions: '0-5',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+', { ignorable: true }),
    errorCode: int16('0+'),
    producerId: exactInt64('0+', { default: -1 }),
    producerEpoch: int16('0+'),
  },
});
export type InitProducerIdResponse = MessageOf<typeof InitProducerIdResponse>;
