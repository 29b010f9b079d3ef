import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A line of the broker's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface BrokerProcessOptions {
  /** The bundled program. */
  readonly program: string;
  readonly folder: string;
  /** Keys of server.properties beside the listener and the folder. */
  readonly config?: Readonly<Record<string, string>>;
  /** Sees every line of the log as it comes. */
  readonly onLine?: (line: LogLine, broker: BrokerProcess) => void;
}

/** The broker as a process of its own, which can be killed as power or an operator would. */
export class BrokerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  /** Warnings and errors that were logged. */
  readonly complaints: LogLine[] = [];
  #stderr = '';
  #hasExited = false;
  #port = 0;

  constructor(options: BrokerProcessOptions) {
    const overrides = {
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'log.dirs': options.folder,
      'http.listeners': '',
      ...options.config,
    };
    const flags = Object.entries(overrides).flatMap(([key, value]) => [
      '--override',
      `${key}=${value}`,
    ]);
    this.#child = spawn(
      process.execPath,
      [options.program, 'server', '--log-format', 'json', ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#hasExited = true;
        resolve(code);
      });
    });
    createInterface({ input: this.#child.stdout! }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      if (line.level === 'warn' || line.level === 'error') this.complaints.push(line);
      options.onLine?.(line, this);
    });
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** True once it listens, false when it ended before (killed, or because it could not start). */
  async ready(): Promise<boolean> {
    const listening = new Promise<boolean>((resolve) => {
      this.#child.stderr!.on('data', (chunk) => {
        this.#stderr += String(chunk);
        const port = /Kafka protocol +127\.0\.0\.1:(\d+)/.exec(this.#stderr)?.[1];
        if (port === undefined) return;
        this.#port = Number(port);
        resolve(true);
      });
    });
    return Promise.race([listening, this.#exited.then(() => false)]);
  }

  /** kill -9: nothing of the process runs any more when this resolves. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#exited;
  }

  /** The signal alone, at once. */
  killNow(): void {
    if (!this.#hasExited) this.#child.kill('SIGKILL');
  }

  /** SIGTERM; the exit code, null when something else ended the process first. */
  async stop(): Promise<number | null> {
    if (!this.#hasExited) this.#child.kill('SIGTERM');
    return this.#exited;
  }

  /** The exit code once it has ended. */
  exited(): Promise<number | null> {
    return this.#exited;
  }
}
