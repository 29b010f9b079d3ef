import type { File } from '../../base/file-system.ts';
import type { Int64 } from '../../base/int64.ts';
import { LegacyMessageCursor } from '../../protocol/records/legacy-message.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { CorruptRecordsError } from '../../protocol/records/record-cursor.ts';
import { OffsetOrder } from '../read/offset-order.ts';
import { FileWindow } from './file-window.ts';

/** What lies in a log file: a record batch, or a message of an older format. */
export interface LogEntry {
  readonly position: number;
  /** 0 and 1 are messages, plain or compressed; 2 is a record batch. */
  readonly magic: 0 | 1 | 2;
  /** Of a message: its stored offset, which is that of the last record inside. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: Int64;
  /** The whole entry; only good until the next one is asked for. */
  readonly bytes: Buffer;
}

/** Bytes of a log file that are no entry. */
export interface DamagedRange {
  readonly position: number;
  readonly endPosition: number;
  readonly problem: string;
  /** The file ends inside what begins like an entry, or in zeros: a write that was cut off. */
  readonly isUnfinishedWrite: boolean;
}

const MAGIC_POSITION = 16;
const LEAST_ENTRY_BYTES = 26;

/**
 * Goes through a whole log file of any format, checks every checksum and the order of offsets, and
 * finds its way again behind damage. `retract` hears of an entry that was visited and turned out
 * to be damaged when the next one was seen. Throws what the disk throws.
 */
export function walkLogFile(
  file: File,
  options: {
    readonly baseOffset: number;
    visit(entry: LogEntry): void;
    retract?(position: number): void;
  },
): DamagedRange[] {
  const window = new FileWindow(file);
  const order = new OffsetOrder(options.baseOffset);
  const ranges: DamagedRange[] = [];
  const { size } = window;
  for (let position = 0; position < size; ) {
    const read = entryAt(window, position);
    if (read.kind === 'entry') {
      const { entry } = read;
      const wrong = order.take(entry);
      if (wrong === undefined) {
        options.visit(entry);
        position += entry.bytes.length;
        continue;
      }
      if (wrong.blamed === 'previous') {
        options.retract?.(wrong.position);
        ranges.push(damaged(wrong.position, position, wrong.problem));
        order.forgetLast();
        continue;
      }
      const end = position + entry.bytes.length;
      ranges.push(damaged(position, end, wrong.problem));
      position = end;
      continue;
    }
    const next = nextEntry(window, position + 1, order.nextOffset);
    const endPosition = next ?? size;
    const isUnfinishedWrite =
      next === undefined && (read.kind === 'torn' || isZero(window, position, size));
    ranges.push({ position, endPosition, problem: read.problem, isUnfinishedWrite });
    position = endPosition;
  }
  return ranges;
}

function damaged(position: number, endPosition: number, problem: string): DamagedRange {
  return { position, endPosition, problem, isUnfinishedWrite: false };
}

type ReadEntry =
  | { readonly kind: 'entry'; readonly entry: LogEntry }
  | { readonly kind: 'torn' | 'damaged'; readonly problem: string };

function entryAt(window: FileWindow, position: number): ReadEntry {
  const left = window.size - position;
  if (left < LEAST_ENTRY_BYTES) {
    return { kind: 'torn', problem: `${left} bytes are too few for a batch` };
  }
  const head = window.bytes(position, Math.min(left, RecordBatch.HEADER_SIZE));
  const magic = head.readInt8(MAGIC_POSITION);
  if (magic !== 0 && magic !== 1 && magic !== 2) {
    return { kind: 'damaged', problem: `magic ${magic} does not exist` };
  }
  const size = RecordBatch.sizeInBytes(head);
  if (size < LEAST_ENTRY_BYTES) {
    return { kind: 'damaged', problem: `${size} bytes are too few for a batch` };
  }
  if (magic === 2 && head.length === RecordBatch.HEADER_SIZE) {
    const problem = RecordBatch.headerProblem(head);
    if (problem !== undefined) return { kind: 'damaged', problem };
  }
  if (size > left) return { kind: 'torn', problem: `${left} of ${size} bytes are there` };
  const bytes = window.bytes(position, size);
  return magic === 2 ? readBatch(bytes, position) : readMessage(bytes, position, magic);
}

function readBatch(bytes: Buffer, position: number): ReadEntry {
  const problem = RecordBatch.headerProblem(bytes);
  if (problem !== undefined) return { kind: 'damaged', problem };
  if (!RecordBatch.isCrcValid(bytes)) {
    return { kind: 'damaged', problem: 'the checksum does not match' };
  }
  const baseOffset = RecordBatch.baseOffset(bytes);
  const lastOffset = RecordBatch.lastOffset(bytes);
  const maxTimestamp = RecordBatch.maxTimestamp(bytes);
  return {
    kind: 'entry',
    entry: { position, magic: 2, baseOffset, lastOffset, maxTimestamp, bytes },
  };
}

function readMessage(bytes: Buffer, position: number, magic: 0 | 1): ReadEntry {
  try {
    const message = new LegacyMessageCursor(bytes);
    const offset = message.next() ? Number(message.storedOffset) : -1;
    if (!Number.isSafeInteger(offset) || offset < 0) {
      return { kind: 'damaged', problem: 'a message with an impossible offset' };
    }
    const maxTimestamp = message.timestamp;
    return {
      kind: 'entry',
      entry: { position, magic, baseOffset: offset, lastOffset: offset, maxTimestamp, bytes },
    };
  } catch (error) {
    if (!(error instanceof CorruptRecordsError)) throw error;
    return { kind: 'damaged', problem: error.message };
  }
}

/** Where the next sound entry begins whose offsets come after what is there already. */
function nextEntry(window: FileWindow, from: number, leastOffset: number): number | undefined {
  for (let position = from; position + LEAST_ENTRY_BYTES <= window.size; position++) {
    if (!looksLikeEntry(window.bytes(position, LEAST_ENTRY_BYTES), window.size - position))
      continue;
    const read = entryAt(window, position);
    if (read.kind === 'entry' && read.entry.baseOffset >= leastOffset) return position;
  }
  return undefined;
}

/** Cheap: most positions in damage are ruled out here. */
function looksLikeEntry(head: Buffer, left: number): boolean {
  const magic = head[MAGIC_POSITION]!;
  if (magic > 2 || head[0] !== 0) return false;
  const size = RecordBatch.sizeInBytes(head);
  return size >= (magic === 2 ? RecordBatch.HEADER_SIZE : LEAST_ENTRY_BYTES) && size <= left;
}

function isZero(window: FileWindow, from: number, end: number): boolean {
  for (let position = from; position < end; ) {
    const bytes = window.bytes(position, Math.min(65536, end - position));
    if (bytes.some((byte) => byte !== 0)) return false;
    position += bytes.length;
  }
  return true;
}
