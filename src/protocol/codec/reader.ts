import { farthest, type Int64, isWithin53Bits } from '../../base/int64.ts';
import { ZERO_UUID } from '../../base/random.ts';
import { ProtocolError, TooLargeToDecode } from './protocol-error.ts';

/** What one message may take up in memory when decoded, its own bytes aside; see `heapBytesOf` in layout.ts. */
export const MAX_DECODED_BYTES = 64 * 1024 * 1024;

/** Of one struct. Kafka's messages have fewer than ten. */
const MAX_TAGS = 1000;

/** Kafka's limit on a string in either form (the length of the old form is an int16). */
export const MAX_STRING_SIZE = 32767;

/** Below this, appending characters is quicker than a call into V8's UTF-8 decoder (Node 20). */
const SHORT_STRING_SIZE = 8;

const WORD = 2 ** 32;

/**
 * Reads Kafka's primitive types from a region of a buffer and never beyond it. No length from the
 * wire is trusted: it is checked against the bytes that remain before anything is allocated.
 * Every failure is a {@link ProtocolError}.
 */
export class Reader {
  readonly buffer: Buffer;
  /** The next byte to read; exact after every successful call. */
  position: number;
  readonly end: number;
  /** What the arrays read so far take up in memory, as `heapBytesOf` has it. */
  heapBytes = 0;
  readonly #maxHeapBytes: number;

  constructor(buffer: Buffer, position = 0, end = buffer.length, maxHeapBytes = MAX_DECODED_BYTES) {
    if (position < 0 || end > buffer.length || position > end) {
      throw new ProtocolError(`bytes ${position} to ${end} are not within ${buffer.length} bytes`);
    }
    this.buffer = buffer;
    this.position = position;
    this.end = end;
    this.#maxHeapBytes = maxHeapBytes;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Takes `size` bytes and returns where they begin. */
  #take(size: number): number {
    const start = this.position;
    const next = start + size;
    if (next > this.end) this.#tooShort(size);
    this.position = next;
    return start;
  }

  #tooShort(size: number): never {
    throw new ProtocolError(
      `${size} bytes are needed at position ${this.position}, ${this.remaining} remain`,
    );
  }

  /** Kafka writes 0 or 1 and reads everything but 0 as true. */
  bool(): boolean {
    return this.buffer[this.#take(1)] !== 0;
  }

  int8(): number {
    return (this.buffer[this.#take(1)]! << 24) >> 24;
  }

  int16(): number {
    const at = this.#take(2);
    const bytes = this.buffer;
    return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
  }

  uint16(): number {
    const at = this.#take(2);
    const bytes = this.buffer;
    return (bytes[at]! << 8) | bytes[at + 1]!;
  }

  int32(): number {
    const at = this.#take(4);
    const bytes = this.buffer;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Exact within 2^53; beyond it the farthest number there is in that direction. */
  int64(): number {
    if (this.position + 8 > this.end) this.#tooShort(8);
    const high = this.int32();
    const low = this.int32() >>> 0;
    return isWithin53Bits(high, low) ? high * WORD + low : farthest(high);
  }

  /** Exact: a number within 2^53, a bigint beyond. */
  exactInt64(): Int64 {
    const at = this.position;
    if (at + 8 > this.end) this.#tooShort(8);
    const high = this.int32();
    const low = this.int32() >>> 0;
    return isWithin53Bits(high, low) ? high * WORD + low : this.buffer.readBigInt64BE(at);
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#take(8));
  }

  uuid(): string {
    const at = this.#take(16);
    const bytes = this.buffer;
    if (bytes[at] === 0) {
      let next = at + 1;
      while (next < at + 16 && bytes[next] === 0) next++;
      if (next === at + 16) return ZERO_UUID;
    }
    return bytes.toString('base64url', at, at + 16);
  }

  /** An unsigned varint of at most 5 bytes and 32 bits. */
  unsignedVarint(): number {
    const start = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.#take(1)]!;
      // Multiplication, not a shift: the fifth byte carries bits 28 to 34.
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value < WORD) return value;
        break;
      }
    }
    this.position = start;
    throw new ProtocolError(`the varint at position ${start} does not fit 32 bits`);
  }

  /** A length as the message's form has it, or -1 for null. */
  #length(compact: boolean): number {
    const start = this.position;
    let size: number;
    if (compact) {
      size = this.unsignedVarint() - 1;
    } else {
      size = this.int32();
      if (size < -1) {
        this.position = start;
        throw new ProtocolError(`the length ${size} at position ${start} is negative`);
      }
    }
    if (size > this.end - this.position) this.#hostileLength(start, size);
    return size;
  }

  #hostileLength(start: number, size: number): never {
    const remaining = this.remaining;
    this.position = start;
    throw new ProtocolError(
      `the length ${size} at position ${start} is more than the ${remaining} bytes that follow`,
    );
  }

  #notNull(value: unknown, start: number): void {
    if (value === null) {
      this.position = start;
      throw new ProtocolError(`null at position ${start}, where this version allows none`);
    }
  }

  nullableString(compact: boolean): string | null {
    const start = this.position;
    const size = compact ? this.unsignedVarint() - 1 : this.int16();
    if (size < 0) {
      if (size === -1) return null;
      this.position = start;
      throw new ProtocolError(`the string length ${size} at position ${start} is negative`);
    }
    if (size > this.end - this.position) this.#hostileLength(start, size);
    if (size > MAX_STRING_SIZE) {
      this.position = start;
      throw new ProtocolError(
        `the string of ${size} bytes at position ${start} is longer than ${MAX_STRING_SIZE}`,
      );
    }
    const at = this.position;
    const end = at + size;
    this.position = end;
    return text(this.buffer, at, end);
  }

  string(compact: boolean): string {
    const start = this.position;
    const value = this.nullableString(compact);
    this.#notNull(value, start);
    return value ?? '';
  }

  /** A slice of the frame, not a copy. */
  nullableBytes(compact: boolean): Buffer | null {
    const size = this.#length(compact);
    if (size < 0) return null;
    const at = this.#take(size);
    return this.buffer.subarray(at, at + size);
  }

  bytes(compact: boolean): Buffer {
    const start = this.position;
    const value = this.nullableBytes(compact);
    this.#notNull(value, start);
    return value ?? EMPTY;
  }

  /**
   * The count of an array, or -1 for null. `elementSize` is the least one element can take on the wire, so a
   * count that passes can at most be that of the bytes that are really there; `heapBytes` what it takes up in
   * memory. Throws {@link TooLargeToDecode} before anything is allocated.
   */
  nullableArrayCount(compact: boolean, elementSize: number, heapBytes: number): number {
    const start = this.position;
    const count = compact ? this.unsignedVarint() - 1 : this.int32();
    if (count < -1 || count * elementSize > this.end - this.position) {
      const remaining = this.remaining;
      this.position = start;
      throw new ProtocolError(
        `an array of ${count} elements at position ${start} cannot lie in ${remaining} bytes`,
      );
    }
    if (count > 0) {
      this.heapBytes += count * heapBytes;
      if (this.heapBytes > this.#maxHeapBytes) throw new TooLargeToDecode(this.#maxHeapBytes);
    }
    return count;
  }

  arrayCount(compact: boolean, elementSize: number, heapBytes: number): number {
    const start = this.position;
    const count = this.nullableArrayCount(compact, elementSize, heapBytes);
    if (count < 0) this.#notNull(null, start);
    return count;
  }

  /** The byte before a nullable struct. Kafka writes -1 or 1 and takes any negative as null. */
  structPresent(): boolean {
    return this.int8() >= 0;
  }

  /** How many tagged fields follow. Each takes at least two bytes. */
  tagCount(): number {
    const start = this.position;
    const count = this.unsignedVarint();
    if (count > MAX_TAGS) {
      this.position = start;
      throw new ProtocolError(
        `${count} tagged fields at position ${start}, the most are ${MAX_TAGS}`,
      );
    }
    if (count * 2 > this.end - this.position) {
      this.position = start;
      throw new ProtocolError(
        `${count} tagged fields at position ${start} cannot lie in ${this.remaining} bytes`,
      );
    }
    return count;
  }

  /** The size of a tagged field, checked to lie within the message. */
  tagSize(): number {
    const start = this.position;
    const size = this.unsignedVarint();
    if (size > this.end - this.position) this.#hostileLength(start, size);
    return size;
  }

  skip(size: number): void {
    this.#take(size);
  }

  /**
   * Steps over a struct's tagged fields when none of them is known at this version. Like Kafka it
   * does not insist that tags ascend.
   */
  skipTags(): void {
    const count = this.tagCount();
    for (let index = 0; index < count; index++) {
      this.unsignedVarint();
      this.skip(this.tagSize());
    }
  }

  /** A known tagged field must end exactly where its size says. */
  endTag(end: number): void {
    if (this.position !== end) {
      throw new ProtocolError(
        `a tagged field ends at position ${this.position}, its size says ${end}`,
      );
    }
  }
}

const EMPTY = Buffer.alloc(0);

function text(buffer: Buffer, start: number, end: number): string {
  if (end - start <= SHORT_STRING_SIZE) {
    let result = '';
    for (let at = start; at < end; at++) {
      const byte = buffer[at]!;
      if (byte >= 0x80) return buffer.toString('utf8', start, end);
      result += String.fromCharCode(byte);
    }
    return result;
  }
  return buffer.toString('utf8', start, end);
}
