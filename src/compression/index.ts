/** The codec's number in the attributes of batches. */
export type CodecId = 0 | 1 | 2 | 3 | 4;

/** The codec's name in configurations ('none' is spelled 'uncompressed' in topic configs). */
export type CodecName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface Codec {
  readonly id: CodecId;
  readonly name: CodecName;
  /** `level` is the codec's own scale; codecs without levels ignore it. */
  compress(bytes: Uint8Array, level?: number): Buffer;
  /** Throws DecompressionError for bad input, and before it makes more than `maxBytes`. */
  decompress(bytes: Uint8Array, maxBytes: number): Buffer;
}

/** Compressed bytes that are damaged, or that would make more output than allowed. */
export class DecompressionError extends Error {
  override name = 'DecompressionError';
}
