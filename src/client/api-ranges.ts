import type { MessageSchema } from '../protocol/schema/index.ts';
import { parseVersions } from '../protocol/schema/versions.ts';
import { ClientError } from './errors.ts';

/** What a broker offers: the versions of each API key. */
export type ApiRanges = ReadonlyMap<number, { readonly min: number; readonly max: number }>;

/** The highest version that both sides have. Throws ClientError naming the API and the broker. */
export function chooseVersion(
  request: Pick<MessageSchema, 'apiKey' | 'name' | 'validVersions'>,
  ranges: ApiRanges,
  broker: string,
  maxVersion = Number.POSITIVE_INFINITY,
): number {
  const offered = ranges.get(request.apiKey);
  if (!offered) throw new ClientError(`the broker at ${broker} does not support ${request.name}`);
  const own = parseVersions(request.validVersions);
  const version = Math.min(own.highest, offered.max, maxVersion);
  if (version < Math.max(own.lowest, offered.min)) {
    throw new ClientError(
      `the broker at ${broker} supports ${request.name} ${offered.min} to ${offered.max}, but this client needs ${own.lowest} to ${Math.min(own.highest, maxVersion)}`,
    );
  }
  return version;
}
