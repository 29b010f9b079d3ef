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

/** Decompressing a block takes as long as so many bytes of one, however small it is. */
const COST_OF_BLOCK = 4096;

/** Of the first byte of an element: its low bits say what it is. */
const ELEMENT_TYPE = 0x03;
const LITERAL = 0;

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
    for (const stored of blocksOf(input)) {
      const block = decompressBlock(stored, maxBytes - size);
      parts.push(block);
      size += block.length;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
  },

  contentBound(bytes) {
    const input = asBuffer(bytes);
    if (!startsStream(input, 0)) return contentSize(input).size;
    let bound = 0;
    for (const block of blocksOf(input)) bound += Math.max(contentSize(block).size, COST_OF_BLOCK);
    return bound;
  },

  checkFrame(bytes) {
    const input = asBuffer(bytes);
    if (!startsStream(input, 0)) return checkBlock(input);
    let count = 0;
    for (const block of blocksOf(input)) {
      checkBlock(block);
      count++;
    }
    if (count === 0) throw damaged('snappy', 'no content');
  },
};

/**
 * The blocks of a framed stream. As the Java library has it: the versions are not looked at, two streams
 * one after the other are one stream, and less than a block's length at the end is nothing.
 */
function* blocksOf(input: Buffer): Generator<Buffer> {
  let at = 0;
  while (input.length - at >= 4) {
    if (startsStream(input, at)) {
      at += STREAM_HEADER_SIZE;
      continue;
    }
    const length = input.readInt32BE(at);
    at += 4;
    if (length < 0 || length > input.length - at) {
      throw damaged('snappy', `block of ${length} bytes with ${input.length - at} left`);
    }
    yield input.subarray(at, at + length);
    at += length;
  }
  // Only behind a block: a stream that ends within its first length is cut off.
  if (at === STREAM_HEADER_SIZE && at < input.length) {
    throw damaged('snappy', 'cut off in a block length');
  }
}

/** A block begins with the size of its content, then with some of it: nothing is there to be copied. */
function checkBlock(block: Buffer): void {
  const { size, bytes } = contentSize(block);
  if (size === 0) throw damaged('snappy', 'no content');
  checkClaim(size, block);
  const first = block[bytes];
  if (first === undefined) throw damaged('snappy', 'cut off behind the content size');
  if ((first & ELEMENT_TYPE) !== LITERAL) throw damaged('snappy', 'begins with a copy of nothing');
}

/**
 * An element of a block makes at most 64 bytes out of 3; a claim far beyond that is a lie that would only
 * cost memory.
 */
function checkClaim(size: number, block: Buffer): void {
  if (size > block.length * 64) throw damaged('snappy', `${size} bytes from ${block.length}`);
}

function startsStream(input: Buffer, at: number): boolean {
  return (
    input.length - at >= STREAM_HEADER_SIZE &&
    input.compare(STREAM_MAGIC, 0, STREAM_MAGIC.length, at, at + STREAM_MAGIC.length) === 0
  );
}

/** A block opens with the size of its content, which is what the library allocates. */
function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  const { size } = contentSize(block);
  if (size > maxBytes) throw tooLarge('snappy', maxBytes);
  checkClaim(size, block);
  try {
    const output = library().uncompressSync(block);
    return typeof output === 'string' ? Buffer.from(output) : output;
  } catch (error) {
    throw damaged('snappy', error instanceof Error ? error.message : String(error));
  }
}

/** And how many bytes say so. */
function contentSize(block: Buffer): { size: number; bytes: number } {
  let size = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index];
    if (byte === undefined) throw damaged('snappy', 'cut off in the content size');
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { size, bytes: index + 1 };
  }
  throw damaged('snappy', 'the content size has more than five bytes');
}
