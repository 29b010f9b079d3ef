/** One-shot Zstandard, whoever implements it. */
export interface ZstdLibrary {
  compress(bytes: Uint8Array, level: number): Buffer;
  /** `capacity` bounds the output; throws beyond it and for damaged input. */
  decompress(bytes: Uint8Array, capacity: number): Buffer;
}
