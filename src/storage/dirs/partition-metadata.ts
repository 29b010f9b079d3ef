/** The file in a partition's folder that says which topic, by id, the folder belongs to. */
export const PARTITION_METADATA_FILE = 'partition.metadata';

export function encodePartitionMetadata(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}`;
}

/** The topic id, or undefined when the text is not partition metadata. */
export function decodePartitionMetadata(text: string): string | undefined {
  const match = /^version: *0\s*\ntopic_id: *([A-Za-z0-9_-]{22})\s*$/.exec(text);
  return match?.[1];
}
