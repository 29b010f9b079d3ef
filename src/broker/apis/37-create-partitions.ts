// CreatePartitions v0-v3 (KIP-195): `count` is the total wanted. One result per topic.
import type { Compatibility } from '../../config/index.ts';
import { errorCode, errorMessage } from '../../protocol/errors.ts';
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../../protocol/messages/37-create-partitions.ts';
import { joined, lazily, lazilyOf } from '../../protocol/schema/index.ts';
import type { Controller } from '../controller/controller.ts';
import type { CreatePartitionsResult } from '../controller/requests.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import { togetherByName } from '../network/rows.ts';
import { oneRowEach, withinTimeout } from './admin-outcomes.ts';
import { byRight } from './by-right.ts';

export interface CreatePartitionsDependencies {
  readonly controller: Controller;
  readonly metadata: ClusterMetadata;
  readonly compatibility: Compatibility;
}

export function createPartitionsApi({
  controller,
  metadata,
  compatibility,
}: CreatePartitionsDependencies): Api {
  return defineApi({
    request: CreatePartitionsRequest,
    response: CreatePartitionsResponse,
    versions: { min: 0, max: 3 },
    rights: { asks: [{ operation: 'ALTER', resource: 'TOPIC' }] },
    quota: 'controllerMutation',
    mutations({ topics, validateOnly }) {
      if (validateOnly) return 0;
      const present = (name: string) => metadata.snapshot.topics.get(name)?.partitions.length ?? 0;
      return topics.reduce((sum, { name, count }) => sum + Math.max(0, count - present(name)), 0);
    },
    async handle(context, request) {
      const { allowed, denied } = await byRight(context, request.topics, ({ name }) =>
        context.authorize('ALTER', 'TOPIC', name),
      );
      const outcomes = await togetherByName(
        context,
        allowed,
        (some) =>
          controller.createPartitions(
            some.map(({ name, count, assignments }) => ({
              name,
              count,
              assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
            })),
            { validateOnly: request.validateOnly },
          ),
        { nameOf: ({ name }) => name, twice: namedTwice },
      );
      const rows =
        compatibility.grownTwice === 'one row' ? await oneRowEach(context, outcomes) : outcomes;
      const results = withinTimeout(rows, request.timeoutMs, compatibility);
      return {
        results: joined(
          lazilyOf(results, ({ name, error, detail }) => ({
            name,
            errorCode: errorCode(error),
            errorMessage: detail,
          })),
          lazily(denied, ({ name }) => ({
            name,
            errorCode: errorCode('TOPIC_AUTHORIZATION_FAILED'),
            errorMessage: errorMessage('TOPIC_AUTHORIZATION_FAILED'),
          })),
        ),
      };
    },
    errorResponse: (_context, request, error) => ({
      results: lazily(request.topics, ({ name }) => ({
        name,
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
      })),
    }),
  });
}

function namedTwice({ name }: { readonly name: string }): CreatePartitionsResult {
  return { name, error: 'INVALID_REQUEST', detail: 'Duplicate topic in request.' };
}
