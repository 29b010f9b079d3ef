/** Up to where a log's records were deleted by request, and how much of that the disk has. */
export class DeletedRecords {
  readonly #keep: () => Promise<Error | undefined>;
  #before: number;
  #keptBefore: number;

  /**
   * `before` is what the disk says; `keep` writes what is deleted by now, and resolves to the error that
   * keeps it from the disk. It never rejects.
   */
  constructor(before: number, keep: () => Promise<Error | undefined>) {
    this.#before = before;
    this.#keptBefore = before;
    this.#keep = keep;
  }

  /** 0 for nothing. */
  get before(): number {
    return this.#before;
  }

  /**
   * Everything below `offset` is deleted. Resolves when no crash brings it back, or to the error because
   * of which one may; never rejects.
   */
  async raiseTo(offset: number): Promise<Error | undefined> {
    this.#before = Math.max(this.#before, offset);
    if (offset <= this.#keptBefore) return undefined;
    const before = this.#before;
    const error = await this.#keep();
    if (!error) this.#keptBefore = Math.max(this.#keptBefore, before);
    return error;
  }

  /** The log begins anew, empty, at `offset`. */
  restartAt(offset: number): void {
    this.#before = offset;
    this.#keptBefore = 0;
    void this.#keep();
  }
}
