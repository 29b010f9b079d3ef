const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** A line that is too long to be kept. */
export interface OverlongLine {
  readonly bytes: number;
}

export type Line = Buffer | OverlongLine;

/** Cuts a stream of bytes into lines without their ends; the bytes of a line stay as they are. */
export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line whose end has not come; empty once it is too long. */
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** Of a line above `maxBytes` only the length is kept. */
  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
  }

  /** Memory that the beginning of a line takes. */
  get keptBytes(): number {
    return this.#rest.reduce((sum, { length }) => sum + length, 0);
  }

  /** The lines that `chunk` completes. They may share its memory. */
  push(chunk: Uint8Array): Line[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const lines: Line[] = [];
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      const piece = bytes.subarray(from, at);
      if (this.#restBytes === 0 && piece.length <= this.#maxBytes) lines.push(withoutReturn(piece));
      else {
        this.#keep(piece);
        lines.push(this.#take());
      }
      from = at + 1;
    }
    if (from < bytes.length) this.#keep(bytes.subarray(from));
    return lines;
  }

  /** The last line, where the stream did not end with a line end. */
  end(): Line | undefined {
    return this.#restBytes === 0 ? undefined : this.#take();
  }

  #keep(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > this.#maxBytes) this.#rest = [];
    else this.#rest.push(piece);
  }

  #take(): Line {
    const bytes = this.#restBytes;
    const pieces = this.#rest;
    this.#rest = [];
    this.#restBytes = 0;
    return bytes > this.#maxBytes ? { bytes } : withoutReturn(Buffer.concat(pieces));
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
