import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import { FileOutput } from './file-output.ts';
import { systemReason } from './system-reason.ts';
import type { OutFailure, Terminal } from './terminal.ts';

/** How long a reader that does not read may hold up the end of an interrupted command. */
const LAST_DRAIN_MS = 2000;
const INTERRUPTED = 130;

/**
 * Signals that come closer together mean one stop: a terminal sends one to a whole group of processes, and
 * npm, the shell that it starts and a container's init each pass it on.
 */
const ONE_STOP_MS = 3_000;

/** The terminal, pipes and signals of this process. */
export class NodeTerminal implements Terminal {
  /** Where standard output is a file: its stream would not say how much of a write a full disk took. */
  readonly #file = isFile(process.stdout.fd) ? new FileOutput(process.stdout.fd) : undefined;
  #streamFailure: OutFailure | undefined;
  #streamBytes = 0;
  /** Ends the waits for a reader that does not read. */
  readonly #drains = new Set<() => void>();
  #isDrainOver = false;

  constructor() {
    process.stdout.on('error', (error) => this.#fail(error));
    // Nobody reads the errors: then there is nobody to tell, either.
    process.stderr.on('error', () => {});
  }

  get outFailure(): OutFailure | undefined {
    return this.#file ? this.#file.failure : this.#streamFailure;
  }

  get outClosed(): boolean {
    return this.outFailure !== undefined;
  }

  get outBytes(): number {
    return this.#file ? this.#file.bytes : this.#streamBytes;
  }

  get input(): AsyncIterable<Uint8Array> {
    return isFolder(process.stdin.fd) ? unreadable : process.stdin;
  }

  get inputIsTerminal(): boolean {
    return process.stdin.isTTY === true;
  }

  get errIsTerminal(): boolean {
    return process.stderr.isTTY === true;
  }

  out(text: string | Uint8Array): void {
    if (this.outClosed) return;
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    if (this.#file) {
      this.#file.write(bytes);
      return;
    }
    process.stdout.write(bytes, (error) => {
      if (error) this.#fail(error);
      else this.#streamBytes += bytes.length;
    });
  }

  err(text: string): void {
    process.stderr.write(text);
  }

  drained(): Promise<boolean> {
    if (this.#file || this.outClosed || this.#isDrainOver) return Promise.resolve(!this.outClosed);
    return new Promise((resolve) => {
      const giveUp = () => done(false);
      const done = (isTaken: boolean) => {
        this.#drains.delete(giveUp);
        resolve(isTaken);
      };
      this.#drains.add(giveUp);
      // An empty write is called back after all that was written before it.
      process.stdout.write('', (error) => {
        if (error) this.#fail(error);
        done(!this.outClosed);
      });
    });
  }

  onInterrupt(stop: () => void, hurry?: () => void): void {
    let count = 0;
    let lastMs = Number.NEGATIVE_INFINITY;
    const onSignal = () => {
      const nowMs = performance.now();
      if (nowMs - lastMs < ONE_STOP_MS) return;
      lastMs = nowMs;
      count++;
      if (count === 1) {
        setTimeout(() => this.#endDrains(), LAST_DRAIN_MS).unref();
        stop();
      } else if (count === 2 && hurry) hurry();
      else process.exit(INTERRUPTED);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) process.on(signal, onSignal);
    process.on('SIGHUP', () => {
      if (!isHangUpIgnored()) onSignal();
    });
  }

  #endDrains(): void {
    this.#isDrainOver = process.stdout.writableLength > 0;
    for (const giveUp of [...this.#drains]) giveUp();
  }

  #fail(error: Error): void {
    const code = 'code' in error ? error.code : undefined;
    this.#streamFailure ??= { isReaderGone: code === 'EPIPE', reason: systemReason(error) };
  }
}

/** Node takes a folder as an input without anything in it. */
const unreadable: AsyncIterable<Uint8Array> = {
  // biome-ignore lint/correctness/useYield: it fails before there is anything to give.
  async *[Symbol.asyncIterator]() {
    throw Object.assign(new Error('EISDIR: illegal operation on a directory, read'), {
      code: 'EISDIR',
      errno: -21,
      syscall: 'read',
    });
  },
};

function isFolder(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory();
  } catch {
    return false;
  }
}

/** Files and devices that are no terminals, /dev/full among them. */
function isFile(descriptor: number): boolean {
  if (process.stdout.isTTY) return false;
  try {
    const stat = fstatSync(descriptor);
    return stat.isFile() || stat.isCharacterDevice();
  } catch {
    return false;
  }
}

/**
 * Node forgets what `nohup` asked for, which has to be found elsewhere: a shell leaves the last command's name
 * in `_`, and where another shell came in between, kafka-server-start.sh has looked.
 */
function isHangUpIgnored(): boolean {
  return process.env['SLUICE_NOHUP'] !== undefined || basename(process.env['_'] ?? '') === 'nohup';
}
