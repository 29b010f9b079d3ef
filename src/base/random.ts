/** Randomness as a port, so that a seed reproduces a run. */
export interface Random {
  /** An integer in [0, bound). `bound` is at most 2^31. */
  int(bound: number): number;
  /** `count` random bytes. */
  bytes(count: number): Buffer;
}

/** The all-zero id; in the protocol it means "no id". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** A Kafka Uuid in its printed form: 22 characters of unpadded base64url, never the reserved ids. */
export function randomUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const text = bytes.toString('base64url');
  // Kafka never issues ids that begin with '-': they are a nuisance on a command line.
  return text.startsWith('-') ? randomUuid(random) : text;
}
