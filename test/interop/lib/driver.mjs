// The runner's end of a driver: a process, one per client instance, that obeys one JSON command per line on its
// standard input and prints one JSON line per answer or event. README.md lists the commands.
import { createInterface } from 'node:readline';
import { start, stop } from './processes.mjs';

export class Driver {
  #child;
  #pending = new Map();
  #listeners = new Set();
  #nextId = 1;
  /** Every event received so far, oldest first. */
  events = [];

  /** `launch` is `{ command, args, env, cwd }`; `bootstrap` is where the broker listens. */
  constructor(name, launch, bootstrap) {
    this.name = name;
    this.#child = start(launch.command, launch.args, {
      label: name,
      cwd: launch.cwd,
      env: { ...process.env, ...launch.env, BOOTSTRAP: bootstrap },
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(line));
    this.#child.exited.then(({ code, signal }) => {
      const error = new Error(
        `${name} ended (${signal ?? code}):\n${this.#child.errorText().slice(-4_000)}`,
      );
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
      this.#emit({ event: 'ended' });
    });
  }

  #receive(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return; // Some clients print to standard output on their own.
    }
    if (message.event !== undefined) {
      this.#emit(message);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    if (message.error === undefined) pending.resolve(message.ok ?? {});
    else pending.reject(new Error(`${this.name} ${pending.op}: ${message.error}`));
  }

  #emit(event) {
    this.events.push(event);
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Sends one command and resolves to its answer. */
  call(op, args = {}, { timeoutMs = 30_000 } = {}) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        const details = this.#child.errorText().slice(-2_000);
        reject(new Error(`${this.name} ${op}: no answer within ${timeoutMs} ms\n${details}`));
      }, timeoutMs);
      const settle = (action) => (value) => {
        clearTimeout(timer);
        action(value);
      };
      this.#pending.set(id, { op, resolve: settle(resolve), reject: settle(reject) });
      this.#child.stdin.write(`${JSON.stringify({ id, op, ...args })}\n`);
    });
  }

  /** Resolves when `check` answers something truthy, looked at now and after every event. */
  waitFor(check, { what, timeoutMs = 30_000 }) {
    return waitForDrivers([this], check, { what, timeoutMs });
  }

  onEvent(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the client as a crash would: no goodbye to the broker. `pid` names the process that is the member. */
  async kill(pid) {
    if (pid !== undefined && pid !== this.#child.pid) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
    await stop(this.#child, { signal: 'SIGKILL' });
  }

  /** Ends the driver in order: end of input, then by signal if it does not go. */
  async close() {
    this.#child.stdin.end();
    const timer = setTimeout(() => stop(this.#child, { graceMs: 2_000 }), 8_000);
    await this.#child.exited;
    clearTimeout(timer);
  }

  errorText() {
    return this.#child.errorText();
  }
}

/** As `driver.waitFor`, over the events of several drivers. */
export function waitForDrivers(drivers, check, { what, timeoutMs = 30_000 }) {
  return new Promise((resolve, reject) => {
    const detach = [];
    const finish = (action, value) => {
      clearTimeout(timer);
      for (const off of detach) off();
      action(value);
    };
    const look = () => {
      let value;
      try {
        value = check();
      } catch (error) {
        finish(reject, error);
        return;
      }
      if (value) finish(resolve, value);
    };
    const timer = setTimeout(() => {
      const details = drivers
        .map((driver) => `${driver.name}: ${driver.errorText().slice(-1_500)}`)
        .join('\n');
      finish(reject, new Error(`${what}: not within ${timeoutMs} ms\n${details}`));
    }, timeoutMs);
    for (const driver of drivers) detach.push(driver.onEvent(look));
    look();
  });
}
