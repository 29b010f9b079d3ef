/** Its presence in a log directory says that every log in it was closed in order. */
export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown';

/** The content since Kafka 3.8 (KIP-966); older versions leave the file empty. */
export function encodeCleanShutdown(brokerEpoch: number): string {
  return JSON.stringify({ version: 0, brokerEpoch });
}

/** The broker epoch, -1 when the file does not say. Never throws. */
export function decodeCleanShutdown(text: string): number {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null && 'brokerEpoch' in content) {
      return typeof content.brokerEpoch === 'number' ? content.brokerEpoch : -1;
    }
  } catch {
    // Written by an older version.
  }
  return -1;
}
