import type { TopicPartition } from '../../protocol/topic-partition.ts';

/** What the name of a folder in a log directory says. */
export type FolderKind =
  | { readonly kind: 'partition'; readonly topic: string; readonly partition: number }
  /** A deleted topic's partition that is still to be removed. */
  | { readonly kind: 'deleted' }
  | { readonly kind: 'other' };

export function folderKind(name: string): FolderKind {
  if (/^.+-\d+\.[0-9a-f]{32}-delete$/.test(name)) return { kind: 'deleted' };
  // KRaft's own log: a copied folder may hold it, and no retention may touch it.
  if (name === '__cluster_metadata-0') return { kind: 'other' };
  const match = /^([a-zA-Z0-9._-]+)-(\d{1,10})$/.exec(name);
  if (!match) return { kind: 'other' };
  return { kind: 'partition', topic: match[1]!, partition: Number(match[2]) };
}

/** What a log's folder is called while its files are removed, or once it is set aside: it loses its name at once. */
export function takenOutName(log: TopicPartition, id: string, suffix: 'delete' | 'stray'): string {
  // A file name has 255 bytes: a long topic name gives way to the id.
  const tail = `-${log.partition}.${id}-${suffix}`;
  return log.topic.slice(0, 255 - tail.length) + tail;
}
