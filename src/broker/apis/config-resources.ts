import type { ConfigResource } from '../controller/requests.ts';

/** ConfigResource.Type on the wire. */
export const TOPIC = 2;
export const BROKER = 4;
export const BROKER_LOGGER = 8;

/** What the request means, or the sentence that says why it means nothing here. */
export function parseResource(
  type: number,
  name: string,
  brokerId: number,
): { resource: ConfigResource } | { problem: string } {
  if (type === TOPIC) return { resource: { type: 'topic', name } };
  if (type === BROKER) {
    if (name === '' || name === String(brokerId)) return { resource: { type: 'broker', name } };
    return {
      problem: `Unexpected broker id, expected ${brokerId} or empty string, but received ${name}`,
    };
  }
  return { problem: `Resource type ${type} has no configs here` };
}
