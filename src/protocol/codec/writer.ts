import { INT64_MAX, type Int64 } from '../../base/int64.ts';
import { ZERO_UUID } from '../../base/random.ts';
import { ProtocolError, TooLongForOneTurn } from './protocol-error.ts';
import { MAX_STRING_SIZE } from './reader.ts';

const INITIAL_SIZE = 16 * 1024;

/** A scratch buffer that one huge message made larger than this is not kept. */
const KEPT_SIZE = 1024 * 1024;

/** Below this, storing character codes is quicker than a call into V8's encoder (Node 20). */
const SHORT_STRING_LENGTH = 24;

/** Of what an error says, in UTF-16 units: nobody reads more, and a string ends at 32,767 bytes. */
export const LONGEST_TEXT = 2000;

const WORD = 2 ** 32;

/** More array elements than this take longer than an answer should hold up all others. */
const MOST_ELEMENTS_AT_ONCE = 1000;

/** A long message is handed on in chunks of about this size. */
const CHUNK_SIZE = 64 * 1024;

let sharedWriter: Writer | undefined;

/**
 * Writes Kafka's primitive types into a growing scratch buffer. `finish` copies the result once into
 * a buffer of exactly its size and interleaves the record buffers, which are never copied. A value
 * that does not fit its type is a {@link ProtocolError}, not a wrapped number.
 */
export class Writer {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  #size = 0;
  /** Where in the scratch the buffers of `#inserted` belong, ascending. */
  #insertedAt: number[] = [];
  #inserted: Buffer[] = [];
  #insertedSize = 0;
  /** Chunks that are complete already, see {@link step}. */
  #done: Buffer[] = [];
  #doneSize = 0;
  #openTags = 0;
  /** Elements of arrays that may yet be written; see {@link bound}. */
  #elementsLeft = Number.POSITIVE_INFINITY;

  /** The process's one writer, emptied. Good for a message written and finished in one go. */
  static shared(): Writer {
    sharedWriter ??= new Writer();
    sharedWriter.reset();
    return sharedWriter;
  }

  /** Everything written so far, in bytes. */
  get size(): number {
    return this.#doneSize + this.#size + this.#insertedSize;
  }

  /** From now on what is long throws {@link TooLongForOneTurn}: it is to be written in slices. */
  bound(): void {
    this.#elementsLeft = MOST_ELEMENTS_AT_ONCE;
  }

  reset(): void {
    this.#size = 0;
    this.#openTags = 0;
    this.#elementsLeft = Number.POSITIVE_INFINITY;
    if (this.#doneSize > 0) {
      this.#done = [];
      this.#doneSize = 0;
    }
    if (this.#inserted.length > 0) {
      this.#insertedAt = [];
      this.#inserted = [];
      this.#insertedSize = 0;
    }
    if (this.#bytes.length > KEPT_SIZE) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  }

  /** Everything written, as chunks in order, and leaves the writer empty. */
  finish(): Buffer[] {
    if (this.#doneSize > 0) {
      this.#spill();
      const chunks = this.#done;
      this.reset();
      return chunks;
    }
    const whole = Buffer.allocUnsafe(this.#size);
    this.#bytes.copy(whole, 0, 0, this.#size);
    if (this.#inserted.length === 0) {
      this.reset();
      return [whole];
    }
    const chunks: Buffer[] = [];
    let from = 0;
    for (let index = 0; index < this.#inserted.length; index++) {
      const to = this.#insertedAt[index]!;
      if (to > from) chunks.push(whole.subarray(from, to));
      chunks.push(this.#inserted[index]!);
      from = to;
    }
    if (whole.length > from) chunks.push(whole.subarray(from));
    this.reset();
    return chunks;
  }

  /**
   * After an element of a long message: makes a chunk of what is written if that is enough for one. How many
   * bytes have become complete by it.
   */
  step(): number {
    if (this.#size < CHUNK_SIZE || this.#openTags > 0) return 0;
    return this.#spill();
  }

  /** What is written becomes chunks as it lies, and the scratch is made anew. */
  #spill(): number {
    const whole = this.#bytes.subarray(0, this.#size);
    let from = 0;
    for (let index = 0; index < this.#inserted.length; index++) {
      const to = this.#insertedAt[index]!;
      if (to > from) this.#done.push(whole.subarray(from, to));
      this.#done.push(this.#inserted[index]!);
      from = to;
    }
    if (whole.length > from) this.#done.push(whole.subarray(from));
    const size = this.#size + this.#insertedSize;
    this.#doneSize += size;
    this.#bytes = Buffer.allocUnsafeSlow(CHUNK_SIZE + INITIAL_SIZE);
    this.#size = 0;
    this.#insertedAt = [];
    this.#inserted = [];
    this.#insertedSize = 0;
    return size;
  }

  /** Makes room for `size` bytes and returns where they begin. */
  #room(size: number): number {
    const start = this.#size;
    const next = start + size;
    if (next > this.#bytes.length) this.#grow(next);
    this.#size = next;
    return start;
  }

  #grow(needed: number): void {
    if (needed > KEPT_SIZE && this.#elementsLeft !== Number.POSITIVE_INFINITY) {
      throw new TooLongForOneTurn();
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }

  bool(value: boolean): void {
    const at = this.#room(1);
    this.#bytes[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) misfit(value, 'int8');
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) misfit(value, 'int16');
    this.#twoBytes(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) misfit(value, 'uint16');
    this.#twoBytes(value);
  }

  #twoBytes(value: number): void {
    const at = this.#room(2);
    const bytes = this.#bytes;
    bytes[at] = value >> 8;
    bytes[at + 1] = value;
  }

  int32(value: number): void {
    if ((value | 0) !== value) misfit(value, 'int32');
    this.#fourBytes(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) misfit(value, 'uint32');
    this.#fourBytes(value | 0);
  }

  #fourBytes(value: number): void {
    const at = this.#room(4);
    const bytes = this.#bytes;
    bytes[at] = value >> 24;
    bytes[at + 1] = value >> 16;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value;
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) misfit(value, 'int64 within 2^53');
    const at = this.#room(8);
    const bytes = this.#bytes;
    const high = Math.floor(value / WORD);
    const low = value | 0;
    bytes[at] = high >> 24;
    bytes[at + 1] = high >> 16;
    bytes[at + 2] = high >> 8;
    bytes[at + 3] = high;
    bytes[at + 4] = low >> 24;
    bytes[at + 5] = low >> 16;
    bytes[at + 6] = low >> 8;
    bytes[at + 7] = low;
  }

  exactInt64(value: Int64): void {
    if (typeof value !== 'bigint') {
      this.int64(value);
      return;
    }
    if (value > INT64_MAX || value < -INT64_MAX - 1n) misfit(value, 'int64');
    const at = this.#room(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    if (typeof value !== 'number') misfit(value, 'float64');
    const at = this.#room(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  uuid(value: string): void {
    if (typeof value !== 'string' || value.length !== 22) misfit(value, 'uuid');
    const at = this.#room(16);
    if (value === ZERO_UUID) this.#bytes.fill(0, at, at + 16);
    else if (this.#bytes.write(value, at, 16, 'base64url') !== 16) misfit(value, 'uuid');
  }

  /** An unsigned varint of up to 32 bits. */
  unsignedVarint(value: number): void {
    let rest = value >>> 0;
    if (rest !== value) misfit(value, 'unsigned varint');
    while (rest >= 0x80) {
      this.#byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#byte(rest);
  }

  #byte(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  string(value: string, compact: boolean): void {
    if (typeof value !== 'string') misfit(value, 'string');
    const length = value.length;
    if (length <= SHORT_STRING_LENGTH) {
      // One length byte or two, whatever the characters: 3 * 24 < 127.
      const prefix = compact ? 1 : 2;
      const start = this.#room(prefix + length);
      const bytes = this.#bytes;
      let at = start + prefix;
      let index = 0;
      for (; index < length; index++) {
        const code = value.charCodeAt(index);
        if (code >= 0x80) break;
        bytes[at++] = code;
      }
      if (index === length) {
        if (compact) bytes[start] = length + 1;
        else {
          bytes[start] = 0;
          bytes[start + 1] = length;
        }
        return;
      }
      this.#size = start;
    }
    const size = Buffer.byteLength(value);
    if (size > MAX_STRING_SIZE) {
      throw new ProtocolError(`a string of ${size} bytes is longer than ${MAX_STRING_SIZE}`);
    }
    if (compact) this.unsignedVarint(size + 1);
    else this.#twoBytes(size);
    const at = this.#room(size);
    this.#bytes.write(value, at, size, 'utf8');
  }

  /** Words for a person, cut to {@link LONGEST_TEXT}. */
  text(value: string, compact: boolean): void {
    this.string(value.length > LONGEST_TEXT ? shortened(value) : value, compact);
  }

  nullString(compact: boolean): void {
    if (compact) this.#byte(0);
    else this.#twoBytes(-1);
  }

  /** A length that -1 stands for null in: of bytes, records or an array. */
  length(size: number, compact: boolean): void {
    if (compact) this.unsignedVarint(size + 1);
    else this.int32(size);
  }

  /** As {@link length}, of an array. */
  arrayLength(count: number, compact: boolean): void {
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) throw new TooLongForOneTurn();
    this.length(count, compact);
  }

  bytes(value: Buffer, compact: boolean): void {
    if (!Buffer.isBuffer(value)) misfit(value, 'bytes');
    this.length(value.length, compact);
    this.raw(value);
  }

  /** Copies bytes in as they are. */
  raw(value: Buffer): void {
    const at = this.#room(value.length);
    value.copy(this.#bytes, at);
  }

  /** Record data: its length here, its buffers into the list of chunks as they are. */
  records(value: Buffer | readonly Buffer[], compact: boolean): void {
    if (Buffer.isBuffer(value)) {
      this.length(value.length, compact);
      this.#insert(value);
      return;
    }
    if (!Array.isArray(value)) misfit(value, 'records');
    let size = 0;
    for (const buffer of value) size += buffer.length;
    this.length(size, compact);
    for (const buffer of value) this.#insert(buffer);
  }

  #insert(buffer: Buffer): void {
    if (buffer.length === 0) return;
    this.#insertedAt.push(this.#size);
    this.#inserted.push(buffer);
    this.#insertedSize += buffer.length;
  }

  /** Begins a tagged field's content; the returned mark goes to {@link endTag}. */
  beginTag(tag: number): number {
    this.unsignedVarint(tag);
    this.#openTags++;
    return this.#room(1);
  }

  /**
   * Ends a tagged field: its size goes before its content, which moves up if the size takes more
   * than the one byte left for it. Record data cannot lie in tagged fields.
   */
  endTag(mark: number): void {
    this.#openTags--;
    const size = this.#size - mark - 1;
    if (size >= 0x80) {
      const extra = size < 2 ** 14 ? 1 : size < 2 ** 21 ? 2 : size < 2 ** 28 ? 3 : 4;
      this.#room(extra);
      this.#bytes.copyWithin(mark + 1 + extra, mark + 1, mark + 1 + size);
    }
    const end = this.#size;
    this.#size = mark;
    this.unsignedVarint(size);
    this.#size = end;
  }

  /** Overwrites 4 bytes at `position`, which lies before any record data and in the first chunk. */
  patchInt32(position: number, value: number): void {
    const first = this.#done[0] ?? this.#bytes;
    first.writeInt32BE(value, position);
  }
}

/** Cut between characters, and seen to be cut. */
function shortened(text: string): string {
  return `${text.slice(0, LONGEST_TEXT - 3).replace(/[\uD800-\uDBFF]$/, '')}...`;
}

function misfit(value: unknown, type: string): never {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
  throw new ProtocolError(`${shown} is not a value of type ${type}`);
}
