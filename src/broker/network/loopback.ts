/** Whether a host, as a name or an address, is always the machine of whoever connects to it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
