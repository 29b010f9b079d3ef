import type { MessageOf } from '../schema/index.ts';
import { array, bool, int16, int32, int64, message, string } from '../schema/index.ts';

export const ApiVersionsRequest = message({
  apiKey: 18,
  name: 'ApiVersions',
  type: 'request',
  validVersions: '0-4',
  flexibleVersions: '3+',
  fields: {
    clientSoftwareName: string('3+', { ignorable: true }),
    clientSoftwareVersion: string('3+', { ignorable: true }),
  },
});
export type ApiVersionsRequest = MessageOf<typeof ApiVersionsRequest>;

export const ApiVersionsResponse = message({
  apiKey: 18,
  name: 'ApiVersions',
  type: 'response',
  validVersions: '0-4',
  flexibleVersions: '3+',
  fields: {
    errorCode: int16('0+'),
    apiKeys: array('0+', { apiKey: int16('0+'), minVersion: int16('0+'), maxVersion: int16('0+') }),
    throttleTimeMs: int32('1+', { ignorable: true }),
    supportedFeatures: array(
      '3+',
      { name: string('3+'), minVersion: int16('3+'), maxVersion: int16('3+') },
      { ignorable: true, tag: 0, taggedVersions: '3+' },
    ),
    finalizedFeaturesEpoch: int64('3+', {
      about: 'Orders the sets of finalized features; -1 where there is none.',
      default: -1,
      ignorable: true,
      tag: 1,
      taggedVersions: '3+',
    }),
    finalizedFeatures: array(
      '3+',
      { name: string('3+'), maxVersionLevel: int16('3+'), minVersionLevel: int16('3+') },
      { ignorable: true, tag: 2, taggedVersions: '3+' },
    ),
    zkMigrationReady: bool('3+', {
      about: 'Of Kafka in migration from ZooKeeper; never true here.',
      ignorable: true,
      tag: 3,
      taggedVersions: '3+',
    }),
  },
});
export type ApiVersionsResponse = MessageOf<typeof ApiVersionsResponse>;
