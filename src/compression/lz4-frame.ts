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

const STORED_BLOCK = 0x80000000;
const MIN_MATCH = 4;

/** The shape of a frame, read without decompressing anything. */
export interface Lz4Frame {
  /** Bytes of the whole frame. Kafka's own reader ignores what follows it, and so do we. */
  size: number;
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
    blocks.push(at - 4);
    bound += field & STORED_BLOCK ? size : Math.min(blockMax, size * 255);
    at += size + (flags & BLOCK_CHECKSUM ? 4 : 0);
  }
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
  return { size: at, headerChecksumAt, contentBound: bound };
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
