import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const DescribeConfigsRequest = message({
  apiKey: 32,
  name: 'DescribeConfigs',
  type: 'request',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: {
    resources: array('0+', {
      resourceType: int8('0+', {
        about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
      }),
      resourceName: string('0+'),
      configurationKeys: array('0+', 'string', { about: 'Null for all.', nullable: '0+' }),
    }),
    includeSynonyms: bool('1+'),
    includeDocumentation: bool('3+'),
  },
});
export type DescribeConfigsRequest = MessageOf<typeof DescribeConfigsRequest>;

export const DescribeConfigsResponse = message({
  apiKey: 32,
  name: 'DescribeConfigs',
  type: 'response',
  validVersions: '0-4',
  flexibleVersions: '4+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      errorCode: int16('0+'),
      errorMessage: errorText('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: array('0+', {
        name: string('0+'),
        value: string('0+', { nullable: '0+' }),
        readOnly: bool('0+'),
        isDefault: bool('0'),
        configSource: int8('1+', {
          about: '1 topic, 2 broker, 3 all brokers, 4 broker file, 5 default.',
          default: -1,
          ignorable: true,
        }),
        isSensitive: bool('0+'),
        synonyms: array(
          '1+',
          { name: string('1+'), value: string('1+', { nullable: '0+' }), source: int8('1+') },
          { ignorable: true },
        ),
        configType: int8('3+', { ignorable: true }),
        documentation: string('3+', { nullable: '0+', ignorable: true }),
      }),
    }),
  },
});
export type DescribeConfigsResponse = MessageOf<typeof DescribeConfigsResponse>;
