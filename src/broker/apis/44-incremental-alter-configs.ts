// IncrementalAlterConfigs v0-v1 (KIP-339): set, delete, append and subtract, key by key. One bad entry
// leaves its resource as it was.
import { errorCode } from '../../protocol/errors.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/44-incremental-alter-configs.ts';
import type { ConfigChange } from '../controller/requests.ts';
import { type Api, defineApi } from '../network/api.ts';
import { type AlterDependencies, alterResources, failedResources } from './alter-resources.ts';

/** By their codes on the wire. */
const OPERATIONS: readonly ConfigChange['operation'][] = ['set', 'delete', 'append', 'subtract'];

export function incrementalAlterConfigsApi({ controller, brokerId }: AlterDependencies): Api {
  return defineApi({
    request: IncrementalAlterConfigsRequest,
    response: IncrementalAlterConfigsResponse,
    versions: { min: 0, max: 1 },
    handle: async (_context, request) => ({
      responses: await alterResources(
        brokerId,
        request.resources,
        (accepted) =>
          controller.incrementalAlterConfigs(
            accepted.map(({ resource, asked }) => ({
              resource,
              changes: asked.configs.map(({ name, configOperation, value }) => ({
                name,
                operation: OPERATIONS[configOperation]!,
                value,
              })),
            })),
            { validateOnly: request.validateOnly },
          ),
        ({ configs }) => {
          const odd = configs.find(({ configOperation }) => !OPERATIONS[configOperation]);
          return odd && `${odd.name}: there is no operation ${odd.configOperation}`;
        },
      ),
    }),
    errorResponse: (_context, request, error) => ({
      responses: failedResources(request.resources, errorCode(error.error), error.detail),
    }),
  });
}
