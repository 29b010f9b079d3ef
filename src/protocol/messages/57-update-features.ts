import type { MessageOf } from '../schema/index.ts';
import { array, bool, errorText, int8, int16, int32, message, string } from '../schema/index.ts';

export const UpdateFeaturesRequest = message({
  apiKey: 57,
  name: 'UpdateFeatures',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '0+',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: array('0+', {
      feature: string('0+'),
      maxVersionLevel: int16('0+'),
      allowDowngrade: bool('0'),
      upgradeType: int8('1+', { default: 1 }),
    }),
    validateOnly: bool('1+'),
  },
});
export type UpdateFeaturesRequest = MessageOf<typeof UpdateFeaturesRequest>;

export const UpdateFeaturesResponse = message({
  apiKey: 57,
  name: 'UpdateFeatures',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: errorText('0+', { nullable: '0+' }),
    results: array(
      '0-1',
      {
        feature: string('0+'),
        errorCode: int16('0+'),
        errorMessage: errorText('0+', { nullable: '0+' }),
      },
      { ignorable: true },
    ),
  },
});
export type UpdateFeaturesResponse = MessageOf<typeof UpdateFeaturesResponse>;
