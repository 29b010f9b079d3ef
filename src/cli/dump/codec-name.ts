import { codecById } from '../../compression/index.ts';

const CODEC_NAMES: readonly (string | undefined)[] = [0, 1, 2, 3, 4].map(
  (id) => codecById(id)?.name,
);

/** As Kafka's tool writes it. */
export function codecName(id: number): string {
  return CODEC_NAMES[id] ?? `unknown(${id})`;
}
