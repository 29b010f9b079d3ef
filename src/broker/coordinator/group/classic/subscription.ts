/**
 * The topics that members of a "consumer" group subscribe to. The broker looks into the otherwise
 * opaque metadata for two reasons only: KIP-211 expires offsets of topics nobody subscribes to any
 * more, and OffsetDelete refuses topics that somebody does.
 */

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Topics of one member's subscription, or undefined when the bytes are not a subscription. Every
 * version of the consumer protocol begins with version 0's fields: version, then the topics.
 */
export function subscribedTopics(metadata: Buffer): string[] | undefined {
  let position = 2;
  if (metadata.length < position + 4) return undefined;
  const count = metadata.readInt32BE(position);
  position += 4;
  // Each topic takes two bytes at the least, so a hostile count fails before it costs anything.
  if (count < 0 || count * 2 > metadata.length - position) return undefined;
  const topics: string[] = [];
  for (let index = 0; index < count; index++) {
    if (position + 2 > metadata.length) return undefined;
    const length = metadata.readInt16BE(position);
    position += 2;
    if (length < 0 || position + length > metadata.length) return undefined;
    try {
      topics.push(decoder.decode(metadata.subarray(position, position + length)));
    } catch {
      return undefined;
    }
    position += length;
  }
  return topics;
}
