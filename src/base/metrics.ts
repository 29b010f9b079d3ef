/** A label's name to its value, as `{ topic: 'orders' }`. */
export type Labels = Readonly<Record<string, string>>;

interface Described {
  /** `sluice_<thing>_<unit>`, as Prometheus names things; counters end in `_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
}

/** One sample as it is read at scrape time. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** Observed values counted by upper bound. */
export interface HistogramSample {
  readonly labels?: Labels;
  /** One more than there are bounds; the last counts what exceeds every bound. Not cumulative. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/**
 * A metric, declared once. The numbers stay plain fields of whoever counts; `read` collects them
 * when someone asks, so counting costs no more than an addition.
 */
export type Metric =
  | (Described & { readonly kind: 'counter' | 'gauge'; readonly read: () => Iterable<Sample> })
  | (Described & {
      readonly kind: 'histogram';
      /** Upper bounds, ascending, in the unit of the name. */
      readonly bounds: readonly number[];
      readonly read: () => Iterable<HistogramSample>;
    });

/** The metrics of one process, in the order of their declaration. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  /** Names are unique: a second declaration is a mistake. */
  register(metric: Metric): void {
    if (this.#metrics.has(metric.name)) throw new Error(`metric ${metric.name} is declared twice`);
    this.#metrics.set(metric.name, metric);
  }

  /** A count that only grows. */
  counter(name: string, help: string): Counter {
    const counter = new Counter();
    this.register({ kind: 'counter', name, help, read: () => [{ value: counter.value }] });
    return counter;
  }

  /** A value asked for when someone reads it. */
  gauge(name: string, help: string, read: () => number | Iterable<Sample>): void {
    this.register({
      kind: 'gauge',
      name,
      help,
      read: () => {
        const value = read();
        return typeof value === 'number' ? [{ value }] : value;
      },
    });
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const histogram = new Histogram(bounds);
    this.register({ kind: 'histogram', name, help, bounds, read: () => [histogram.sample()] });
    return histogram;
  }

  all(): Iterable<Metric> {
    return this.#metrics.values();
  }
}

export class Counter {
  value = 0;

  add(count = 1): void {
    this.value += count;
  }
}

/** Counts observed values by fixed upper bounds. */
export class Histogram {
  readonly #bounds: Float64Array;
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    this.#counts[index]!++;
    this.#sum += value;
  }

  sample(labels?: Labels): HistogramSample {
    return { ...(labels && { labels }), counts: this.#counts, sum: this.#sum };
  }
}
