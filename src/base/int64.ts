/**
 * An int64 with its exact value in the one form that it has here: a `number` within 2^53, a `bigint`
 * beyond. So the values there really are cost nothing, `===` and the keys of a Map tell two values
 * apart, and `<` and `>` compare across both forms; only arithmetic has to think of the second one.
 */
export type Int64 = number | bigint;

export const INT64_MAX = 2n ** 63n - 1n;

const WORD = 2 ** 32;
const MAX_HIGH_WORD = 2 ** 21 - 1;
const MIN_HIGH_WORD = -(2 ** 21);

/** Whether a `number` holds exactly the int64 of these two halves, the low one unsigned. */
export function isWithin53Bits(high: number, low: number): boolean {
  // -(2^53) itself has a neighbour that rounds to it, so both ends are left out.
  return high <= MAX_HIGH_WORD && (high > MIN_HIGH_WORD || (high === MIN_HIGH_WORD && low !== 0));
}

/** An int64 of a buffer, exact. */
export function readInt64(buffer: Buffer, at: number): Int64 {
  const value = buffer.readInt32BE(at) * WORD + buffer.readUInt32BE(at + 4);
  return Number.isSafeInteger(value) ? value : buffer.readBigInt64BE(at);
}

/**
 * An int64 of a buffer as a number: beyond 2^53 the nearest one that is exact. For offsets, times and
 * sizes, where so large a value means nothing but "beyond any there is".
 */
export function readSaturatedInt64(buffer: Buffer, at: number): number {
  const value = buffer.readInt32BE(at) * WORD + buffer.readUInt32BE(at + 4);
  return Number.isSafeInteger(value) ? value : farthest(value);
}

/** What a number says in place of an int64 beyond 2^53, given its sign. */
export function farthest(sign: number): number {
  return sign < 0 ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
}

export function writeInt64(buffer: Buffer, value: Int64, at: number): void {
  if (typeof value === 'bigint') {
    buffer.writeBigInt64BE(value, at);
    return;
  }
  const high = Math.floor(value / WORD);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * WORD, at + 4);
}

/** A bigint within 64 bits, in the form that it has here. */
export function int64Of(value: bigint): Int64 {
  return isSafe(value) ? Number(value) : value;
}

/** As {@link readSaturatedInt64} has it. */
export function saturated(value: Int64): number {
  return typeof value === 'number' ? value : farthest(value < 0n ? -1 : 1);
}

/** `a + b` as 64 bits have it: it wraps, as Kafka's does. */
export function addInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return int64Of(BigInt.asIntN(64, BigInt(a) + BigInt(b)));
}

/** `a - b`, wrapping as {@link addInt64} does. */
export function subtractInt64(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return int64Of(BigInt.asIntN(64, BigInt(a) - BigInt(b)));
}

/** The number that `text`, digits with or without a sign, says; undefined beyond 64 bits. */
export function parseInt64(text: string): Int64 | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? int64Of(value) : undefined;
}

function isSafe(value: bigint): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}
