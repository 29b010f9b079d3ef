import { crc32, inflateRawSync } from 'node:zlib';
import { damaged, tooLarge } from './codec.ts';

const FIXED_HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const DEFLATE = 8;
const HEADER_CRC = 0x02;
const EXTRA = 0x04;
const NAME = 0x08;
const COMMENT = 0x10;

/** Before what is no member. Each costs 20 microseconds at least, and none of Kafka's clients sends two. */
const MOST_MEMBERS = 64;

/**
 * Decompresses the gzip members at the beginning of `input` and ignores what follows the last of them,
 * as Java's reader does; Node's takes it for damage. Throws DecompressionError, also for more than 64 members.
 */
export function gunzipMembers(input: Buffer, maxBytes: number): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  let at = 0;
  do {
    const { output, end } = gunzipMember(input, at, maxBytes - size);
    parts.push(output);
    if (parts.length > MOST_MEMBERS) throw damaged('gzip', `more than ${MOST_MEMBERS} members`);
    size += output.length;
    at = end;
  } while (headerSize(input, at) !== undefined);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
}

function gunzipMember(
  input: Buffer,
  at: number,
  maxBytes: number,
): { output: Buffer; end: number } {
  const header = headerSize(input, at);
  if (header === undefined) throw damaged('gzip', 'incorrect header');
  const { output, consumed } = inflate(input.subarray(at + header), maxBytes);
  const trailer = at + header + consumed;
  if (input.length - trailer < TRAILER_BYTES) throw damaged('gzip', 'cut off in its trailer');
  if (
    input.readUInt32LE(trailer) !== crc32(output) ||
    input.readUInt32LE(trailer + 4) !== output.length
  ) {
    throw damaged('gzip', 'the checksum does not match');
  }
  return { output, end: trailer + TRAILER_BYTES };
}

function inflate(bytes: Buffer, maxBytes: number): { output: Buffer; consumed: number } {
  try {
    // With `info` the answer is an object, which the type definitions do not say.
    const result: unknown = inflateRawSync(bytes, {
      maxOutputLength: Math.max(1, maxBytes),
      info: true,
    });
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
    if (buffer.length <= maxBytes) return { output: buffer, consumed: engine.bytesWritten };
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw damaged('gzip', error instanceof Error ? error.message : String(error));
    }
  }
  throw tooLarge('gzip', maxBytes);
}

/** Throws DecompressionError where the first member's header is none that Java's reader takes. */
export function checkGzipHeader(input: Buffer): void {
  const size = headerSize(input, 0);
  if (size === undefined) throw damaged('gzip', 'incorrect header');
  const checksumAt = size - 2;
  if (
    input[3]! & HEADER_CRC &&
    input.readUInt16LE(checksumAt) !== (crc32(input.subarray(0, checksumAt)) & 0xffff)
  ) {
    throw damaged('gzip', 'wrong header checksum');
  }
  if (input.length <= size + TRAILER_BYTES) throw damaged('gzip', 'no content');
}

/** Bytes of the member's header at `at`; undefined where there is no such header. */
function headerSize(input: Buffer, at: number): number | undefined {
  if (input.length - at < FIXED_HEADER_BYTES) return undefined;
  if (input[at] !== 0x1f || input[at + 1] !== 0x8b || input[at + 2] !== DEFLATE) return undefined;
  const flags = input[at + 3]!;
  let end = at + FIXED_HEADER_BYTES;
  if (flags & EXTRA) {
    if (input.length - end < 2) return undefined;
    end += 2 + input.readUInt16LE(end);
  }
  for (const text of [NAME, COMMENT]) {
    if (!(flags & text)) continue;
    const zero = input.indexOf(0, end);
    if (zero < 0) return undefined;
    end = zero + 1;
  }
  if (flags & HEADER_CRC) end += 2;
  return end > input.length ? undefined : end - at;
}
