/** The reason that the client gives (KIP-800), to be put behind our own. */
export function clientSays(reason: string | null): string {
  return reason ? ` (client says: ${reason})` : '';
}
