import { damaged } from './codec.ts';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const CONTENT_CHECKSUM = 0x04;

const BLOCK_MAX = 128 * 1024;
const RAW = 0;
const RLE = 1;
const COMPRESSED = 2;

/** What a stream decompresses to, in bytes; both are exact where the frames declare their size. */
export interface ZstdContentSize {
  atLeast: number;
  atMost: number;
}

/**
 * Walks the frames of a Zstandard stream (RFC 8878) from block to block and returns between what
 * sizes its content is. Throws DecompressionError where the input is cut off, which Node's own zstd
 * lets pass.
 */
export function zstdContentSize(input: Buffer): ZstdContentSize {
  if (input.length === 0) throw damaged('zstd', 'no input');
  const total = { atLeast: 0, atMost: 0 };
  let at = 0;
  while (at < input.length) {
    if (input.length - at < 8) throw damaged('zstd', 'cut off in a frame header');
    const magic = input.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + input.readUInt32LE(at + 4);
      if (at > input.length) throw damaged('zstd', 'cut off in a skippable frame');
      continue;
    }
    if (magic !== FRAME_MAGIC) throw damaged('zstd', 'not a Zstandard frame');
    const frame = walkFrame(input, at + 4);
    total.atLeast += frame.atLeast;
    total.atMost += frame.atMost;
    at = frame.end;
  }
  return total;
}

/** `from` is after the frame's magic number. */
function walkFrame(input: Buffer, from: number): ZstdContentSize & { end: number } {
  let at = from;
  const descriptor = input[at++]!;
  if (descriptor & RESERVED) throw damaged('zstd', 'a reserved bit is set');
  if ((descriptor & 0x03) !== 0) throw damaged('zstd', 'needs a dictionary');
  const singleSegment = (descriptor & SINGLE_SEGMENT) !== 0;
  let blockMax = BLOCK_MAX;
  if (!singleSegment) {
    const window = input[at++]!;
    const base = 2 ** (10 + (window >> 3));
    blockMax = Math.min(blockMax, base + (base / 8) * (window & 0x07));
  }
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode;
  if (input.length - at < sizeBytes) throw damaged('zstd', 'cut off in a frame header');
  let declared: number | undefined;
  if (sizeBytes === 1) declared = input[at]!;
  else if (sizeBytes === 2) declared = input.readUInt16LE(at) + 256;
  else if (sizeBytes === 4) declared = input.readUInt32LE(at);
  else if (sizeBytes === 8) declared = Number(input.readBigUInt64LE(at));
  at += sizeBytes;

  let atLeast = 0;
  let atMost = 0;
  for (let last = false; !last; ) {
    if (input.length - at < 3) throw damaged('zstd', 'cut off in its blocks');
    const header = input.readUIntLE(at, 3);
    at += 3;
    last = (header & 1) === 1;
    const size = header >> 3;
    switch ((header >> 1) & 0x03) {
      case RAW:
        atLeast += size;
        atMost += size;
        at += size;
        break;
      case RLE:
        atLeast += size;
        atMost += size;
        at += 1;
        break;
      case COMPRESSED:
        atMost += blockMax;
        at += size;
        break;
      default:
        throw damaged('zstd', 'reserved block type');
    }
  }
  if (descriptor & CONTENT_CHECKSUM) at += 4;
  if (at > input.length) throw damaged('zstd', 'cut off in the last block');
  if (declared === undefined) return { atLeast, atMost, end: at };
  if (declared < atLeast || declared > atMost) {
    throw damaged('zstd', `declares ${declared} bytes, holds ${atLeast} to ${atMost}`);
  }
  return { atLeast: declared, atMost: declared, end: at };
}
