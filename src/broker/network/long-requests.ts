import type { LongWork } from '../../base/slices.ts';
import {
  decodeSteps,
  heapBytesPerByte,
  Reader,
  type TooLargeToDecode,
} from '../../protocol/codec/index.ts';
import type { Api } from './api.ts';
import type { Complaint } from './complainer.ts';
import type { DecodedBudget, DecodedMemory } from './decoded-budget.ts';
import { causeOf, type Request } from './request.ts';

const MEGABYTE = 1024 * 1024;

export interface DecodedReceiver {
  done(body: unknown): void;
  failed(error: unknown): void;
  /** There was no memory for it. */
  refused(complaint: Complaint): void;
  /** In place of the others, where the client has left. */
  dropped(): void;
}

/** Decodes requests with many rows: in slices, into memory that is reserved first. */
export class LongRequests {
  readonly #slices: LongWork;
  readonly #budget: DecodedBudget;

  constructor(slices: LongWork, budget: DecodedBudget) {
    this.#slices = slices;
    this.#budget = budget;
  }

  decode(request: Request, api: Api, offset: number, receiver: DecodedReceiver): void {
    const { apiVersion, requestSize } = request;
    const begin = (memory: DecodedMemory) => {
      request.decodedMemory = memory;
      const reader = new Reader(request.bytes, offset, requestSize, memory.maxBytes);
      const steps = decodeSteps(api.request, apiVersion, reader, this.#slices);
      this.#slices.run(
        steps,
        {
          isWanted: () => !request.abandoned,
          done: (body) => {
            memory.shrinkTo(reader.heapBytes);
            receiver.done(body);
          },
          failed: (error) => receiver.failed(error),
          dropped: () => receiver.dropped(),
        },
        causeOf(request, api, 'decode'),
      );
    };
    this.#budget.reserve(requestSize * heapBytesPerByte(api.request, apiVersion), begin, () =>
      receiver.refused(noMemory(api, this.#budget)),
    );
  }
}

function noMemory(api: Api, budget: DecodedBudget): Complaint {
  const megabytes = Math.round(budget.maxBytes / MEGABYTE);
  return {
    kind: 'too large to decode',
    of: api.name,
    sentence: `a request with very many rows found no memory for them within 30 s: ${megabytes} MB may be taken up by such requests together; send fewer of them at once, or smaller ones`,
  };
}

/** It has more rows than any request may have. */
export function tooManyRows(api: Api, error: TooLargeToDecode): Complaint {
  const megabytes = Math.max(1, Math.round(error.maxBytes / MEGABYTE));
  return {
    kind: 'too large to decode',
    of: api.name,
    sentence: `a request has more rows than fit into the ${megabytes} MB of memory that one request may take up: ask for less at once`,
  };
}
