// The lines of Kafka 3.9's performance tools.

const MB = 1024 * 1024;
const MOST_SAMPLES = 500_000;

/** What a producer's records took: all of them, and those since the last line. */
export class ProducerStats {
  readonly #latencies: number[] = [];
  readonly #sampling: number;
  readonly #startMs: number;
  #seen = 0;
  #total = new Window();
  #window = new Window();
  #windowStartMs: number;
  readonly #kind: string;

  /** `records` is how many will come, `kind` stands before that word in each line. Times in milliseconds. */
  constructor(records: number, nowMs: number, kind = '') {
    this.#kind = kind;
    this.#sampling = Math.max(1, Math.floor(records / Math.min(records, MOST_SAMPLES)));
    this.#startMs = nowMs;
    this.#windowStartMs = nowMs;
  }

  /** How long the lines of the window have been due. */
  windowMs(nowMs: number): number {
    return nowMs - this.#windowStartMs;
  }

  record(latencyMs: number, bytes: number): void {
    if (this.#seen++ % this.#sampling === 0) this.#latencies.push(latencyMs);
    this.#total.add(latencyMs, bytes);
    this.#window.add(latencyMs, bytes);
  }

  /** The line since the last one; a new window begins. */
  windowLine(nowMs: number): string {
    const { count, bytes, latencyMs, maxMs } = this.#window;
    const seconds = (nowMs - this.#windowStartMs) / 1000;
    this.#window = new Window();
    this.#windowStartMs = nowMs;
    return (
      `${count} ${this.#kind}records sent, ${(count / seconds).toFixed(1)} records/sec` +
      ` (${(bytes / seconds / MB).toFixed(2)} MB/sec),` +
      ` ${(latencyMs / count).toFixed(1)} ms avg latency, ${maxMs.toFixed(1)} ms max latency.\n`
    );
  }

  totalLine(nowMs: number): string {
    const { count, bytes, latencyMs, maxMs } = this.#total;
    const seconds = (nowMs - this.#startMs) / 1000;
    const sorted = this.#latencies.sort((a, b) => a - b);
    const percentile = (part: number) => sorted[Math.floor(part * sorted.length)] ?? 0;
    return (
      `${count} ${this.#kind}records sent, ${(count / seconds).toFixed(6)} records/sec` +
      ` (${(bytes / seconds / MB).toFixed(2)} MB/sec),` +
      ` ${(latencyMs / count).toFixed(2)} ms avg latency, ${maxMs.toFixed(2)} ms max latency,` +
      ` ${percentile(0.5)} ms 50th, ${percentile(0.95)} ms 95th, ${percentile(0.99)} ms 99th,` +
      ` ${percentile(0.999)} ms 99.9th.\n`
    );
  }
}

class Window {
  count = 0;
  bytes = 0;
  latencyMs = 0;
  maxMs = 0;

  add(latencyMs: number, bytes: number): void {
    this.count++;
    this.bytes += bytes;
    this.latencyMs += latencyMs;
    this.maxMs = Math.max(this.maxMs, latencyMs);
  }
}

/** The header of consumer-perf-test. */
export function consumerHeader(detailed: boolean): string {
  const first = detailed ? 'time, threadId' : 'start.time, end.time';
  return `${first}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n`;
}

/** Consumed since `startMs`; `joinMs` of it went into joining the group. */
export interface Consumed {
  readonly startMs: number;
  readonly endMs: number;
  readonly joinMs: number;
  readonly bytes: number;
  readonly messages: number;
}

/** The last line of consumer-perf-test. */
export function consumerTotalLine(
  { startMs, endMs, joinMs, bytes, messages }: Consumed,
  format: (ms: number) => string,
): string {
  const seconds = (endMs - startMs) / 1000;
  const fetchMs = endMs - startMs - joinMs;
  return `${[
    format(startMs),
    format(endMs),
    (bytes / MB).toFixed(4),
    (bytes / MB / seconds).toFixed(4),
    messages,
    (messages / seconds).toFixed(4),
    joinMs,
    fetchMs,
    (bytes / MB / (fetchMs / 1000)).toFixed(4),
    (messages / (fetchMs / 1000)).toFixed(4),
  ].join(', ')}\n`;
}

/** A line of consumer-perf-test --show-detailed-stats: `all` so far, `since` the last line. */
export function consumerProgressLine(
  all: { readonly bytes: number; readonly messages: number },
  since: Consumed,
  format: (ms: number) => string,
): string {
  const elapsedMs = since.endMs - since.startMs;
  const fetchMs = elapsedMs - since.joinMs;
  const perFetchSecond = (amount: number) => (fetchMs <= 0 ? 0 : (1000 * amount) / fetchMs);
  return `${[
    format(since.endMs),
    0,
    (all.bytes / MB).toFixed(4),
    ((1000 * since.bytes) / MB / elapsedMs).toFixed(4),
    all.messages,
    ((1000 * since.messages) / elapsedMs).toFixed(4),
    since.joinMs,
    fetchMs,
    perFetchSecond(since.bytes / MB).toFixed(4),
    perFetchSecond(since.messages).toFixed(4),
  ].join(', ')}\n`;
}

/** Java's date patterns, as far as numbers go: yyyy MM dd HH mm ss SSS. Local time. */
export function dateFormat(pattern: string): (ms: number) => string {
  return (ms) => {
    const date = new Date(ms);
    const parts: Readonly<Record<string, number>> = {
      y: date.getFullYear(),
      M: date.getMonth() + 1,
      d: date.getDate(),
      H: date.getHours(),
      m: date.getMinutes(),
      s: date.getSeconds(),
      S: date.getMilliseconds(),
    };
    return pattern.replace(
      /'([^']*)'|([yMdHmsS])\2*/g,
      (found, quoted: string | undefined, letter: string) =>
        quoted ?? String(parts[letter]).padStart(found.length, '0'),
    );
  };
}
