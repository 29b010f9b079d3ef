import type { ConsumerRecord } from '../client/index.ts';
import { CliError } from './failure.ts';
import type { RecordFormatter } from './record-format.ts';
import type { Terminal } from './terminal.ts';

/** Prints records, and knows how many of them standard output took whole. */
export class Printer {
  readonly #terminal: Terminal;
  readonly #format: RecordFormatter;
  readonly #skipsErrors: boolean;
  #count = 0;

  constructor(terminal: Terminal, format: RecordFormatter, skipsErrors: boolean) {
    this.#terminal = terminal;
    this.#format = format;
    this.#skipsErrors = skipsErrors;
  }

  /** Printed, or skipped because they cannot be. */
  get count(): number {
    return this.#count;
  }

  /**
   * Resolves to the records that standard output did not take: the reader is gone, or the disk is full. `failure` is
   * why the first of them cannot be printed; what comes before it is.
   */
  async print(
    records: readonly ConsumerRecord[],
  ): Promise<{ rest: readonly ConsumerRecord[]; failure: unknown }> {
    const terminal = this.#terminal;
    const before = terminal.outBytes ?? 0;
    const parts: Buffer[] = [];
    let failure: unknown;
    for (const record of records) {
      try {
        parts.push(this.#partOf(record));
      } catch (error) {
        failure = error;
        break;
      }
    }
    terminal.out(Buffer.concat(parts));
    const isTaken = await terminal.drained();
    const bytes =
      isTaken || terminal.outBytes === undefined
        ? Number.POSITIVE_INFINITY
        : terminal.outBytes - before;
    const taken = wholeParts(parts, bytes);
    this.#count += taken;
    return { rest: records.slice(taken), failure };
  }

  #partOf(record: ConsumerRecord): Buffer {
    try {
      return this.#format(record);
    } catch (error) {
      if (!(error instanceof CliError) || !this.#skipsErrors) throw error;
      this.#terminal.err(
        `skipped ${record.topic}-${record.partition}@${record.offset}: ${error.message}\n`,
      );
      return Buffer.alloc(0);
    }
  }
}

/** How many of the parts lie whole within the first so many bytes. */
function wholeParts(parts: readonly Buffer[], bytes: number): number {
  let end = 0;
  const cut = parts.findIndex((part) => {
    end += part.length;
    return end > bytes;
  });
  return cut < 0 ? parts.length : cut;
}
