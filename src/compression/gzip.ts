import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { type Codec, damaged, tooLarge } from './codec.ts';

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
      output = gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes) });
    } catch (error) {
      if (error instanceof RangeError) throw tooLarge('gzip', maxBytes);
      throw damaged('gzip', error instanceof Error ? error.message : String(error));
    }
    if (output.length > maxBytes) throw tooLarge('gzip', maxBytes);
    return output;
  },
};
