/** How many requests came, by API and client: what a wait that failed tells of. */
export class RequestCounts {
  readonly #counts = new Map<string, { api: string; clientId: string; count: number }>();

  add(api: string, clientId: string): void {
    const key = `${api} ${clientId}`;
    const known = this.#counts.get(key);
    if (known) known.count++;
    else this.#counts.set(key, { api, clientId, count: 1 });
  }

  /** Of one client, or of all. */
  of(api: string, clientId?: string): number {
    let sum = 0;
    for (const each of this.#counts.values()) {
      if (each.api === api && (clientId ?? each.clientId) === each.clientId) sum += each.count;
    }
    return sum;
  }

  /** Where counting stands, for `since`. */
  mark(): ReadonlyMap<string, number> {
    const totals = new Map<string, number>();
    for (const { api, count } of this.#counts.values()) {
      totals.set(api, (totals.get(api) ?? 0) + count);
    }
    return totals;
  }

  /** A sentence: what came since `mark`. */
  since(mark: ReadonlyMap<string, number>): string {
    const news = [...this.mark()]
      .map(([api, count]) => ({ api, count: count - (mark.get(api) ?? 0) }))
      .filter(({ count }) => count > 0)
      .map(({ api, count }) => `${api} ${count}`);
    return news.length === 0
      ? 'no client sent anything meanwhile'
      : `requests meanwhile: ${news.join(', ')}`;
  }

  clear(): void {
    this.#counts.clear();
  }
}
