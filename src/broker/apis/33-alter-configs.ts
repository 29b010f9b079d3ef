// AlterConfigs v0-v2: replaces all overrides of a resource. Old clients know only this one; the newer
// IncrementalAlterConfigs changes key by key.
import { errorCode } from '../../protocol/errors.ts';
import {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from '../../protocol/messages/33-alter-configs.ts';
import { type Api, defineApi } from '../network/api.ts';
import {
  ALTER_RIGHTS,
  type AlterDependencies,
  alterResources,
  failedResources,
} from './alter-resources.ts';

export function alterConfigsApi({ controller, brokerId }: AlterDependencies): Api {
  return defineApi({
    request: AlterConfigsRequest,
    response: AlterConfigsResponse,
    versions: { min: 0, max: 2 },
    rights: ALTER_RIGHTS,
    handle: async (context, request) => ({
      responses: await alterResources(context, brokerId, request.resources, (accepted) =>
        controller.alterConfigs(
          accepted.map(({ resource, asked }) => ({ resource, configs: asked.configs })),
          { validateOnly: request.validateOnly },
        ),
      ),
    }),
    errorResponse: (_context, request, error) => ({
      responses: failedResources(request.resources, errorCode(error.error), error.detail),
    }),
  });
}
