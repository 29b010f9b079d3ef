import { damaged, tooLarge } from './codec.ts';
import { xxhash32 } from './xxhash32.ts';

const FRAME_MAGIC = 0x184d2204;
const DESCRIPTOR = 4;

const VERSION_MASK = 0xc0;
const VERSION_1 = 0x40;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const RESERVED = 0x02;
const DICTIONARY = 0x01;

const INDEPENDENT_BLOCKS = 0x20;
/** Of the byte that holds the size of blocks. */
const RESERVED_IN_DESCRIPTOR = 0x8f;

const STORED_BLOCK = 0x80000000;
const MIN_MATCH = 4;

/** The shape of a frame, read without decompressing anything. */
export interface Lz4Frame {
  /** Bytes of the whole frame. Kafka's own reader ignores what follows it, and so do we. */
  size: number;
  /** Where the blocks end and their end mark begins. */
  blocksEnd: number;
  /** Where the one-byte checksum of the header lies. */
  headerChecksumAt: number;
  /** No content is larger than this. */
  contentBound: number;
}

/**
 * Walks a frame of the LZ4 frame format from block to block. Throws DecompressionError where it is
 * cut off or its content could exceed `maxBytes`: sizes are summed exactly from the sequences when
 * the number of blocks alone does not settle it.
 */
export function walkLz4Frame(input: Buffer, maxBytes: number): Lz4Frame {
  if (input.length < 7) throw damaged('lz4', 'cut off in the frame header');
  if (input.readUInt32LE(0) !== FRAME_MAGIC) throw damaged('lz4', 'not an LZ4 frame');
  const flags = input[DESCRIPTOR]!;
  if ((flags & VERSION_MASK) !== VERSION_1) throw damaged('lz4', 'unknown frame version');
  if (flags & RESERVED) throw damaged('lz4', 'a reserved flag is set');
  if (flags & DICTIONARY) throw damaged('lz4', 'needs a dictionary');
  const blockSizeCode = (input[DESCRIPTOR + 1]! >> 4) & 0x07;
  if (blockSizeCode < 4) throw damaged('lz4', `unknown block size code ${blockSizeCode}`);
  const blockMax = 1 << (8 + 2 * blockSizeCode);

  const headerChecksumAt = DESCRIPTOR + 2 + (flags & CONTENT_SIZE ? 8 : 0);
  const firstBlock = headerChecksumAt + 1;
  const blocks: number[] = [];
  let bound = 0;
  let at = firstBlock;
  for (;;) {
    if (input.length - at < 4) throw damaged('lz4', 'cut off in its blocks');
    const field = input.readUInt32LE(at);
    at += 4;
    if (field === 0) break;
    const size = field & ~STORED_BLOCK;
    if (size > blockMax)
      throw damaged('lz4', `a block of ${size} bytes where ${blockMax} are allowed`);
    blocks.push(at - 4);
    bound += field & STORED_BLOCK ? size : Math.min(blockMax, size * 255);
    at += size + (flags & BLOCK_CHECKSUM ? 4 : 0);
  }
  const blocksEnd = at - 4;
  at += flags & CONTENT_CHECKSUM ? 4 : 0;
  if (at > input.length) throw damaged('lz4', 'cut off in a checksum');

  if (bound > maxBytes) {
    bound = 0;
    for (const block of blocks) {
      const field = input.readUInt32LE(block);
      const size = field & ~STORED_BLOCK;
      bound += field & STORED_BLOCK ? size : blockContentSize(input, block + 4, block + 4 + size);
      if (bound > maxBytes) throw tooLarge('lz4', maxBytes);
    }
  }
  return { size: at, blocksEnd, headerChecksumAt, contentBound: bound };
}

/** Throws DecompressionError where Kafka's own reader would refuse the frame. */
export function checkLz4Frame(input: Buffer): void {
  const { size, headerChecksumAt, contentBound } = walkLz4Frame(input, Number.MAX_SAFE_INTEGER);
  if ((input[DESCRIPTOR]! & INDEPENDENT_BLOCKS) === 0) {
    throw damaged('lz4', "its blocks are linked, which Kafka's consumers cannot read");
  }
  if (input[DESCRIPTOR + 1]! & RESERVED_IN_DESCRIPTOR)
    throw damaged('lz4', 'a reserved bit is set');
  if (input[headerChecksumAt] !== lz4HeaderChecksum(input, headerChecksumAt)) {
    throw damaged('lz4', 'wrong header checksum');
  }
  if (contentBound === 0) throw damaged('lz4', 'no content');
  if (input.length - size >= 4 && input.readUInt32LE(size) === FRAME_MAGIC) {
    throw damaged('lz4', "a second frame, which Kafka's consumers do not read");
  }
}

/** The same blocks in a frame that says nothing of its content; undefined where it says nothing already. */
export function withoutContentClaims(input: Buffer): Buffer | undefined {
  const flags = input[DESCRIPTOR]!;
  if ((flags & (CONTENT_SIZE | CONTENT_CHECKSUM)) === 0) return undefined;
  const { headerChecksumAt, blocksEnd } = walkLz4Frame(input, Number.MAX_SAFE_INTEGER);
  const header = Buffer.from(input.subarray(0, DESCRIPTOR + 3));
  header[DESCRIPTOR] = flags & ~(CONTENT_SIZE | CONTENT_CHECKSUM);
  header[DESCRIPTOR + 2] = lz4HeaderChecksum(header, DESCRIPTOR + 2);
  const endMark = input.subarray(blocksEnd, blocksEnd + 4);
  return Buffer.concat([header, input.subarray(headerChecksumAt + 1, blocksEnd), endMark]);
}

/** Sums the sequences of one block: literals, then a match, whose bytes need not be looked at. */
function blockContentSize(input: Buffer, from: number, to: number): number {
  let at = from;
  let size = 0;
  while (at < to) {
    const token = input[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255 && at < to; literals += more) more = input[at++]!;
    }
    at += literals;
    size += literals;
    if (at >= to) break;
    at += 2;
    let match = (token & 0x0f) + MIN_MATCH;
    if (match === 15 + MIN_MATCH) {
      for (let more = 255; more === 255 && at < to; match += more) more = input[at++]!;
    }
    size += match;
  }
  if (at !== to) throw damaged('lz4', 'a sequence runs beyond its block');
  return size;
}

/** The header checksum the format asks for: over the descriptor. */
export function lz4HeaderChecksum(frame: Buffer, headerChecksumAt: number): number {
  return (xxhash32(frame.subarray(DESCRIPTOR, headerChecksumAt)) >>> 8) & 0xff;
}

/** The one early Kafka clients wrote with magic 0, over the magic number too (KAFKA-3160). */
export function lz4LegacyHeaderChecksum(frame: Buffer, headerChecksumAt: number): number {
  return (xxhash32(frame.subarray(0, headerChecksumAt)) >>> 8) & 0xff;
}
