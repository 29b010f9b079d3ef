// ApiVersions v0-v4.
//
// The answer to a version that we do not have is error 35 in a v0 body that lists our versions, so that
// the client can try again lower (KIP-511); the response header never has tags. v3+ names the client's
// software, which must look like a name.
import { errorCode } from '../../protocol/errors.ts';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '../../protocol/messages/18-api-versions.ts';
import { type Api, defineApi } from '../network/api.ts';

export interface ApiVersionsDependencies {
  /** What is advertised, by ascending key; read at the first request, when all APIs are known. */
  readonly supported: () => readonly { apiKey: number; minVersion: number; maxVersion: number }[];
}

const VERSIONS = { min: 0, max: 4 };
/** KIP-511: letters and digits, with dots and hyphens between them. */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

export function apiVersionsApi({ supported }: ApiVersionsDependencies): Api {
  return defineApi({
    request: ApiVersionsRequest,
    response: ApiVersionsResponse,
    versions: VERSIONS,
    rights: {},
    handle(context, { clientSoftwareName, clientSoftwareVersion }) {
      if (context.apiVersion >= 3) {
        if (!SOFTWARE_NAME.test(clientSoftwareName) || !SOFTWARE_NAME.test(clientSoftwareVersion)) {
          return { errorCode: errorCode('INVALID_REQUEST') };
        }
        context.session.identifyClient(clientSoftwareName, clientSoftwareVersion);
      }
      return { errorCode: 0, apiKeys: supported() };
    },
    errorResponse: (_context, _request, error) => ({ errorCode: errorCode(error.error) }),
    answerUnsupportedVersion: () => ({
      version: 0,
      response: {
        errorCode: errorCode('UNSUPPORTED_VERSION'),
        apiKeys: [
          { apiKey: ApiVersionsRequest.apiKey, minVersion: VERSIONS.min, maxVersion: VERSIONS.max },
        ],
      },
    }),
  });
}
