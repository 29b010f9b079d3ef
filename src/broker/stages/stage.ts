/** Steps that undo what a start did; going back takes the last one first. */
export class WayBack {
  readonly #steps: (() => Promise<void> | void)[] = [];

  push(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  async go(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await step();
  }
}

/** A part of the start that is done: what the next ones build on, and how it is undone. */
export interface Stage<Parts> {
  readonly parts: Parts;
  undo(): Promise<void>;
}

/** What `build` has pushed is undone where it rejects. */
export async function stage<Parts>(
  build: (back: WayBack) => Promise<Parts>,
): Promise<Stage<Parts>> {
  const back = new WayBack();
  try {
    return { parts: await build(back), undo: () => back.go() };
  } catch (error) {
    await back.go();
    throw error;
  }
}
