import { basename, join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import { saturated } from '../base/int64.ts';
import { silentLogger } from '../base/logger.ts';
import { NodeClock } from '../base/node/node-clock.ts';
import { type BrokerConfig, topicLogConfig } from '../config/index.ts';
import { openEmbeddedStore } from '../coordination/embedded/embedded-store.ts';
import { embeddedStoreExists } from '../coordination/embedded/store-files.ts';
import { configNode } from '../coordination/znodes.ts';
import { cleanableOf } from '../storage/cleaner/cleanable.ts';
import {
  CheckpointFormatError,
  decodeOffsetCheckpoint,
  type OffsetCheckpoint,
} from '../storage/files/checkpoint-file.ts';
import type { LogConfig } from '../storage/log-config.ts';
import { inspectPartition } from '../storage/repair/inspect-partition.ts';
import { whyRetained } from '../storage/segment/why-retained.ts';
import { sizeText } from './log-report.ts';

/**
 * What topics are set to, from the store in the first log directory; the broker's own settings where
 * it has none. The directory must be locked. Throws StoreDamaged, and what the disk throws.
 */
export async function topicConfigs(
  fileSystem: FileSystem,
  { storeFolder, broker }: { storeFolder: string; broker: BrokerConfig },
  topics: Iterable<string>,
): Promise<Map<string, LogConfig>> {
  const found = new Map<string, LogConfig>();
  if (!embeddedStoreExists(fileSystem, storeFolder)) {
    for (const topic of topics) found.set(topic, topicLogConfig(broker, {}));
    return found;
  }
  const clock = new NodeClock();
  const store = openEmbeddedStore({ clock, fileSystem, logger: silentLogger, folder: storeFolder });
  try {
    const session = store.openSession();
    for (const topic of topics) {
      const path = configNode.path('topics', topic);
      const node = await session.get(path);
      const overrides = node ? Object.fromEntries(configNode.decode(node.data, path)) : {};
      found.set(topic, topicLogConfig(broker, overrides));
    }
    return found;
  } finally {
    await store.close();
  }
}

/** Why each segment of a partition is still there: a line for the partition, then one for each. */
export function whyText(
  fileSystem: FileSystem,
  folder: string,
  { config, cleaned, now }: { config: LogConfig; cleaned: number | undefined; now: number },
): string {
  const report = inspectPartition(fileSystem, folder);
  const segments = report.segments.map(({ path, baseOffset, sizeInBytes, ...times }) => ({
    baseOffset,
    sizeInBytes,
    largestTimestamp: () =>
      times.maxTimestamp >= 0
        ? saturated(times.maxTimestamp)
        : (fileSystem.stat(path)?.modifiedMs ?? now),
    firstBatchTimestamp: () => saturated(times.minTimestamp),
  }));
  const logStartOffset = report.segments[0]?.baseOffset ?? 0;
  const logEndOffset = report.segments.at(-1)?.nextOffset ?? 0;
  // All that lies there was visible before the broker stopped, as far as the folder tells.
  const log = { segments, config, logStartOffset, logEndOffset, lastStableOffset: logEndOffset };
  const compaction = config.cleanupPolicy.includes('compact')
    ? cleanableOf(log, { checkpoint: cleaned, now })
    : undefined;
  const lines = whyRetained({ ...log, highWatermark: logEndOffset, now, compaction }).map(
    ({ baseOffset, sizeInBytes, reasons }) =>
      `  from offset ${baseOffset}, ${sizeText(sizeInBytes)}: ${reasons.join(' ')}\n`,
  );
  return `${basename(folder)}:\n${lines.join('')}`;
}

/** How far the logs of a directory were compacted; empty where the file is missing or damaged. */
export function cleanerCheckpoint(fileSystem: FileSystem, logDir: string): OffsetCheckpoint {
  const path = join(logDir, 'cleaner-offset-checkpoint');
  if (!fileSystem.stat(path)) return new Map();
  try {
    return decodeOffsetCheckpoint(path, fileSystem.readFile(path).toString('utf8'));
  } catch (error) {
    if (!(error instanceof CheckpointFormatError)) throw error;
    return new Map();
  }
}
