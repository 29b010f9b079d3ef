import { createRequire } from 'node:module';

/**
 * CRC-32C (Castagnoli), the checksum of a record batch, as an unsigned 32-bit number. `before` is the
 * checksum of the bytes that come before these, where the data lies in pieces.
 */
export type Crc32c = (bytes: Uint8Array, before?: number) => number;

const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;

let tables: Uint32Array | undefined;

/** Table k advances a byte through k further zero bytes; sixteen of them take 16 bytes a step. */
function sliceTables(): Uint32Array {
  if (tables !== undefined) return tables;
  const built = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    built[byte] = crc >>> 0;
  }
  for (let index = 256; index < built.length; index++) {
    const before = built[index - 256]!;
    built[index] = (before >>> 8) ^ built[before & 0xff]!;
  }
  tables = built;
  return built;
}

/** The fallback in plain TypeScript, for platforms the native add-on does not cover. */
export function crc32cPortable(bytes: Uint8Array, before = 0): number {
  const t = sliceTables();
  const end = bytes.length;
  let crc = ~before;
  let at = 0;
  for (; at + SLICES <= end; at += SLICES) {
    crc =
      t[3840 + ((bytes[at]! ^ crc) & 0xff)]! ^
      t[3584 + ((bytes[at + 1]! ^ (crc >>> 8)) & 0xff)]! ^
      t[3328 + ((bytes[at + 2]! ^ (crc >>> 16)) & 0xff)]! ^
      t[3072 + (bytes[at + 3]! ^ (crc >>> 24))]! ^
      t[2816 + bytes[at + 4]!]! ^
      t[2560 + bytes[at + 5]!]! ^
      t[2304 + bytes[at + 6]!]! ^
      t[2048 + bytes[at + 7]!]! ^
      t[1792 + bytes[at + 8]!]! ^
      t[1536 + bytes[at + 9]!]! ^
      t[1280 + bytes[at + 10]!]! ^
      t[1024 + bytes[at + 11]!]! ^
      t[768 + bytes[at + 12]!]! ^
      t[512 + bytes[at + 13]!]! ^
      t[256 + bytes[at + 14]!]! ^
      t[bytes[at + 15]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(bytes[at]! ^ crc) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

/** What `@node-rs/crc32` exports, as far as it is used here. */
interface NativeCrc32 {
  crc32c(input: Uint8Array, before?: number): number;
}

function isNativeCrc32(loaded: unknown): loaded is NativeCrc32 {
  return typeof (loaded as Partial<NativeCrc32> | null)?.crc32c === 'function';
}

function loadNative(): Crc32c | undefined {
  try {
    const loaded: unknown = createRequire(import.meta.url)('@node-rs/crc32');
    // A wrong checksum would poison the log, so the add-on proves itself before it is trusted.
    if (isNativeCrc32(loaded) && loaded.crc32c(Buffer.from('123456789')) === 0xe3069283) {
      return loaded.crc32c;
    }
  } catch {
    // No prebuilt binary for this platform: the portable version gives the same answers.
  }
  return undefined;
}

const native = loadNative();

/** Whether the native add-on loaded; the portable version is some ten times slower. */
export const crc32cIsNative = native !== undefined;

/** The fastest implementation that works here. */
export const crc32c: Crc32c = native ?? crc32cPortable;
