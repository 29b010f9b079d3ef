import type { Compatibility } from '../config/index.ts';
import type { Api } from './network/api.ts';

/** These APIs as far as the Kafka whose behaviour is wanted has them. */
export function offeredApis(apis: readonly Api[], { versions }: Compatibility): Api[] {
  return apis.flatMap((api) => {
    const limit = versions.get(api.key);
    if (limit === undefined) return [api];
    if (limit === null) return [];
    const min = Math.max(api.versions.min, limit.min);
    const max = Math.min(api.versions.max, limit.max);
    const { advertisedMin } = limit;
    return [
      { ...api, versions: { min, max }, ...(advertisedMin !== undefined && { advertisedMin }) },
    ];
  });
}
