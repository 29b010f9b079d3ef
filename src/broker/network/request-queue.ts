import type { Request } from './request.ts';

/** The requests of a connection whose answers are not sent yet, in their order. */
export class RequestQueue {
  #first: Request | undefined = undefined;
  #last: Request | undefined = undefined;

  get first(): Request | undefined {
    return this.#first;
  }

  push(request: Request): void {
    if (this.#last) this.#last.next = request;
    else this.#first = request;
    this.#last = request;
  }

  /** Takes the first one out. */
  shift(): void {
    const first = this.#first;
    if (!first) return;
    this.#first = first.next;
    first.next = undefined;
    if (!this.#first) this.#last = undefined;
  }

  /** Takes out the first one that `isWanted` and all after it. */
  cutFrom(isWanted: (request: Request) => boolean): Request[] {
    let before: Request | undefined;
    let request = this.#first;
    while (request && !isWanted(request)) {
      before = request;
      request = request.next;
    }
    if (before) before.next = undefined;
    else this.#first = undefined;
    this.#last = before;
    const cut: Request[] = [];
    while (request) {
      const { next } = request;
      request.next = undefined;
      cut.push(request);
      request = next;
    }
    return cut;
  }
}
