import type { Random } from '../../../../base/random.ts';

/**
 * In UTF-16 units: the id must fit a Kafka string (32,767 bytes) whatever the client calls itself.
 */
const MAX_PREFIX_LENGTH = 8_000;

/** `prefix`, a dash and a random UUID in its usual form: nobody guesses another member's id. */
export function memberIdFor(prefix: string, random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ];
  // A character is not cut in half: the client has to be able to send the id back.
  const shown = prefix.slice(0, MAX_PREFIX_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
  return `${shown}-${parts.join('-')}`;
}
