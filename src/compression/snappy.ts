import { asBuffer, type Codec, damaged, tooLarge } from './codec.ts';
import { lazyLibrary } from './library.ts';

/** What the `snappy` package exports, as far as it is used here: raw blocks. */
interface SnappyLibrary {
  compressSync(input: Uint8Array): Buffer;
  uncompressSync(input: Uint8Array): Buffer | string;
}

const library = lazyLibrary(
  'snappy',
  (require) => require('snappy'),
  (loaded): loaded is SnappyLibrary => {
    const candidate = loaded as Partial<SnappyLibrary> | null;
    return (
      typeof candidate?.compressSync === 'function' &&
      typeof candidate.uncompressSync === 'function'
    );
  },
);

/** The framing of the Java library: this, two version numbers, then blocks with a length before each. */
const STREAM_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const STREAM_HEADER_SIZE = 16;
const STREAM_VERSION = 1;
/** What the Java library puts into one block. */
const BLOCK_SIZE = 32 * 1024;

/**
 * Snappy as Kafka uses it. Java frames its blocks; librdkafka and others write one raw block. Both
 * are read, the framed form is written.
 */
export const snappy: Codec = {
  id: 2,
  name: 'snappy',

  compress(bytes) {
    const header = Buffer.alloc(STREAM_HEADER_SIZE);
    STREAM_MAGIC.copy(header);
    header.writeInt32BE(STREAM_VERSION, 8);
    header.writeInt32BE(STREAM_VERSION, 12);
    const parts: Buffer[] = [header];
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      const block = library().compressSync(bytes.subarray(at, at + BLOCK_SIZE));
      const length = Buffer.allocUnsafe(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },

  decompress(bytes, maxBytes) {
    const input = asBuffer(bytes);
    if (!startsStream(input, 0)) return decompressBlock(input, maxBytes);
    const parts: Buffer[] = [];
    let size = 0;
    let at = 0;
    while (at < input.length) {
      // Two streams one after the other are one stream.
      if (startsStream(input, at)) {
        const oldestReader = input.readInt32BE(at + 12);
        if (oldestReader > STREAM_VERSION) {
          throw damaged('snappy', `stream version ${oldestReader} is not known`);
        }
        at += STREAM_HEADER_SIZE;
        continue;
      }
      if (input.length - at < 4) throw damaged('snappy', 'cut off in a block length');
      const length = input.readInt32BE(at);
      at += 4;
      if (length < 0 || length > input.length - at) {
        throw damaged('snappy', `block of ${length} bytes with ${input.length - at} left`);
      }
      const block = decompressBlock(input.subarray(at, at + length), maxBytes - size);
      parts.push(block);
      size += block.length;
      at += length;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
  },
};

function startsStream(input: Buffer, at: number): boolean {
  return (
    input.length - at >= STREAM_HEADER_SIZE &&
    input.compare(STREAM_MAGIC, 0, STREAM_MAGIC.length, at, at + STREAM_MAGIC.length) === 0
  );
}

/** A block opens with the size of its content, which is what the library allocates. */
function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  const size = contentSize(block);
  if (size > maxBytes) throw tooLarge('snappy', maxBytes);
  // An element of a block makes at most 64 bytes out of 3; a claim far beyond that is a lie that
  // would only cost memory.
  if (size > block.length * 64) throw damaged('snappy', `${size} bytes from ${block.length}`);
  try {
    const output = library().uncompressSync(block);
    return typeof output === 'string' ? Buffer.from(output) : output;
  } catch (error) {
    throw damaged('snappy', error instanceof Error ? error.message : String(error));
  }
}

function contentSize(block: Buffer): number {
  let size = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index];
    if (byte === undefined) throw damaged('snappy', 'cut off in the content size');
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return size;
  }
  throw damaged('snappy', 'the content size has more than five bytes');
}
