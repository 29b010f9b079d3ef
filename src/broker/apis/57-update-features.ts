// UpdateFeatures v0-v1 (KIP-584), as a broker in ZooKeeper mode answers: it has no features whose level
// could be set, so each update is refused with INVALID_REQUEST, a deletion of one too.
//
// Gaps: no feature levels are kept, and ApiVersions names none.
import { errorCode } from '../../protocol/errors.ts';
import {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '../../protocol/messages/57-update-features.ts';
import { lazily } from '../../protocol/schema/index.ts';
import { type Api, defineApi } from '../network/api.ts';

export function updateFeaturesApi(): Api {
  return defineApi({
    request: UpdateFeaturesRequest,
    response: UpdateFeaturesResponse,
    versions: { min: 0, max: 1 },
    rights: { needs: [{ operation: 'ALTER', resource: 'CLUSTER' }] },
    handle: (_context, { featureUpdates }) => ({
      errorCode: 0,
      errorMessage: null,
      results: lazily(featureUpdates, ({ feature, maxVersionLevel }) => ({
        feature,
        errorCode: errorCode('INVALID_REQUEST'),
        errorMessage:
          maxVersionLevel < 1
            ? `The feature "${feature}" has no level that could be taken back.`
            : `This broker does not have the feature "${feature}".`,
      })),
    }),
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      errorMessage: error.detail,
    }),
  });
}
