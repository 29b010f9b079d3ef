/** Appends values to one growing buffer. Integers are big-endian. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(sizeHint = 1024) {
    this.#buffer = Buffer.allocUnsafe(sizeHint);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#buffer.writeUInt8(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  /** An integer from 0 to 2^53 - 1. */
  u53(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeUInt32BE(Math.floor(value / 2 ** 32), at);
    this.#buffer.writeUInt32BE(value % 2 ** 32, at + 4);
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.u32(size);
    const at = this.#room(size);
    this.#buffer.write(value, at, 'utf8');
  }

  /** Null and empty are different. */
  nullableBytes(value: Buffer | null): void {
    this.u8(value === null ? 0 : 1);
    if (value === null) return;
    this.u32(value.length);
    const at = this.#room(value.length);
    value.copy(this.#buffer, at);
  }

  /** What was written so far; valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Reserves `size` bytes; the position of the first. It may replace the buffer: call it first. */
  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}

/** Reads what ByteWriter wrote; throws RangeError beyond the end. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  u53(): number {
    const at = this.#take(8);
    return this.#buffer.readUInt32BE(at) * 2 ** 32 + this.#buffer.readUInt32BE(at + 4);
  }

  text(): string {
    const size = this.u32();
    const at = this.#take(size);
    return this.#buffer.toString('utf8', at, at + size);
  }

  /** A slice of the buffer read from, not a copy. */
  nullableBytes(): Buffer | null {
    if (this.u8() === 0) return null;
    const size = this.u32();
    const at = this.#take(size);
    return this.#buffer.subarray(at, at + size);
  }

  #take(size: number): number {
    if (size > this.remaining) throw new RangeError(`${size} bytes wanted, ${this.remaining} left`);
    const at = this.#at;
    this.#at += size;
    return at;
  }
}
