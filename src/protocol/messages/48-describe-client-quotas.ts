import type { MessageOf } from '../schema/index.ts';
import {
  array,
  bool,
  errorText,
  float64,
  int8,
  int16,
  int32,
  message,
  string,
} from '../schema/index.ts';

export const DescribeClientQuotasRequest = message({
  apiKey: 48,
  name: 'DescribeClientQuotas',
  type: 'request',
  validVersions: '0-1',
  flexibleVersions: '1+',
  fields: {
    components: array('0+', {
      entityType: string('0+'),
      matchType: int8('0+'),
      match: string('0+', { nullable: '0+' }),
    }),
    strict: bool('0+'),
  },
});
export type DescribeClientQuotasRequest = MessageOf<typeof DescribeClientQuotasRequest>;

export const DescribeClientQuotasResponse = message({
  apiKey: 48,
  name: 'DescribeClientQuotas',
  type: 'response',
  validVersions: '0-1',
  flexibleVersions: '1+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: errorText('0+', { nullable: '0+' }),
    entries: array(
      '0+',
      {
        entity: array('0+', {
          entityType: string('0+'),
          entityName: string('0+', { nullable: '0+' }),
        }),
        values: array('0+', { key: string('0+'), value: float64('0+') }),
      },
      { nullable: '0+' },
    ),
  },
});
export type DescribeClientQuotasResponse = MessageOf<typeof DescribeClientQuotasResponse>;
