import type { Int64 } from '../../base/int64.ts';

// The zigzag varints of records (Protocol Buffers' encoding).

/** Bytes of `value`, an int32, as a zigzag varint: 1 to 5. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  // Each seven bits take a byte.
  return zigzag < 0x80 ? 1 : Math.floor((38 - Math.clz32(zigzag)) / 7);
}

/** Bytes of `value` as a zigzag varint: 1 to 10. */
export function sizeOfVarlong(value: Int64): number {
  if (typeof value === 'bigint') {
    let size = 1;
    for (let rest = zigzagOf(value); rest >= 0x80n; rest >>= 7n) size++;
    return size;
  }
  let size = 1;
  for (let rest = magnitude(value); rest >= 64; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Writes an int32 at `at`; the position after it. */
export function writeVarint(target: Buffer, value: number, at: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  while (zigzag >= 0x80) {
    target[next++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  target[next++] = zigzag;
  return next;
}

/** Writes an int64 at `at`; the position after it. */
export function writeVarlong(target: Buffer, value: Int64, at: number): number {
  if (typeof value === 'bigint') {
    let end = at;
    let zigzag = zigzagOf(value);
    for (; zigzag >= 0x80n; zigzag >>= 7n) target[end++] = Number(zigzag & 0x7fn) | 0x80;
    target[end++] = Number(zigzag);
    return end;
  }
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(target, value, at);
  // The sign is the lowest bit, so the first byte has six bits of the number and the others seven.
  let rest = magnitude(value);
  const sign = value < 0 ? 1 : 0;
  let next = at;
  target[next++] = ((rest % 64) * 2 + sign) | 0x80;
  for (rest = Math.floor(rest / 64); rest >= 128; rest = Math.floor(rest / 128)) {
    target[next++] = (rest % 128) | 0x80;
  }
  target[next++] = rest;
  return next;
}

function zigzagOf(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}

/** What zigzag stores beside the sign: negative numbers count from -1. */
function magnitude(value: number): number {
  return value < 0 ? -(value + 1) : value;
}
