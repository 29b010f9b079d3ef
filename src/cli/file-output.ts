import { writeSync } from 'node:fs';
import { systemReason } from './system-reason.ts';
import type { OutFailure } from './terminal.ts';

/** How long a device that is not ready is left alone. */
const PAUSE_MS = 5;

/** Standard output as a file. A full disk takes a part of a write: what it took is counted, byte by byte. */
export class FileOutput {
  readonly #descriptor: number;
  readonly #write: typeof writeSync;
  #bytes = 0;
  #failure: OutFailure | undefined;

  constructor(descriptor: number, write: typeof writeSync = writeSync) {
    this.#descriptor = descriptor;
    this.#write = write;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get failure(): OutFailure | undefined {
    return this.#failure;
  }

  write(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length && !this.#failure) {
      try {
        const count = this.#write(this.#descriptor, bytes, from, bytes.length - from);
        from += count;
        this.#bytes += count;
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') pause();
        else this.#failure = { isReaderGone: false, reason: systemReason(error) };
      }
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
