import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import { type Random, randomUuid } from '../base/random.ts';
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

/**
 * Finds who this broker is from the configuration and from what its directories say, and generates
 * what neither says. Throws IdentityError, MetaPropertiesError.
 */
export function establishIdentity(
  fileSystem: FileSystem,
  random: Random,
  config: Pick<BrokerConfig, 'nodeId' | 'reservedBrokerMaxId'>,
  logDirs: readonly string[],
): Identity {
  const kept = logDirs.map((folder) => ({ folder, meta: read(fileSystem, folder) }));
  const clusterId = agreed(
    'cluster.id',
    kept.map(({ folder, meta }) => ({ folder, value: meta?.clusterId })),
  );
  const brokerId = agreed(
    'broker.id',
    kept.map(({ folder, meta }) => ({ folder, value: meta?.nodeId })),
  );
  if (brokerId && config.nodeId !== -1 && config.nodeId !== brokerId.value) {
    throw new IdentityError(
      `node.id is ${config.nodeId} in the configuration, but ${join(brokerId.folder, META_PROPERTIES_FILE)} says that the data belongs to broker ${brokerId.value}; set node.id=${brokerId.value}, or name another log.dirs`,
    );
  }
  const generated = config.nodeId === -1 ? config.reservedBrokerMaxId + 1 : config.nodeId;
  const identity = {
    brokerId: brokerId?.value ?? generated,
    clusterId: clusterId?.value ?? randomUuid(random),
  };
  for (const { folder, meta } of kept) {
    if (meta?.nodeId === identity.brokerId && meta.clusterId === identity.clusterId) continue;
    const next: MetaProperties = {
      version: meta?.version ?? 0,
      nodeId: identity.brokerId,
      clusterId: identity.clusterId,
      directoryId: meta?.directoryId,
    };
    const path = join(folder, META_PROPERTIES_FILE);
    replaceFileSync(fileSystem, path, encodeMetaProperties(next));
  }
  return identity;
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
