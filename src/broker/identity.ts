import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import type { BrokerConfig } from '../config/index.ts';
import { replaceFileSync } from '../storage/atomic-file.ts';
import {
  decodeMetaProperties,
  encodeMetaProperties,
  META_PROPERTIES_FILE,
  type MetaProperties,
} from '../storage/meta-properties.ts';

/** Who this broker is; kept in every log directory's `meta.properties`. */
export interface Identity {
  readonly brokerId: number;
  readonly clusterId: string;
}

/** The configured id, the data directories, or both contradict each other. The message says how to mend it. */
export class IdentityError extends Error {
  override name = 'IdentityError';
}

/** What the coordination store decides where neither configuration nor data says it. */
export interface IdentitySource {
  generateBrokerId(): Promise<number>;
  /** The cluster's id; a new cluster takes `preferred` where there is one. */
  clusterId(preferred: string | undefined): Promise<string>;
}

/**
 * Finds who this broker is from the configuration, its directories and the store, which must agree,
 * and keeps the answer. Rejects with IdentityError, MetaPropertiesError.
 */
export async function establishIdentity(
  fileSystem: FileSystem,
  config: Pick<BrokerConfig, 'nodeId'>,
  logDirs: readonly string[],
  source: IdentitySource,
): Promise<Identity> {
  const kept = logDirs.map((folder) => ({ folder, meta: read(fileSystem, folder) }));
  const keptCluster = agreed(
    'cluster.id',
    kept.map(({ folder, meta }) => ({ folder, value: meta?.clusterId })),
  );
  const keptBroker = agreed(
    'broker.id',
    kept.map(({ folder, meta }) => ({ folder, value: meta?.nodeId })),
  );
  if (keptBroker && config.nodeId !== -1 && config.nodeId !== keptBroker.value) {
    const file = join(keptBroker.folder, META_PROPERTIES_FILE);
    throw new IdentityError(
      `node.id is ${config.nodeId} in the configuration, but ${file} says that the data belongs to broker ${keptBroker.value}; set node.id=${keptBroker.value}, or name another log.dirs`,
    );
  }
  const clusterId = await source.clusterId(keptCluster?.value);
  if (keptCluster && keptCluster.value !== clusterId) {
    const file = join(keptCluster.folder, META_PROPERTIES_FILE);
    throw new IdentityError(
      `${file} says that the data belongs to cluster ${keptCluster.value}, but the coordination store is that of cluster ${clusterId}; name the log.dirs that belong together`,
    );
  }
  const configured = config.nodeId === -1 ? undefined : config.nodeId;
  const brokerId = keptBroker?.value ?? configured ?? (await source.generateBrokerId());
  for (const { folder, meta } of kept) {
    if (meta?.nodeId === brokerId && meta.clusterId === clusterId) continue;
    const next: MetaProperties = {
      version: meta?.version ?? 0,
      nodeId: brokerId,
      clusterId,
      directoryId: meta?.directoryId,
    };
    replaceFileSync(fileSystem, join(folder, META_PROPERTIES_FILE), encodeMetaProperties(next));
  }
  return { brokerId, clusterId };
}

/**
 * The first of log.dirs holds the list of topics. Where it is empty and another one is not, a disk is
 * missing, and a start would make the partitions that were there anew. Throws IdentityError.
 */
export function checkFirstLogDir(fileSystem: FileSystem, logDirs: readonly string[]): void {
  const isKnown = (folder: string) => {
    try {
      return fileSystem.stat(join(folder, META_PROPERTIES_FILE)) !== undefined;
    } catch {
      // A directory that cannot be looked into is told of when it is opened.
      return false;
    }
  };
  const [first = '', ...others] = logDirs;
  if (isKnown(first)) return;
  const known = others.find(isKnown);
  if (known === undefined) return;
  throw new IdentityError(
    `${first}, the first of log.dirs, has no data, but ${known} has: is its disk mounted? A new directory goes to the end of log.dirs, since the first one holds the list of topics`,
  );
}

function read(fileSystem: FileSystem, folder: string): MetaProperties | undefined {
  const path = join(folder, META_PROPERTIES_FILE);
  if (!fileSystem.stat(path)) return undefined;
  return decodeMetaProperties(path, fileSystem.readFile(path).toString('utf8'));
}

/** The one value that the directories name; undefined where none does. */
function agreed<Value>(
  key: string,
  values: readonly { folder: string; value: Value | undefined }[],
): { folder: string; value: Value } | undefined {
  const found = values.flatMap(({ folder, value }) =>
    value === undefined ? [] : [{ folder, value }],
  );
  const [first] = found;
  const other = found.find(({ value }) => value !== first?.value);
  if (first && other) {
    throw new IdentityError(
      `${join(first.folder, META_PROPERTIES_FILE)} says ${key}=${first.value}, but ${join(other.folder, META_PROPERTIES_FILE)} says ${key}=${other.value}; log.dirs must hold the data of one broker`,
    );
  }
  return first;
}
