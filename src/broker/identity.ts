import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig } from '../config/index.ts';
import type { FoundLogDir } from '../storage/dirs/found-log-dir.ts';
import {
  decodeMetaProperties,
  encodeMetaProperties,
  META_PROPERTIES_FILE,
  type MetaProperties,
} from '../storage/dirs/meta-properties.ts';
import { replaceFileSync } from '../storage/files/atomic-file.ts';
import { readTextIfPresent } from '../storage/files/checkpoint-file.ts';

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
  dirs: readonly Pick<FoundLogDir, 'path' | 'meta' | 'topics'>[],
  logger: Logger,
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
  const brokerId = broker?.value ?? assignedBroker(config.nodeId, dirs, logger);
  return { brokerId, clusterId: cluster };
}

/** Where meta.properties is gone everywhere, the list of topics still says whose replicas these are. */
function assignedBroker(
  configured: number,
  dirs: readonly Pick<FoundLogDir, 'path' | 'topics'>[],
  logger: Logger,
): number | undefined {
  const home = dirs.find(({ topics }) => topics);
  const ids = new Set([...(home?.topics?.assigned().values() ?? [])].flat());
  const [id] = ids;
  if (!home || id === undefined || ids.has(configured)) return undefined;
  const names = [...ids].join(', ');
  const found = `no directory of log.dirs has a ${META_PROPERTIES_FILE}, and the list of topics in ${home.path} belongs to broker ${names}`;
  if (configured !== -1) {
    throw new IdentityError(
      `${found}, but node.id is ${configured} in the configuration; set node.id=${id}, or name another log.dirs`,
    );
  }
  if (ids.size > 1) throw new IdentityError(`${found}; set node.id to the one whose data this is`);
  logger.warn(
    { brokerId: id },
    `${found}: this is broker ${id} again, and the file is written anew`,
  );
  return id;
}

/**
 * Finds who this broker is from the configuration (-1 for none), what its directories say and the store, which
 * must agree, and keeps the answer. Rejects with IdentityError, MetaPropertiesError.
 */
export async function establishIdentity(
  fileSystem: FileSystem,
  { configured, kept }: { configured: number; kept: KeptIdentity },
  logDirs: readonly { readonly path: string; readonly id: string }[],
  source: IdentitySource,
): Promise<Identity> {
  const dirs = logDirs.map(({ path, id }) => ({ path, id, meta: read(fileSystem, path) }));
  const clusterId = await source.clusterId(kept.clusterId?.value);
  if (kept.clusterId && kept.clusterId.value !== clusterId) {
    const file = join(kept.clusterId.folder, META_PROPERTIES_FILE);
    throw new IdentityError(
      `${file} says that the data belongs to cluster ${kept.clusterId.value}, but the coordination store is that of cluster ${clusterId}; name the log.dirs that belong together`,
    );
  }
  const brokerId =
    kept.brokerId ?? (configured === -1 ? await source.generateBrokerId() : configured);
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
