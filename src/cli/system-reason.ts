import { getSystemErrorMap } from 'node:util';

/** What the system says about its error, without call and path: no space left on device. */
export function systemReason(error: unknown): string {
  const number = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  const [, text] = getSystemErrorMap().get(number) ?? [];
  return text ?? (error instanceof Error ? error.message : String(error));
}
