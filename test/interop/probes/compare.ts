import type { Json } from './normalise.ts';

/** One place where two observations differ. */
export interface Difference {
  /** Names and indexes from the root of the observation, joined by dots. */
  readonly path: string;
  readonly kafka: Json | undefined;
  readonly sluice: Json | undefined;
}

/** Every place where two observations differ, in the order of Kafka's. */
export function differences(
  kafka: Json | undefined,
  sluice: Json | undefined,
  path = '',
): Difference[] {
  if (kafka === sluice) return [];
  if (Array.isArray(kafka) && Array.isArray(sluice)) {
    // Rows that are missing would shift all that follow: only how many there are is told then.
    if (kafka.length !== sluice.length) return [{ path, kafka, sluice }];
    const { length } = kafka;
    return Array.from({ length }, (_, index) =>
      differences(kafka[index], sluice[index], join(path, String(index))),
    ).flat();
  }
  if (isObject(kafka) && isObject(sluice)) {
    const names = new Set([...Object.keys(kafka), ...Object.keys(sluice)]);
    return [...names].flatMap((name) => differences(kafka[name], sluice[name], join(path, name)));
  }
  return [{ path, kafka, sluice }];
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
