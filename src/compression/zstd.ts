import * as zlib from 'node:zlib';
import { asBuffer, type Codec, damaged, tooLarge } from './codec.ts';
import { zstdContentSize } from './zstd-frame.ts';
import type { ZstdLibrary } from './zstd-library.ts';
import { zstdWasm } from './zstd-wasm.ts';

/** Zstandard's own default, and Kafka's. */
const DEFAULT_LEVEL = 3;

/** Node has Zstandard itself from 22.15 and 23.8 on; the type definitions of 20 do not know. */
interface ZlibWithZstd {
  zstdCompressSync(bytes: Uint8Array, options: { params: Record<number, number> }): Buffer;
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Buffer;
  constants: { ZSTD_c_compressionLevel: number };
}

function hasZstd(module: unknown): module is ZlibWithZstd {
  const candidate = module as Partial<ZlibWithZstd>;
  return (
    typeof candidate.zstdCompressSync === 'function' &&
    typeof candidate.zstdDecompressSync === 'function'
  );
}

function builtinZstd(module: unknown): ZstdLibrary | undefined {
  if (!hasZstd(module)) return undefined;
  const level = module.constants.ZSTD_c_compressionLevel;
  return {
    compress: (bytes, value) => module.zstdCompressSync(bytes, { params: { [level]: value } }),
    decompress: (bytes, capacity) =>
      module.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, capacity) }),
  };
}

const library = builtinZstd(zlib) ?? zstdWasm;

/** Zstandard (KIP-110), by Node where it has it, else by WebAssembly. Levels -131072 to 22. */
export const zstd: Codec = {
  id: 4,
  name: 'zstd',
  compress: (bytes, level = DEFAULT_LEVEL) => library.compress(bytes, level),
  decompress: (bytes, maxBytes) => decompressZstd(library, bytes, maxBytes),
  contentBound: (bytes) => zstdContentSize(asBuffer(bytes)).atMost,
  checkFrame(bytes) {
    if (zstdContentSize(asBuffer(bytes)).atMost === 0) throw damaged('zstd', 'no content');
  },
};

/** Decompresses with `library`, which tests choose. */
export function decompressZstd(library: ZstdLibrary, bytes: Uint8Array, maxBytes: number): Buffer {
  const input = asBuffer(bytes);
  const size = zstdContentSize(input);
  if (size.atLeast > maxBytes) throw tooLarge('zstd', maxBytes);
  const capacity = Math.min(size.atMost, maxBytes + 1);
  let output: Buffer;
  try {
    output = library.decompress(input, capacity);
  } catch (error) {
    // Where the frames leave room for more than allowed, too little room is the likely failure.
    if (error instanceof RangeError && capacity > maxBytes) throw tooLarge('zstd', maxBytes);
    throw damaged('zstd', error instanceof Error ? error.message : String(error));
  }
  if (output.length > maxBytes) throw tooLarge('zstd', maxBytes);
  return output;
}
