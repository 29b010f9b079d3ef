/** What the broker's configuration says of compaction, each with the name of Kafka's config. */
export interface CleanerSettings {
  /** log.cleaner.enable */
  readonly enable: boolean;
  /** log.cleaner.threads: logs compacted at a time, which share the event loop. */
  readonly threads: number;
  /** log.cleaner.backoff.ms: between two looks for a log that is due. */
  readonly backoffMs: number;
  /** log.cleaner.io.max.bytes.per.second, of reads and writes together. */
  readonly ioMaxBytesPerSecond: number;
  /** log.cleaner.io.buffer.size */
  readonly ioBufferSize: number;
  /** log.cleaner.dedupe.buffer.size, of all threads together. */
  readonly dedupeBufferSize: number;
  /** log.cleaner.io.buffer.load.factor: how full the map of keys may become. */
  readonly ioBufferLoadFactor: number;
}

export const DEFAULT_CLEANER_SETTINGS: CleanerSettings = {
  enable: true,
  threads: 1,
  backoffMs: 15_000,
  ioMaxBytesPerSecond: Number.MAX_VALUE,
  ioBufferSize: 512 * 1024,
  dedupeBufferSize: 128 * 1024 * 1024,
  ioBufferLoadFactor: 0.9,
};
