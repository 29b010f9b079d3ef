/**
 * The partition of `__consumer_offsets` that holds a group: Java's `String.hashCode` (over UTF-16
 * units), its absolute value (0 for the one that has none), modulo the partition count.
 */
export function partitionFor(groupId: string, partitionCount: number): number {
  let hash = 0;
  for (let index = 0; index < groupId.length; index++) {
    hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0;
  }
  return (hash === -2_147_483_648 ? 0 : Math.abs(hash)) % partitionCount;
}
