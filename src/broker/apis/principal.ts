import type { ConnectionInfo } from '../network/request-context.ts';

/** The principal of a connection, `User:ANONYMOUS`, in the two parts that messages have. */
export function principalOf({ principal }: ConnectionInfo): { type: string; name: string } {
  const colon = principal.indexOf(':');
  return { type: principal.slice(0, colon), name: principal.slice(colon + 1) };
}
