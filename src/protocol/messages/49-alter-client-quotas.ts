import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, float64, int16, int32, message, string } from '../schema/index.ts';

export const AlterClientQuotasRequest = message({
  apiKey: 49,
  name: 'AlterClientQuotas',
  type: 'request',
  validVersions: '0-1',
  flexibleVersions: '1+',
  fields: {
    entries: array('0+', {
      entity: array('0+', {
        entityType: string('0+'),
        entityName: string('0+', { nullable: '0+' }),
      }),
      ops: array('0+', { key: string('0+'), value: float64('0+'), remove: bool('0+') }),
    }),
    validateOnly: bool('0+'),
  },
});
export type AlterClientQuotasRequest = MessageOf<typeof AlterClientQuotasRequest>;

export const AlterClientQuotasResponse = message({
  apiKey: 49,
  name: 'AlterClientQuotas',
  type: 'response',
  validVersions: '0-1',
  flexibleVersions: '1+',
  fields: {
    throttleTimeMs: int32('0+'),
    entries: array('0+', {
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { nullable: '0+' }),
      entity: array('0+', {
        entityType: string('0+'),
        entityName: string('0+', { nullable: '0+' }),
      }),
    }),
  },
});
export type AlterClientQuotasResponse = MessageOf<typeof AlterClientQuotasResponse>;
