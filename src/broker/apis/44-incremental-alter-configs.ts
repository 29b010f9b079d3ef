// IncrementalAlterConfigs v0-v1 (KIP-339): set, delete, append and subtract, key by key. One bad entry
// leaves its resource as it was. The level of the log (type 8, KIP-412) is changed until the broker stops.
import type { Logger } from '../../base/logger.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/44-incremental-alter-configs.ts';
import type { ConfigChange } from '../controller/requests.ts';
import { type Api, defineApi } from '../network/api.ts';
import {
  ALTER_RIGHTS,
  type AlterDependencies,
  alterResources,
  failedResources,
} from './alter-resources.ts';
import { alterLoggers } from './broker-logger.ts';

/** By their codes on the wire. */
const OPERATIONS: readonly ConfigChange['operation'][] = ['set', 'delete', 'append', 'subtract'];

export function incrementalAlterConfigsApi({
  controller,
  brokerId,
  logger,
}: AlterDependencies & { logger: Logger }): Api {
  return defineApi({
    request: IncrementalAlterConfigsRequest,
    response: IncrementalAlterConfigsResponse,
    versions: { min: 0, max: 1 },
    rights: ALTER_RIGHTS,
    handle: async (context, request) => ({
      responses: await alterResources(
        context,
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
        {
          problemOf({ configs }) {
            const odd = configs.find(({ configOperation }) => !OPERATIONS[configOperation]);
            return odd && `${odd.name}: there is no operation ${odd.configOperation}`;
          },
          alterLoggers: ({ configs }) => alterLoggers(logger, configs, request),
        },
      ),
    }),
    errorResponse: (_context, request, error) => ({
      responses: failedResources(request.resources, errorCode(error.error), error.detail),
    }),
  });
}
