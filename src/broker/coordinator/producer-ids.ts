import type { ErrorName } from '../../protocol/errors.ts';

/** A block of ids as the controller hands it out, or why it could not. */
export type ProducerIdBlockResult =
  | { readonly first: number; readonly count: number }
  | { readonly error: ErrorName };

/**
 * Producer ids of this broker. The controller gives them out in blocks that survive restarts, so an id
 * is never used twice; what is left of a block at shutdown is lost, as it is in Kafka.
 */
export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlockResult>;
  #next = 0;
  #end = 0;
  #loading: Promise<ErrorName | undefined> | undefined;

  constructor(allocate: () => Promise<ProducerIdBlockResult>) {
    this.#allocate = allocate;
  }

  async next(): Promise<{ producerId: number } | { error: ErrorName }> {
    while (this.#next >= this.#end) {
      this.#loading ??= this.#load();
      const error = await this.#loading;
      if (error) return { error };
    }
    return { producerId: this.#next++ };
  }

  async #load(): Promise<ErrorName | undefined> {
    try {
      const block = await this.#allocate();
      if ('error' in block) return block.error;
      this.#next = block.first;
      this.#end = block.first + block.count;
      return undefined;
    } finally {
      this.#loading = undefined;
    }
  }
}
