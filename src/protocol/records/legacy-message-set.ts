/** The message formats before record batches: magic 0 (no timestamps) and magic 1 (KIP-32). */
export type LegacyMagic = 0 | 1;

export type UpConversion =
  | {
      kind: 'converted';
      /** One magic-2 batch. Its base offset is the first message's. */
      batch: Buffer;
      recordCount: number;
    }
  | { kind: 'rejected'; error: 'CORRUPT_MESSAGE' | 'INVALID_RECORD'; detail: string };

/** Magic-2 batches as a message set of an older format, for Fetch v0-v3. */
export type DownConversion =
  | { kind: 'converted'; messageSet: Buffer; messageCount: number }
  | { kind: 'unsupported'; error: 'UNSUPPORTED_COMPRESSION_TYPE'; detail: string }
  | { kind: 'corrupt'; detail: string };

/**
 * Converts whole batches (a partial tail is left out) to messages of `magic`. Records below
 * `fromOffset` are left out; control batches and headers do not exist in those formats and are too.
 */
export function downConvert(
  _batches: Buffer,
  _to: { magic: LegacyMagic; fromOffset: number; maxDecompressedBytes?: number },
): DownConversion {
  throw new Error('not yet');
}
