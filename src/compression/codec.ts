/** The codec's number in the attributes of batches. */
export type CodecId = 0 | 1 | 2 | 3 | 4;

/** The codec's name in configurations ('none' is spelled 'uncompressed' in topic configs). */
export type CodecName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface Codec {
  readonly id: CodecId;
  readonly name: CodecName;
  /** `level` is the codec's own scale; codecs without levels ignore it. */
  compress(bytes: Uint8Array, level?: number): Buffer;
  /**
   * Throws DecompressionError for damaged input and for output beyond `maxBytes`, which is never
   * allocated. The result may be a view of `bytes`.
   */
  decompress(bytes: Uint8Array, maxBytes: number): Buffer;
  /**
   * The most that it may decompress to, in bytes, by the headers of the stream and its blocks; with gzip what it claims
   * to hold; a block that is small counts as what takes as long. Throws DecompressionError where these are damaged.
   */
  contentBound(bytes: Uint8Array): number;
  /**
   * Throws DecompressionError where Kafka's consumers could not read this, as far as it shows without
   * decompressing: by the stream's header, and those of its blocks. `decompress` takes some of that.
   */
  checkFrame(bytes: Uint8Array): void;
  /**
   * The first bytes of the output, at most 4 MiB or so, however long the input; where the format lets
   * one stop early. Throws DecompressionError.
   */
  decompressStart?(bytes: Uint8Array): Buffer;
}

/** Compressed bytes that are damaged, or that would make more output than allowed. */
export class DecompressionError extends Error {
  override name = 'DecompressionError';
}

/** Compressed bytes that would make more output than allowed. */
export class OutputTooLargeError extends DecompressionError {
  override name = 'OutputTooLargeError';
}

/** The library behind a codec has no build for this platform. */
export class CodecUnavailableError extends Error {
  override name = 'CodecUnavailableError';
}

/** The error of a codec for output beyond its bound. */
export function tooLarge(codec: CodecName, maxBytes: number): OutputTooLargeError {
  return new OutputTooLargeError(`${codec}: more than ${maxBytes} bytes when decompressed`);
}

/** The error of a codec for input that is not its format. */
export function damaged(codec: CodecName, detail: string): DecompressionError {
  return new DecompressionError(`${codec}: ${detail}`);
}

/** A view of `bytes` as a Buffer; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
