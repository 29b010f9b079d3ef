import { join } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import type { Logger } from '../../base/logger.ts';
import { readTextIfPresent } from '../files/checkpoint-file.ts';
import { LOG_SUFFIX, parseFileName } from '../segment/segment-files.ts';
import { CLEAN_SHUTDOWN_FILE } from './clean-shutdown-file.ts';
import { folderKind } from './folder-kind.ts';
import {
  decodeInventory,
  INVENTORY_FILE,
  type Inventory,
  InventoryFormatError,
} from './inventory.ts';
import type { ListOfTopics, TopicListKeeper } from './list-of-topics.ts';
import {
  decodeMetaProperties,
  META_PROPERTIES_FILE,
  type MetaProperties,
} from './meta-properties.ts';
import { PARTITION_METADATA_FILE } from './partition-metadata.ts';

/** One directory of log.dirs as a start finds it, before anything in it is changed. */
export interface FoundLogDir {
  readonly path: string;
  /** What `meta.properties` or the inventory says; undefined for a directory that is new. */
  readonly id: string | undefined;
  readonly meta: MetaProperties | undefined;
  readonly inventory: Inventory | undefined;
  /** The list of topics, where it lies here. */
  readonly topics: ListOfTopics | undefined;
  /** When the mark of a clean stop was written; undefined without one. */
  readonly closedMs: number | undefined;
  /** Names of folders that are a partition's by their name. */
  readonly partitions: ReadonlySet<string>;
}

/** Throws MetaPropertiesError, what the keeper of the list of topics throws, and what the disk throws. */
export function findLogDir(
  fileSystem: FileSystem,
  logger: Logger,
  { path, topicList }: { path: string; topicList: TopicListKeeper | undefined },
): FoundLogDir {
  const metaPath = join(path, META_PROPERTIES_FILE);
  const metaText = readTextIfPresent(fileSystem, metaPath);
  const meta = metaText === undefined ? undefined : decodeMetaProperties(metaPath, metaText);
  const inventory = readInventory(fileSystem, logger, path);
  const partitions = fileSystem
    .list(path)
    .filter((name) => folderKind(name).kind === 'partition')
    .filter((name) => fileSystem.stat(join(path, name))?.isFolder === true);
  const hasTopics = topicList?.files.some((name) => fileSystem.stat(join(path, name)));
  return {
    path,
    id: meta?.directoryId ?? inventory?.directory,
    meta,
    inventory,
    topics: hasTopics ? topicList?.read(path) : undefined,
    closedMs: closedMsOf(fileSystem, path),
    partitions: new Set(partitions),
  };
}

/** When the mark of a clean stop was written; undefined without one. */
export function closedMsOf(fileSystem: FileSystem, path: string): number | undefined {
  return fileSystem.stat(join(path, CLEAN_SHUTDOWN_FILE))?.modifiedMs;
}

/**
 * Whether a folder with a partition's name holds neither a segment nor the topic's id: somebody's folder that
 * merely looks like one, or one that a broker made just before it died.
 */
export function isHollow(names: readonly string[]): boolean {
  return !names.some(
    (name) => name === PARTITION_METADATA_FILE || parseFileName(name)?.suffix === LOG_SUFFIX,
  );
}

function readInventory(
  fileSystem: FileSystem,
  logger: Logger,
  folder: string,
): Inventory | undefined {
  const path = join(folder, INVENTORY_FILE);
  try {
    const text = readTextIfPresent(fileSystem, path);
    return text === undefined ? undefined : decodeInventory(path, text);
  } catch (error) {
    const isUnreadable = error instanceof InventoryFormatError || isOfFile(error);
    if (!isUnreadable) throw error;
    logger.error(
      { path, error },
      `${path} cannot be read and is not used: partitions that are missing are not noticed at this start`,
    );
    return undefined;
  }
}

/** A folder in the file's place, or no permission for it: the disk itself works. */
function isOfFile(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'EISDIR' || error.code === 'EACCES';
}
