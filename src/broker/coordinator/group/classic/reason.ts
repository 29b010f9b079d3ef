/** KIP-800: what the client gives as its reason, to put behind our own. */
export function clientSays(reason: string | null): string {
  return reason ? ` (client says: ${reason})` : '';
}
