import type { Watch } from '../store.ts';
import type { Touch } from './tree.ts';

/** One-shot watches of all sessions, by what they wait for. */
export class Watches {
  readonly #waiting = {
    data: new Map<string, Map<Watch, number>>(),
    children: new Map<string, Map<Watch, number>>(),
  };

  /** The same watch twice on one node fires once, as in ZooKeeper. */
  add(touch: Touch, watch: Watch, session: number): void {
    const byPath = this.#waiting[touch.kind];
    let watches = byPath.get(touch.path);
    if (!watches) {
      watches = new Map();
      byPath.set(touch.path, watches);
    }
    watches.set(watch, session);
  }

  /** Takes out and returns the watches that `touches` wake. */
  take(touches: readonly Touch[]): Watch[] {
    const woken: Watch[] = [];
    for (const { kind, path } of touches) {
      const watches = this.#waiting[kind].get(path);
      if (!watches) continue;
      this.#waiting[kind].delete(path);
      woken.push(...watches.keys());
    }
    return woken;
  }

  /** Forgets the watches of a session that ended. */
  drop(session: number): void {
    for (const byPath of [this.#waiting.data, this.#waiting.children]) {
      for (const [path, watches] of byPath) {
        for (const [watch, owner] of watches) if (owner === session) watches.delete(watch);
        if (watches.size === 0) byPath.delete(path);
      }
    }
  }
}
