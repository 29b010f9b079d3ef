import type { Clock } from '../../base/clock.ts';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import type { Store } from '../store.ts';

export interface EmbeddedStoreOptions {
  clock: Clock;
  fileSystem: FileSystem;
  logger: Logger;
  /** Where its files live; made when missing. May be a Kafka log dir: see EMBEDDED_STORE_FILES. */
  folder: string;
}

/**
 * The store of one process that has no ZooKeeper: the same tree, durable in two plain files.
 * Several brokers started in the process each open a session of their own.
 */
export interface EmbeddedStore {
  openSession(): Store;
  /** Ends every session and closes the files. */
  close(): Promise<void>;
}

/** Opens, recovering what a crash left. Throws StoreDamaged where durable data is unreadable. */
export function openEmbeddedStore(options: EmbeddedStoreOptions): EmbeddedStore {
  throw new Error(`not yet: ${options.folder}`);
}
