import { asBuffer, type Codec, type CodecName, tooLarge } from './codec.ts';
import { gzip } from './gzip.ts';
import { lz4 } from './lz4.ts';
import { snappy } from './snappy.ts';
import { zstd } from './zstd.ts';

export {
  type Codec,
  type CodecId,
  type CodecName,
  CodecUnavailableError,
  DecompressionError,
  OutputTooLargeError,
} from './codec.ts';
export { LoopAllowance, SMALL_BYTES } from './loop-allowance.ts';
export { lz4ForMagic0 } from './lz4.ts';

const none: Codec = {
  id: 0,
  name: 'none',
  compress: (bytes) => asBuffer(bytes),
  decompress(bytes, maxBytes) {
    if (bytes.length > maxBytes) throw tooLarge('none', maxBytes);
    return asBuffer(bytes);
  },
  contentBound: (bytes) => bytes.length,
  checkFrame() {},
};

/** Every codec, indexed by its number in the attributes of batches. */
export const CODECS: readonly Codec[] = [none, gzip, snappy, lz4, zstd];

const byName: Readonly<Record<CodecName, Codec>> = { none, gzip, snappy, lz4, zstd };

/** Undefined for the numbers 5 to 7, which no codec has. */
export function codecById(id: number): Codec | undefined {
  return CODECS[id];
}

export function codecByName(name: CodecName): Codec {
  return byName[name];
}
