/**
 * A broker inside your own process:
 *
 *     import { startBroker } from 'sluice';
 *     const broker = await startBroker();
 *     // ... connect any Kafka client to broker.bootstrapServers ...
 *     await broker.stop();
 */
import type { BrokerOptions, EmbeddedBroker } from './options.ts';
import { startBroker as start } from './start-broker.ts';

export { FolderLockedError } from '../base/folder-lock.ts';
export type { LogFields, Logger } from '../base/logger.ts';
export { ConfigError } from '../config/index.ts';
export type {
  BrokerOptions,
  DataPlace,
  EmbeddedBroker,
  KafkaConfig,
  LogLevel,
} from './options.ts';

/**
 * Starts a broker in this process: the same one as `sluice server`. Resolves when clients can connect.
 *
 * Rejects with a sentence that says what to change: an option or key that is not allowed, a folder that
 * another broker has, a port that is taken (`code` EADDRINUSE). Then nothing of it stays open.
 */
export function startBroker(options: BrokerOptions = {}): Promise<EmbeddedBroker> {
  return start(options);
}
