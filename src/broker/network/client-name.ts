import type { RequestContext } from './request-context.ts';

/** Of a name in a sentence; the line has a client's whole one as a field. */
const LONGEST_NAME = 60;

/** What somebody else named, in quotes, cut where it is long. */
export function quoted(name: string): string {
  return `'${name.slice(0, LONGEST_NAME)}${name.length > LONGEST_NAME ? '...' : ''}'`;
}

/** "client 'orders' (librdkafka 2.12.0)", as far as it has said so. */
export function clientOf({ clientId, session }: RequestContext): string {
  const { clientSoftware } = session;
  const name = clientId === '' ? '' : ` ${quoted(clientId)}`;
  return `client${name}${clientSoftware === undefined ? '' : ` (${clientSoftware})`}`;
}
