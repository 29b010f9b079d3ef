/** Lines kept for whoever looks at a failure. */
const KEPT_LINES = 400;

/** What happened in a run, in order: a hash over all of it, and the last lines. */
export class Trace {
  #high = 0x811c9dc5;
  #low = 0x1b873593;
  readonly #lines: string[] = [];
  /** Sees every line; for `--trace`. */
  onLine: ((line: string) => void) | undefined;

  note(line: string): void {
    for (let index = 0; index < line.length; index++) {
      const code = line.charCodeAt(index);
      this.#high = Math.imul(this.#high ^ code, 0x01000193);
      this.#low = Math.imul(this.#low ^ code, 0x85ebca6b) ^ (this.#high >>> 13);
    }
    this.onLine?.(line);
    this.#lines.push(line);
    if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES);
  }

  /** Equal for equal runs. */
  get hash(): string {
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }

  lastLines(): string[] {
    return this.#lines.slice(-KEPT_LINES);
  }
}
