import { basename, dirname, join, resolve } from 'node:path';
import { CorruptRecordsError } from '../../protocol/records/record.ts';
import { type BatchLineOptions, batchLine, recordLines } from '../dump/batch-lines.ts';
import {
  bytesDecoder,
  offsetsDecoder,
  plainDecoder,
  type RecordDecoder,
  transactionsDecoder,
} from '../dump/decoders.ts';
import {
  isSane,
  offsetEntries,
  offsetMismatches,
  type TimeFindings,
  timeEntries,
  timeFindings,
  transactionIndexLines,
} from '../dump/index-lines.ts';
import { SegmentFile } from '../dump/segment-file.ts';
import { snapshotLines } from '../dump/snapshot-lines.ts';
import { CliError } from '../failure.ts';
import { optional, type Parsed, repeated, toggle, value, wholeNumber } from '../flags.ts';
import type { Terminal } from '../terminal.ts';
import { readBytes } from '../text-file.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  files: repeated(
    'file,...',
    'What to dump: .log, .index, .timeindex, .txnindex and .snapshot files.',
  ),
  'deep-iteration': toggle('A line per record, not only per batch.'),
  'print-data-log': toggle('The same, with keys and values.'),
  'offsets-decoder': toggle('Records of __consumer_offsets as JSON.'),
  'transaction-log-decoder': toggle('Records of __transaction_state in words.'),
  'key-decoder-class': optional(
    'class',
    'How keys are read: StringDecoder (the default), LongDecoder or IntegerDecoder.',
  ),
  'value-decoder-class': optional('class', 'The same for values.'),
  'skip-record-metadata': toggle('With --print-data-log: only keys and values.'),
  'max-bytes': value('bytes', 'Read no more of each log than this.'),
  'index-sanity-check': toggle('Only tell whether indexes pass what a broker checks at its start.'),
  'verify-index-only': toggle('Only tell which entries of indexes do not fit their log.'),
  'max-message-size': value('bytes', 'Without effect: batches of any size are read.', true),
} as const;

/** DumpLogSegments */
export const dumpLog = tool({
  name: 'dump-log',
  about: "Shows what is in the files of a partition's folder. No broker is needed.",
  usage: '--files <file,...> [flags]',
  flags: FLAGS,
  allowRest: false,
  examples: [
    '--files data/orders-0/00000000000000000000.log',
    '--files data/orders-0/00000000000000000000.log --print-data-log',
    '--files data/__consumer_offsets-3/00000000000000000000.log --offsets-decoder',
    '--files data/orders-0/00000000000000000000.index --verify-index-only',
  ],
  async run(flags, terminal) {
    const files = flags.files.flatMap((text) => text.split(',')).filter((file) => file !== '');
    if (files.length === 0) throw new CliError('Missing required argument "[files]"');
    await new Dump(flags, terminal).run(files);
    return 0;
  },
});

class Dump {
  readonly #terminal: Terminal;
  readonly #options: BatchLineOptions;
  readonly #maxBytes: number;
  readonly #indexSanityOnly: boolean;
  readonly #verifyOnly: boolean;
  /** What is reported at the end, per kind, in the order Kafka's tool has. */
  readonly #mismatches: string[] = [];
  readonly #timeMismatches: string[] = [];
  readonly #timeOutOfOrder: string[] = [];
  readonly #timeNotFound: string[] = [];
  readonly #gaps: string[] = [];

  constructor(flags: Parsed<typeof FLAGS>, terminal: Terminal) {
    this.#terminal = terminal;
    const decoder = chosenDecoder(flags);
    this.#options = {
      decoder,
      deep: decoder !== undefined || flags['deep-iteration'],
      skipRecordMetadata: flags['skip-record-metadata'],
    };
    const maxBytes = flags['max-bytes'];
    this.#maxBytes =
      maxBytes === undefined
        ? Number.POSITIVE_INFINITY
        : wholeNumber('max-bytes', maxBytes, { atLeast: 0 });
    this.#indexSanityOnly = flags['index-sanity-check'];
    this.#verifyOnly = flags['verify-index-only'];
  }

  async run(files: readonly string[]): Promise<void> {
    for (const file of files) {
      this.#terminal.out(`Dumping ${file}\n`);
      const suffix = /\.[^.]*$/.exec(basename(file))?.[0] ?? '';
      if (suffix === '.log') await this.#log(file);
      else if (suffix === '.index') this.#offsetIndex(file);
      else if (suffix === '.timeindex') this.#timeIndex(file);
      else if (suffix === '.txnindex') this.#terminal.out(transactionIndexLines(readBytes(file)));
      else if (suffix === '.snapshot') this.#snapshot(file);
      else this.#terminal.err(`Ignoring unknown file ${file}\n`);
      if (!(await this.#terminal.drained())) return;
    }
    this.#terminal.err(
      [
        ...this.#mismatches,
        ...this.#timeMismatches,
        ...this.#timeOutOfOrder,
        ...(this.#timeNotFound.length === 0
          ? []
          : ['The following indexed offsets are not found in the log.\n', ...this.#timeNotFound]),
        ...this.#gaps,
      ].join(''),
    );
  }

  async #log(file: string): Promise<void> {
    const terminal = this.#terminal;
    terminal.out(`Log starting offset: ${baseOffsetOf(file)}\n`);
    const log = new SegmentFile(file);
    const gaps: string[] = [];
    let previous = -1;
    let validBytes = 0;
    const seen = (offset: number): void => {
      if (previous !== -1 && offset !== previous + 1) {
        gaps.push(`  ${previous} is followed by ${offset}\n`);
      }
      previous = offset;
    };
    try {
      for (const { position, bytes } of log.batches(0, Math.min(log.size, this.#maxBytes))) {
        terminal.out(batchLine(bytes, position));
        if (this.#options.deep) terminal.out(recordLines(bytes, this.#options, seen));
        validBytes = position + bytes.length;
        if (!(await terminal.drained())) return;
      }
    } catch (error) {
      if (!(error instanceof CorruptRecordsError)) throw error;
      throw new CliError(
        `the batch at position ${validBytes} of ${file} is damaged: ${error.message}`,
      );
    } finally {
      log.close();
    }
    if (validBytes < log.size && this.#maxBytes === Number.POSITIVE_INFINITY) {
      terminal.out(
        `Found ${log.size - validBytes} invalid bytes at the end of ${basename(file)}\n`,
      );
    }
    if (gaps.length > 0) {
      this.#gaps.push(`Non-consecutive offsets in ${resolve(file)}\n`, ...gaps.reverse());
    }
  }

  #offsetIndex(file: string): void {
    const terminal = this.#terminal;
    const bytes = readBytes(file);
    const baseOffset = baseOffsetOf(file);
    const entries = offsetEntries(bytes, baseOffset);
    if (entries.length === 0) {
      terminal.out(`${file} is empty.\n`);
      return;
    }
    const offsets = entries.map(({ offset }) => offset);
    if (this.#indexSanityOnly) {
      this.#sanity(file, isSane(bytes, offsets, baseOffset, 8));
      return;
    }
    const log = new SegmentFile(siblingOf(file, '.log'));
    const wrong = offsetMismatches(entries, log);
    log.close();
    if (!this.#verifyOnly) {
      terminal.out(
        entries.map((one) => `offset: ${one.offset} position: ${one.position}\n`).join(''),
      );
    }
    if (wrong.length > 0) {
      this.#mismatches.push(`Mismatches in :${resolve(file)}\n`);
      for (const [index, found] of wrong.reverse()) {
        this.#mismatches.push(`  Index offset: ${index}, log offset: ${found}\n`);
      }
    }
  }

  #timeIndex(file: string): void {
    const terminal = this.#terminal;
    const bytes = readBytes(file);
    const baseOffset = baseOffsetOf(file);
    const entries = timeEntries(bytes, baseOffset);
    if (this.#indexSanityOnly) {
      const offsets = entries.map(({ offset }) => offset);
      this.#sanity(file, isSane(bytes, offsets, baseOffset, 12));
      return;
    }
    const index = offsetEntries(readBytes(siblingOf(file, '.index')), baseOffset);
    const log = new SegmentFile(siblingOf(file, '.log'));
    const findings = timeFindings(entries, index, log);
    log.close();
    if (!this.#verifyOnly) {
      terminal.out(
        entries.map((one) => `timestamp: ${one.timestamp} offset: ${one.offset}\n`).join(''),
      );
    }
    this.#noteTimes(resolve(file), findings);
  }

  #noteTimes(path: string, { mismatches, outOfOrder, notFound }: TimeFindings): void {
    if (mismatches.length > 0) {
      this.#timeMismatches.push(
        `Found timestamp mismatch in :${path}\n`,
        ...mismatches.map(([a, b]) => `  Index timestamp: ${a}, log timestamp: ${b}\n`),
      );
    }
    if (outOfOrder.length > 0) {
      this.#timeOutOfOrder.push(
        `Found out of order timestamp in :${path}\n`,
        ...outOfOrder.map(
          ([a, b]) => `  Index timestamp: ${a}, Previously indexed timestamp: ${b}\n`,
        ),
      );
    }
    this.#timeNotFound.push(
      ...notFound.map(([a, b]) => `Indexed offset: ${a}, found log offset: ${b}\n`),
    );
  }

  #sanity(file: string, sane: boolean): void {
    if (!sane) throw new CliError(`Corrupt index found, index file (${file})`);
    this.#terminal.out(`${file} passed sanity check.\n`);
  }

  #snapshot(file: string): void {
    const lines = snapshotLines(readBytes(file));
    if (lines === undefined) this.#terminal.err(`Snapshot ${resolve(file)} is corrupted\n`);
    else this.#terminal.out(lines);
  }
}

function chosenDecoder(flags: Parsed<typeof FLAGS>): RecordDecoder | undefined {
  if (flags['offsets-decoder']) return offsetsDecoder;
  if (flags['transaction-log-decoder']) return transactionsDecoder;
  const key = flags['key-decoder-class'];
  const valueClass = flags['value-decoder-class'];
  if (!flags['print-data-log'] && key === undefined && valueClass === undefined) return undefined;
  return plainDecoder(
    namedDecoder('key-decoder-class', key),
    namedDecoder('value-decoder-class', valueClass),
  );
}

function namedDecoder(flag: string, given: string | true | undefined): (bytes: Buffer) => string {
  const name = typeof given === 'string' ? given : 'StringDecoder';
  const decoder = bytesDecoder(name);
  if (decoder) return decoder;
  throw new CliError(
    `--${flag} ${name} is unknown; there are StringDecoder, LongDecoder, IntegerDecoder`,
  );
}

/** The first part of the name, as a number. Throws CliError. */
function baseOffsetOf(file: string): number {
  const text = basename(file).split('.')[0] ?? '';
  if (!/^\d+$/.test(text)) {
    throw new CliError(`${file} is not named after an offset, as the files of a partition are`);
  }
  return Number(text);
}

function siblingOf(file: string, suffix: string): string {
  return join(dirname(resolve(file)), `${basename(file).split('.')[0]}${suffix}`);
}
