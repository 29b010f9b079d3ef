import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import type { BrokerConfig } from '../config/index.ts';
import { replaceFileSync } from '../storage/atomic-file.ts';
import { readTextIfPresent } from '../storage/checkpoint-file.ts';
import type { FoundLogDir } from '../storage/found-log-dir.ts';
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

/** What the log directories say of the broker that they belong to. */
export interface KeptIdentity {
  readonly brokerId: number | undefined;
  readonly clusterId: { readonly value: string; readonly folder: string } | undefined;
}

/** The configuration and the directories must agree. Throws IdentityError. */
export function keptIdentity(
  config: Pick<BrokerConfig, 'nodeId'>,
  dirs: readonly Pick<FoundLogDir, 'path' | 'meta'>[],
): KeptIdentity {
  const cluster = agreed(
    'cluster.id',
    dirs.map(({ path, meta }) => ({ folder: path, value: meta?.clusterId })),
  );
  const broker = agreed(
    'broker.id',
    dirs.map(({ path, meta }) => ({ folder: path, value: meta?.nodeId })),
  );
  if (broker && config.nodeId !== -1 && config.nodeId !== broker.value) {
    const file = join(broker.folder, META_PROPERTIES_FILE);
    throw new IdentityError(
      `node.id is ${config.nodeId} in the configuration, but ${file} says that the data belongs to broker ${broker.value}; set node.id=${broker.value}, or name another log.dirs`,
    );
  }
  return { brokerId: broker?.value, clusterId: cluster };
}

/**
 * Finds who this broker is from the configuration, its directories and the store, which must agree,
 * and keeps the answer. Rejects with IdentityError, MetaPropertiesError.
 */
export async function establishIdentity(
  fileSystem: FileSystem,
  config: Pick<BrokerConfig, 'nodeId'>,
  logDirs: readonly { readonly path: string; readonly id: string }[],
  source: IdentitySource,
): Promise<Identity> {
  const dirs = logDirs.map(({ path, id }) => ({ path, id, meta: read(fileSystem, path) }));
  const kept = keptIdentity(config, dirs);
  const clusterId = await source.clusterId(kept.clusterId?.value);
  if (kept.clusterId && kept.clusterId.value !== clusterId) {
    const file = join(kept.clusterId.folder, META_PROPERTIES_FILE);
    throw new IdentityError(
      `${file} says that the data belongs to cluster ${kept.clusterId.value}, but the coordination store is that of cluster ${clusterId}; name the log.dirs that belong together`,
    );
  }
  const configured = config.nodeId === -1 ? undefined : config.nodeId;
  const brokerId = kept.brokerId ?? configured ?? (await source.generateBrokerId());
  for (const { path, id, meta } of dirs) {
    const next: MetaProperties = {
      version: meta?.version ?? 0,
      nodeId: brokerId,
      clusterId,
      directoryId: meta?.directoryId ?? id,
    };
    const isKept = (Object.keys(next) as (keyof MetaProperties)[]).every(
      (key) => meta?.[key] === next[key],
    );
    if (isKept) continue;
    replaceFileSync(fileSystem, join(path, META_PROPERTIES_FILE), encodeMetaProperties(next));
  }
  return { brokerId, clusterId };
}

function read(fileSystem: FileSystem, folder: string): MetaProperties | undefined {
  const path = join(folder, META_PROPERTIES_FILE);
  const text = readTextIfPresent(fileSystem, path);
  return text === undefined ? undefined : decodeMetaProperties(path, text);
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
