// CreatePartitions v0-v3 (KIP-195): `count` is the total wanted. One result per topic.
import type { Compatibility } from '../../config/index.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../../protocol/messages/37-create-partitions.ts';
import type { Controller } from '../controller/controller.ts';
import { type Api, defineApi } from '../network/api.ts';
import { oneRowEach, withinTimeout } from './admin-outcomes.ts';

export interface CreatePartitionsDependencies {
  readonly controller: Controller;
  readonly compatibility: Compatibility;
}

export function createPartitionsApi({
  controller,
  compatibility,
}: CreatePartitionsDependencies): Api {
  return defineApi({
    request: CreatePartitionsRequest,
    response: CreatePartitionsResponse,
    versions: { min: 0, max: 3 },
    async handle(_context, request) {
      const outcomes = await controller.createPartitions(
        request.topics.map(({ name, count, assignments }) => ({
          name,
          count,
          assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
        })),
        { validateOnly: request.validateOnly },
      );
      const rows = compatibility.grownTwice === 'one row' ? oneRowEach(outcomes) : outcomes;
      const results = withinTimeout(rows, request.timeoutMs, compatibility);
      return {
        results: results.map(({ name, error, detail }) => ({
          name,
          errorCode: errorCode(error),
          errorMessage: detail,
        })),
      };
    },
    errorResponse: (_context, request, error) => ({
      results: request.topics.map(({ name }) => ({
        name,
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
      })),
    }),
  });
}
