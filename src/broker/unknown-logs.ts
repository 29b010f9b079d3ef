import type { LogManager } from '../storage/log-manager.ts';
import type { BrokerParts } from './broker-apis.ts';

/**
 * Data of topics that the store does not know: its file is gone, or the folders come from elsewhere.
 * They are left alone, and set aside where a topic of the name is created.
 */
export function warnOfUnknownLogs(
  logs: LogManager,
  { metadata, controller, logger }: Pick<BrokerParts, 'metadata' | 'controller' | 'logger'>,
): void {
  const { topics } = metadata.snapshot;
  // Deletions that a kill interrupted go on just after the start.
  const isUnknown = (topic: string) => !topics.has(topic) && !controller.isBeingDeleted(topic);
  const unknown = Array.from(logs.logs()).filter(({ topic }) => isUnknown(topic));
  const [first] = unknown;
  if (first) {
    logger.warn(
      { logs: unknown.length },
      `${unknown.length} partition folders belong to no topic and are not served, ${first.name} for one`,
    );
  }
  const hollow = [...logs.hollowFolders()];
  if (hollow.length === 0) return;
  logger.warn(
    { folders: hollow.length },
    `${hollow.length} folders have the name of a partition and nothing of one in them, ${hollow[0]} for one; they are left alone`,
  );
}
