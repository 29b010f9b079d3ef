import type { BrokerParts } from '../../src/broker/broker-apis.ts';
import type { Partition } from '../../src/broker/replica/partition.ts';
import { mustHold } from '../violation.ts';

interface Ends {
  start: number;
  highWatermark: number;
  leaderEpoch: number;
}

/** What is true of a living broker after every event, cheap enough to be asked so often. */
export class Invariants {
  readonly #last = new Map<Partition, Ends>();

  check({ partitions }: BrokerParts): void {
    for (const partition of partitions.all()) this.#checkPartition(partition);
  }

  #checkPartition(partition: Partition): void {
    const { log } = partition;
    if (log.failure) return;
    const { logStartOffset, logEndOffset, lastStableOffset } = log;
    const { highWatermark } = partition;
    mustHold(
      logStartOffset <= lastStableOffset &&
        lastStableOffset <= highWatermark &&
        highWatermark <= logEndOffset,
      () =>
        `${log.name} has log start ${logStartOffset}, last stable ${lastStableOffset}, high watermark ${highWatermark}, end ${logEndOffset}`,
    );
    const { leaderEpoch } = partition.leadership;
    const last = this.#last.get(partition);
    if (!last) {
      this.#last.set(partition, { start: logStartOffset, highWatermark, leaderEpoch });
      return;
    }
    mustHold(
      leaderEpoch > last.leaderEpoch || highWatermark >= last.highWatermark,
      () => `the high watermark of ${log.name} went from ${last.highWatermark} to ${highWatermark}`,
    );
    mustHold(
      logStartOffset >= last.start,
      () => `the log start of ${log.name} went from ${last.start} to ${logStartOffset}`,
    );
    last.start = logStartOffset;
    last.highWatermark = highWatermark;
    last.leaderEpoch = leaderEpoch;
  }
}
