const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts a stream of bytes into lines without their ends; the bytes of a line stay as they are. */
export class LineSplitter {
  #rest: Buffer[] = [];

  /** The lines that `chunk` completes. They may share its memory. */
  push(chunk: Uint8Array): Buffer[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      const piece = bytes.subarray(from, at);
      lines.push(withoutReturn(this.#rest.length === 0 ? piece : this.#take(piece)));
      from = at + 1;
    }
    if (from < bytes.length) this.#rest.push(bytes.subarray(from));
    return lines;
  }

  /** The last line, where the stream did not end with a line end. */
  end(): Buffer | undefined {
    return this.#rest.length === 0 ? undefined : withoutReturn(this.#take(Buffer.alloc(0)));
  }

  #take(piece: Buffer): Buffer {
    const line = Buffer.concat([...this.#rest, piece]);
    this.#rest = [];
    return line;
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
