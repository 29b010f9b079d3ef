import { silentLogger } from '../../../base/logger.ts';
import { LoopWork } from '../../../base/loop-work.ts';
import { Slices } from '../../../base/slices.ts';
import { SimClock } from '../../../base/testing/sim-clock.ts';
import { LoopAllowance } from '../../../compression/index.ts';
import { brokerConfig, compatibilityOf, topicLogConfig } from '../../../config/index.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { TestStorage } from '../../../storage/testing/test-storage.ts';
import { ClusterMetadata } from '../../metadata/cluster-metadata.ts';
import { updateMetadata } from '../../metadata/snapshot-builder.ts';
import type { FetchCaller, FetchParts } from '../fetch.ts';
import type { Partition } from '../partition.ts';
import { Partitions } from '../partitions.ts';
import type { ProduceCaller, ProduceParts } from '../produce.ts';
import { RECORD_TASKS } from '../record-work.ts';
import { TopicTraffic } from '../topic-traffic.ts';

export const SELF = 1;
export const OTHER = 2;

/** What of a broker produces and fetches, on a simulated disk and clock. */
export interface Hosting extends ProduceParts, FetchParts {
  readonly storage: TestStorage;
  /** Hosts partition 0 of the topic, led by SELF. */
  host(topic: string, how?: { isr?: readonly number[]; internal?: boolean }): Partition;
}

export async function hosting(): Promise<Hosting> {
  const storage = new TestStorage();
  await storage.open();
  const { clock } = storage;
  const metadata = new ClusterMetadata(silentLogger, 'cluster');
  const partitions = new Partitions(SELF, clock, silentLogger, storage.manager);
  const config = topicLogConfig(brokerConfig(), { 'max.message.bytes': '4000000' });
  return {
    storage,
    clock,
    partitions,
    metadata,
    traffic: new TopicTraffic(),
    compatibility: compatibilityOf('kafka-3.9'),
    maxBytes: () => 1_000_000,
    work: new LoopWork(clock, RECORD_TASKS),
    allowance: new LoopAllowance(clock),
    host(topic, { isr = [SELF], internal = false } = {}) {
      const id = topic.padEnd(22, 'A');
      const leadership = { leader: SELF, leaderEpoch: 1, replicas: [SELF, OTHER], isr };
      partitions.apply({ topic, topicId: id, partition: 0, config, isNew: true, ...leadership });
      updateMetadata(metadata, (next) =>
        next.setTopic({
          name: topic,
          id,
          internal,
          partitions: [{ index: 0, offlineReplicas: [], ...leadership }],
        }),
      );
      return partitions.get(topic, 0)!;
    },
  };
}

/** A client of no protocol in particular, which may do nothing to topics with "secret" in their names. */
export class TestCaller implements ProduceCaller, FetchCaller {
  abandoned = false;
  holds = 0;
  reservedBytes = 0;
  readonly slices = new Slices(new SimClock());
  readonly #onClose: (() => void)[] = [];

  authorize(_operation: string, _resource: 'TOPIC', name: string): boolean {
    return !name.includes('secret');
  }

  onClose(callback: () => void): void {
    this.#onClose.push(callback);
  }

  rowError(): ErrorName {
    return 'UNKNOWN_SERVER_ERROR';
  }

  hold(): () => void {
    this.holds++;
    return () => this.holds--;
  }

  reserveAnswer(wantedBytes: number): number {
    this.reservedBytes = wantedBytes;
    return wantedBytes;
  }

  releaseAnswer(): void {
    this.reservedBytes = 0;
  }

  goAway(): void {
    this.abandoned = true;
    for (const callback of this.#onClose) callback();
  }
}
