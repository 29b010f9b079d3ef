/** What went in and out of one topic since the broker started. Plain fields: counting is an addition. */
export interface TopicCounts {
  recordsIn: number;
  bytesIn: number;
  bytesOut: number;
  refusedProduces: number;
}

/** Counts per topic; what is kept is bounded by the topics that exist. */
export class TopicTraffic {
  readonly #byTopic = new Map<string, TopicCounts>();

  of(topic: string): TopicCounts {
    let counts = this.#byTopic.get(topic);
    if (!counts) {
      counts = { recordsIn: 0, bytesIn: 0, bytesOut: 0, refusedProduces: 0 };
      this.#byTopic.set(topic, counts);
    }
    return counts;
  }

  forget(topic: string): void {
    this.#byTopic.delete(topic);
  }

  entries(): IterableIterator<[string, TopicCounts]> {
    return this.#byTopic.entries();
  }
}
