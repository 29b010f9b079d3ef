import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { asBuffer, type Codec, damaged, tooLarge } from './codec.ts';
import { checkGzipHeader, gunzipMembers } from './gzip-members.ts';

/** Deflate makes at most 1,032 bytes of one, so this much input makes 4 MiB at most. */
const START_BYTES = 4096;

/** A checksum, and the size of the content. */
const TRAILER_SIZE = 8;

/** zlib fills pieces of this and joins them in the end, which takes the output's size twice. */
const PIECE_BYTES = 16 * 1024;

/** Deflate makes at most so much of a byte. */
const MOST_EXPANSION = 1032;

/** One piece for all of the output, whose size the trailer claims. */
function pieceFor(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length < TRAILER_SIZE) return PIECE_BYTES;
  const claimed = asBuffer(bytes).readUInt32LE(bytes.length - 4);
  return Math.max(PIECE_BYTES, Math.min(claimed, maxBytes, bytes.length * MOST_EXPANSION) + 1);
}

/** RFC 1952, by Node's own zlib. Levels 1 to 9; -1 is zlib's default. */
export const gzip: Codec = {
  id: 1,
  name: 'gzip',

  compress(bytes, level = constants.Z_DEFAULT_COMPRESSION) {
    return gzipSync(bytes, { level });
  },

  decompress(bytes, maxBytes) {
    let output: Buffer;
    try {
      // zlib refuses a limit of 0, so that one is checked below.
      const maxOutputLength = Math.max(1, maxBytes);
      output = gunzipSync(bytes, { maxOutputLength, chunkSize: pieceFor(bytes, maxOutputLength) });
    } catch (error) {
      if (error instanceof RangeError) throw tooLarge('gzip', maxBytes);
      // Either damaged, or whole with something behind it.
      output = gunzipMembers(asBuffer(bytes), maxBytes);
    }
    if (output.length > maxBytes) throw tooLarge('gzip', maxBytes);
    return output;
  },

  contentBound(bytes) {
    if (bytes.length < TRAILER_SIZE) throw damaged('gzip', 'cut off');
    return asBuffer(bytes).readUInt32LE(bytes.length - 4);
  },

  checkFrame: (bytes) => checkGzipHeader(asBuffer(bytes)),

  decompressStart(bytes) {
    try {
      const start = asBuffer(bytes).subarray(0, START_BYTES);
      return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch (error) {
      throw damaged('gzip', error instanceof Error ? error.message : String(error));
    }
  },
};
