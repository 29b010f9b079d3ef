import type { LongWork } from '../../base/slices.ts';
import { encodeResponseFrameSteps } from '../../protocol/codec/index.ts';
import { type ErrorName, KafkaError } from '../../protocol/errors.ts';
import type { Api, ResponseInput } from './api.ts';
import { causeOf, type Request } from './request.ts';

export interface EncodedReceiver {
  done(chunks: Buffer[]): void;
  /** A KafkaError where the answer is too long, or there is no memory for it. */
  failed(error: unknown): void;
  /** In place of the others, where the client has left. */
  dropped(): void;
}

/** Encodes answers with many rows: in slices, into memory that is reserved piece by piece. */
export class LongAnswers {
  readonly #slices: LongWork;
  readonly #maxBytes: number;

  constructor(slices: LongWork, maxBytes: number) {
    this.#slices = slices;
    this.#maxBytes = maxBytes;
  }

  encode(request: Request, api: Api, response: ResponseInput, receiver: EncodedReceiver): void {
    const { apiVersion, correlationId } = request;
    const pace = {
      isOver: () => this.#slices.isOver(),
      wrote: (bytes: number) => {
        if (bytes > 0) this.#reserve(request, bytes);
      },
    };
    request.releaseAnswer();
    this.#slices.run(
      encodeResponseFrameSteps(api.response, apiVersion, correlationId, response, pace),
      {
        isWanted: () => !request.abandoned,
        done: (chunks) => receiver.done(chunks),
        failed: (error) => {
          request.releaseAnswer();
          receiver.failed(error);
        },
        dropped: () => {
          request.releaseAnswer();
          receiver.dropped();
        },
      },
      causeOf(request, api, 'encode'),
    );
  }

  #reserve(request: Request, bytes: number): void {
    const name = request.api?.name ?? '';
    const most = this.#maxBytes;
    if (request.reservedBytes + bytes > most) {
      throw tooLarge(
        request,
        'POLICY_VIOLATION',
        `The answer to ${name} would be longer than socket.response.max.bytes=${most}: ask for less at once.`,
      );
    }
    if (!request.growAnswer(bytes)) {
      throw tooLarge(
        request,
        'REQUEST_TIMED_OUT',
        `The broker holds too many unsent answers for a long one to ${name}: try again, or ask for less at once.`,
      );
    }
  }
}

function tooLarge(request: Request, error: ErrorName, sentence: string): KafkaError {
  request.complain({ kind: 'answer too large', of: request.api?.name ?? '', sentence });
  return new KafkaError(error, sentence);
}
