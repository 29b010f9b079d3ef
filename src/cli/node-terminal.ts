import { basename } from 'node:path';
import type { Terminal } from './terminal.ts';

/**
 * Signals that come closer together mean one stop: a terminal sends one to a whole group of processes, and
 * npm, the shell that it starts and a container's init each pass it on.
 */
const ONE_STOP_MS = 3_000;

/** The terminal, pipes and signals of this process. */
export class NodeTerminal implements Terminal {
  #outClosed = false;

  constructor() {
    process.stdout.on('error', () => {
      this.#outClosed = true;
    });
    // Nobody reads the errors: then there is nobody to tell, either.
    process.stderr.on('error', () => {});
  }

  get outClosed(): boolean {
    return this.#outClosed;
  }

  get input(): AsyncIterable<Uint8Array> {
    return process.stdin;
  }

  get inputIsTerminal(): boolean {
    return process.stdin.isTTY === true;
  }

  get errIsTerminal(): boolean {
    return process.stderr.isTTY === true;
  }

  out(text: string | Uint8Array): void {
    if (!this.#outClosed) process.stdout.write(text);
  }

  err(text: string): void {
    process.stderr.write(text);
  }

  drained(): Promise<boolean> {
    if (this.#outClosed) return Promise.resolve(false);
    // An empty write is called back after all that was written before it.
    return new Promise((resolve) => {
      process.stdout.write('', (error) => {
        if (error) this.#outClosed = true;
        resolve(!this.#outClosed);
      });
    });
  }

  onInterrupt(stop: () => void): void {
    let firstMs: number | undefined;
    const onSignal = () => {
      if (firstMs === undefined) {
        firstMs = performance.now();
        stop();
      } else if (performance.now() - firstMs >= ONE_STOP_MS) {
        process.exit(130);
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) process.on(signal, onSignal);
    process.on('SIGHUP', () => {
      if (!isHangUpIgnored()) onSignal();
    });
  }
}

/**
 * Node forgets what `nohup` asked for, which has to be found elsewhere: a shell leaves the last command's name
 * in `_`, and where another shell came in between, kafka-server-start.sh has looked.
 */
function isHangUpIgnored(): boolean {
  return process.env['SLUICE_NOHUP'] !== undefined || basename(process.env['_'] ?? '') === 'nohup';
}
