// The other end of lib/driver.mjs, for drivers written in JavaScript.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

/** Where the broker under test listens, `host:port`. */
export const bootstrap = process.env.BOOTSTRAP;

/** Loads a package that was installed for this client (its folder is not beside the driver). */
export const requireClient = createRequire(`${process.env.CLIENT_MODULES}/`);

/** Bytes as they travel in commands and answers: base64, or null. */
export const encode = (bytes) =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('base64');
export const decode = (text) =>
  text === null || text === undefined ? null : Buffer.from(text, 'base64');

/** Prints one event line. */
export const emit = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

/** The error's text and that of the errors it carries. */
function describeError(error) {
  const inner = [...(error?.errors ?? []), ...(error?.cause === undefined ? [] : [error.cause])];
  return [String(error?.stack ?? error), ...inner.map(describeError)].join('\n');
}

/** Answers commands with `operations[op](args)` until the input ends, then calls `operations.close`. */
export function serve(operations) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const { id, op, ...args } = JSON.parse(line);
    try {
      const operation = operations[op];
      if (operation === undefined) throw new Error(`no operation ${op}`);
      emit({ id, ok: (await operation(args)) ?? {} });
    } catch (error) {
      emit({ id, error: describeError(error) });
    }
  });
  lines.on('close', async () => {
    await Promise.race([
      operations.close?.(),
      new Promise((resolve) => setTimeout(resolve, 5_000)),
    ]).catch(() => {});
    process.exit(0);
  });
}

/** Collects up to `count` records and then resolves; rejects when `timeoutMs` passes first. */
export class Collector {
  records = [];
  constructor(count, timeoutMs) {
    this.count = count;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.timer = setTimeout(
        () =>
          reject(new Error(`${this.records.length} of ${count} records within ${timeoutMs} ms`)),
        timeoutMs,
      );
    });
    this.done.catch(() => {});
    if (count === 0) this.#finish();
  }
  get full() {
    return this.records.length >= this.count;
  }
  add(record) {
    if (this.full) return;
    this.records.push(record);
    if (this.full) this.#finish();
  }
  #finish() {
    clearTimeout(this.timer);
    this.resolve(this.records);
  }
}
