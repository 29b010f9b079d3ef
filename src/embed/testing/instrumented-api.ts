import type { Clock } from '../../base/clock.ts';
import type { Answer, Api, ResponseInput } from '../../broker/network/api.ts';
import { NO_RESPONSE, type NoResponse, Pending } from '../../broker/network/pending.ts';
import type { RequestContext } from '../../broker/network/request-context.ts';
import { type ErrorName, errorCode, KafkaError } from '../../protocol/errors.ts';
import type { FaultEffect } from './faults.ts';
import type { FetchedName } from './request-topics.ts';

export interface ApiWatcher {
  readonly clock: Clock;
  /** A request came: what shall happen to it. */
  requested(api: Api, context: RequestContext, request: unknown): FaultEffect | undefined;
  /** The partitions that a Fetch is about. */
  fetchedBy(context: RequestContext): readonly FetchedName[];
}

type Outcome = { readonly response: ResponseInput | NoResponse } | { readonly error: unknown };

/** The API with its requests shown to `watcher`, which may have something else happen to them. */
export function instrumentedApi(api: Api, watcher: ApiWatcher): Api {
  return {
    ...api,
    handle(context, request) {
      const effect = watcher.requested(api, context, request);
      if (!effect) return api.handle(context, request);
      const answer = new Pending<ResponseInput>();
      const complete = (outcome: Outcome) => {
        if (answer.done) return;
        if ('error' in outcome) answer.fail(outcome.error);
        else answer.complete(outcome.response);
      };
      const handle = (then: (outcome: Outcome) => void) => settle(api, context, request, then);
      play(effect, { api, context, request, watcher, handle, complete });
      return answer;
    },
  };
}

/** Calls the handler; `then` hears once what came of it, now or later. */
function settle(
  api: Api,
  context: RequestContext,
  request: unknown,
  then: (outcome: Outcome) => void,
): void {
  let answer: Answer<ResponseInput>;
  try {
    answer = api.handle(context, request);
  } catch (error) {
    then({ error });
    return;
  }
  const respond = (response: ResponseInput | NoResponse) => then({ response });
  const fail = (error: unknown) => then({ error });
  if (answer instanceof Pending) answer.deliverTo({ respond, fail });
  else if (answer instanceof Promise) answer.then(respond, fail);
  else respond(answer);
}

interface Scene {
  readonly api: Api;
  readonly context: RequestContext;
  readonly request: unknown;
  readonly watcher: ApiWatcher;
  handle(then: (outcome: Outcome) => void): void;
  complete(outcome: Outcome): void;
}

function play(effect: FaultEffect, scene: Scene): void {
  const { api, context, request, watcher, handle, complete } = scene;
  const letGo = () => complete({ response: NO_RESPONSE });
  switch (effect.kind) {
    case 'error':
      complete({
        response: failed(scene, effect.error) ?? errorResponse(api, context, request, effect.error),
      });
      return;
    case 'delay': {
      let hasBegun = false;
      const timer = watcher.clock.after(effect.ms, () => {
        hasBegun = true;
        handle(complete);
      });
      context.onClose(() => {
        timer.cancel();
        // From then on the handler has the request's bytes, and lets go of them itself.
        if (!hasBegun) letGo();
      });
      return;
    }
    case 'disconnect': {
      const close = () => {
        const sentence = `a scripted fault of ${api.name}`;
        context.closeConnection({ kind: 'scripted fault', of: api.name, sentence });
        letGo();
      };
      if (effect.lose === 'answer') handle(close);
      else close();
      return;
    }
    case 'black-hole': {
      let isDone = effect.lose === 'request';
      let isClosed = false;
      const letGoAtLast = () => {
        if (isDone && isClosed) letGo();
      };
      context.onClose(() => {
        isClosed = true;
        letGoAtLast();
      });
      if (isDone) return;
      handle(() => {
        isDone = true;
        letGoAtLast();
      });
    }
  }
}

function errorResponse(api: Api, context: RequestContext, request: unknown, error: ErrorName) {
  return api.errorResponse(context, request, new KafkaError(error, `a scripted fault: ${error}`));
}

/** These concern the fetch session as a whole; all other errors of a Fetch concern its partitions. */
const SESSION_ERRORS: readonly ErrorName[] = [
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
];
const SESSIONS_FROM = 7;

/**
 * A Fetch that fails in every partition, as clients expect most errors; undefined for other APIs. It
 * ends the session: the partitions are named again with the next request.
 */
function failed({ api, context, watcher }: Scene, error: ErrorName): ResponseInput | undefined {
  const isWhole = SESSION_ERRORS.includes(error) || context.apiVersion < SESSIONS_FROM;
  if (api.name !== 'Fetch' || isWhole) return undefined;
  return {
    errorCode: 0,
    sessionId: 0,
    responses: watcher.fetchedBy(context).map(({ topic, topicId, partition }) => ({
      topic,
      topicId,
      partitions: [
        { partitionIndex: partition, errorCode: errorCode(error), highWatermark: -1, records: [] },
      ],
    })),
  };
}
