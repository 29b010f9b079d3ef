import { damaged } from './codec.ts';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const CONTENT_CHECKSUM = 0x04;

const BLOCK_MAX = 128 * 1024;
/** What decoders take unless told otherwise, Java's and Node's too: more memory they do not reserve. */
const WINDOW_MAX = 2 ** 27;
/** By the two bits of the frame's descriptor. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
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
  const singleSegment = (descriptor & SINGLE_SEGMENT) !== 0;
  let window = 0;
  if (!singleSegment) {
    const code = input[at++]!;
    const base = 2 ** (10 + (code >> 3));
    window = base + (base / 8) * (code & 0x07);
  }
  const dictionaryIdBytes = DICTIONARY_ID_BYTES[(descriptor & 0x03) as 0 | 1 | 2 | 3];
  if (input.length - at < dictionaryIdBytes) throw damaged('zstd', 'cut off in a frame header');
  // The number 0 means none.
  if (dictionaryIdBytes > 0 && input.readUIntLE(at, dictionaryIdBytes) !== 0) {
    throw damaged('zstd', 'needs a dictionary');
  }
  at += dictionaryIdBytes;
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode;
  if (input.length - at < sizeBytes) throw damaged('zstd', 'cut off in a frame header');
  let declared: number | undefined;
  if (sizeBytes === 1) declared = input[at]!;
  else if (sizeBytes === 2) declared = input.readUInt16LE(at) + 256;
  else if (sizeBytes === 4) declared = input.readUInt32LE(at);
  else if (sizeBytes === 8) declared = Number(input.readBigUInt64LE(at));
  at += sizeBytes;
  if (singleSegment) window = declared ?? 0;
  if (window > WINDOW_MAX) {
    throw damaged('zstd', `a window of ${window} bytes, where decoders take ${WINDOW_MAX}`);
  }
  const blockMax = singleSegment ? BLOCK_MAX : Math.min(BLOCK_MAX, window);

  let atLeast = 0;
  let atMost = 0;
  for (let last = false; !last; ) {
    if (input.length - at < 3) throw damaged('zstd', 'cut off in its blocks');
    const header = input.readUIntLE(at, 3);
    at += 3;
    last = (header & 1) === 1;
    const size = header >> 3;
    if (size > blockMax) throw damaged('zstd', `a block of ${size} bytes in a window of ${window}`);
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
