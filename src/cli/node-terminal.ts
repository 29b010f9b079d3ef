import type { Terminal } from './terminal.ts';

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
    let stopping = false;
    const onSignal = () => {
      if (stopping) process.exit(130);
      stopping = true;
      stop();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  }
}
