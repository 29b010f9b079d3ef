import type { Api } from './api.ts';
import { clientOf } from './client-name.ts';
import type { Complaint } from './complainer.ts';
import type { RequestContext } from './request-context.ts';

// Sentences for requests that this broker has no handler for. Clients that ask ApiVersions first never
// get here; the others were told a version of Kafka in their configuration, or speak something else.

const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;
/** No release of Kafka has as many. */
const MOST_API_KEYS = 1000;

/** What to do about an API that is not offered. */
export function unknownApi(request: RequestContext): Complaint {
  return { kind: 'unknown API', sentence: sentenceOfUnknownApi(request) };
}

function sentenceOfUnknownApi(request: RequestContext): string {
  const { apiKey, apiVersion, session } = request;
  const asked = `${clientOf(request)} asked for API key ${apiKey} version ${apiVersion}, which is not supported`;
  if (apiKey === SASL_HANDSHAKE || apiKey === SASL_AUTHENTICATE) {
    return `${asked}: it wants to log in with SASL, which listener ${session.listenerName} does not have; set security.protocol=PLAINTEXT in the client`;
  }
  if (apiKey < 0 || apiKey > MOST_API_KEYS) {
    return `${asked}: these bytes are not Kafka's protocol, look which program was given this address`;
  }
  return `${asked}: use what ApiVersions lists, or a client that asks for it`;
}

/** What to do about a version that is not offered. */
export function unsupportedVersion(request: RequestContext, api: Api): Complaint {
  return {
    kind: 'unsupported version',
    of: api.name,
    sentence: sentenceOfUnsupportedVersion(request, api),
  };
}

function sentenceOfUnsupportedVersion(request: RequestContext, api: Api): string {
  const { min, max } = api.versions;
  const { apiVersion } = request;
  const asked = `${clientOf(request)} asked for ${api.name} version ${apiVersion}, which is not supported, ${min} to ${max} are`;
  if (apiVersion > max) {
    return `${asked}: the client is too new for this broker and did not ask which versions it has; set the broker version in the client (api.version.request=true, broker.version.fallback, api_version) or update Sluice`;
  }
  return `${asked}: the client is too old for this broker; update the client`;
}
