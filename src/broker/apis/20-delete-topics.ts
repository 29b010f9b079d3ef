// DeleteTopics v0-v6, by name or (v6) by id. Answered when the files are gone.
import { ZERO_UUID } from '../../base/random.ts';
import { errorCode } from '../../protocol/errors.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../protocol/messages/20-delete-topics.ts';
import type { Controller } from '../controller/controller.ts';
import type { TopicReference } from '../controller/requests.ts';
import { type Api, defineApi } from '../network/api.ts';

type WantedTopic = DeleteTopicsRequest['topics'][number];

export function deleteTopicsApi({ controller }: { controller: Controller }): Api {
  return defineApi({
    request: DeleteTopicsRequest,
    response: DeleteTopicsResponse,
    versions: { min: 0, max: 6 },
    async handle(_context, request) {
      const isRefused = (topic: WantedTopic) =>
        (topic.name === null) === (topic.topicId === ZERO_UUID);
      const refused = request.topics.filter(isRefused);
      const topics = request.topics.filter((topic) => !isRefused(topic));
      const results = await controller.deleteTopics(references({ ...request, topics }));
      return {
        responses: [
          ...results.map(({ name, id, error, detail }) => ({
            name,
            topicId: id,
            errorCode: errorCode(error),
            errorMessage: detail,
          })),
          ...refused.map(({ name, topicId }) => ({
            name,
            topicId,
            errorCode: errorCode('INVALID_REQUEST'),
            errorMessage: 'A topic is named either by its name or by its id.',
          })),
        ],
      };
    },
    errorResponse: (_context, request, error) => ({
      responses: references(request).map((topic) => ({
        name: 'name' in topic ? topic.name : null,
        topicId: 'id' in topic ? topic.id : ZERO_UUID,
        errorCode: errorCode(error.error),
        errorMessage: error.detail,
      })),
    }),
  });
}

function references(request: DeleteTopicsRequest): TopicReference[] {
  return [
    ...request.topicNames.map((name) => ({ name })),
    ...request.topics.map(({ name, topicId }) => (name === null ? { id: topicId } : { name })),
  ];
}
