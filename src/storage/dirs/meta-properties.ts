/** The file in each log directory that says whose data it is. */
export const META_PROPERTIES_FILE = 'meta.properties';

/** Who a log directory belongs to. */
export interface MetaProperties {
  /** 0 as in ZooKeeper mode (`broker.id`), 1 as KRaft writes it (`node.id`). */
  version: 0 | 1;
  /** broker.id or node.id; undefined where the file has none. */
  nodeId: number | undefined;
  clusterId: string | undefined;
  /** KIP-858's id of the directory. */
  directoryId: string | undefined;
}

/** The file cannot be understood; it is left as it is. */
export class MetaPropertiesError extends Error {
  override name = 'MetaPropertiesError';
}

/** Throws MetaPropertiesError. */
export function decodeMetaProperties(path: string, text: string): MetaProperties {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!=:\s][^=:\s]*)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match) values.set(match[1]!, match[2]!.replace(/\\(.)/g, '$1'));
  }
  const version = values.get('version') ?? '0';
  if (version !== '0' && version !== '1') {
    throw new MetaPropertiesError(`${path}: version '${version}' is not 0 or 1`);
  }
  const id = values.get(version === '0' ? 'broker.id' : 'node.id');
  if (id !== undefined && !/^\d{1,10}$/.test(id)) {
    throw new MetaPropertiesError(`${path}: '${id}' is no broker id`);
  }
  return {
    version: version === '0' ? 0 : 1,
    nodeId: id === undefined ? undefined : Number(id),
    clusterId: values.get('cluster.id'),
    directoryId: values.get('directory.id'),
  };
}

export function encodeMetaProperties(meta: MetaProperties): string {
  const lines = ['#', `version=${meta.version}`];
  if (meta.nodeId !== undefined) {
    lines.push(`${meta.version === 0 ? 'broker.id' : 'node.id'}=${meta.nodeId}`);
  }
  if (meta.clusterId !== undefined) lines.push(`cluster.id=${meta.clusterId}`);
  if (meta.directoryId !== undefined) lines.push(`directory.id=${meta.directoryId}`);
  return `${lines.join('\n')}\n`;
}
