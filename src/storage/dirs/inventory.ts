import type { KnownLog } from '../recovery/known-log.ts';

/**
 * The file in each log directory that says what all directories of the broker held: so that one whose disk
 * is not there, or a partition whose folder is gone, is missed. A plain file, which Kafka never looks at.
 */
export const INVENTORY_FILE = 'sluice-inventory';

const VERSION = 1;

export interface Inventory {
  /** Starts of the broker on this data so far: the copy with the larger number is the newer one. */
  readonly life: number;
  /** Ascends with every writing. */
  readonly sequence: number;
  /** The directory that the file was written to. */
  readonly directory: string;
  /** The directory that held the list of topics; undefined where there was none. */
  readonly home: string | undefined;
  /** The list of topics had this change, at least; undefined where nobody knew. */
  readonly topicsVersion: number | undefined;
  /** The broker stopped in order just then, so it names every partition there was. */
  readonly isComplete: boolean;
  readonly directories: readonly InventoryDirectory[];
}

export interface InventoryDirectory {
  readonly id: string;
  /** Where it was. */
  readonly path: string;
  /**
   * When the file that says that the directory was closed in order was written: another program that
   * closed it since has written another one. Undefined where it was not.
   */
  readonly closedMs: number | undefined;
  /** By `<topic>-<partition>`. */
  readonly logs: ReadonlyMap<string, InventoryLog>;
}

/** The segments are left out of an inventory that is not complete. */
export type InventoryLog = KnownLog;

/** The file cannot be understood; it is left as it is. */
export class InventoryFormatError extends Error {
  override name = 'InventoryFormatError';
}

export function encodeInventory(inventory: Inventory): string {
  const { directories, ...head } = inventory;
  const rows = directories.map(({ logs, ...directory }) => ({
    ...directory,
    logs: Array.from(logs, ([name, { topicId, startOffset, endOffset, segments }]) => [
      name,
      topicId ?? null,
      startOffset,
      endOffset,
      ...segments,
    ]),
  }));
  return `${JSON.stringify({ version: VERSION, ...head, directories: rows })}\n`;
}

/** Throws InventoryFormatError. */
export function decodeInventory(path: string, text: string): Inventory {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new InventoryFormatError(`${path} is not JSON`);
  }
  const check = new Checker(path);
  const top = check.object(parsed);
  if (top['version'] !== VERSION) {
    throw new InventoryFormatError(
      `${path}: version '${String(top['version'])}' is not ${VERSION}`,
    );
  }
  return {
    life: check.count(top['life']),
    sequence: check.count(top['sequence']),
    directory: check.text(top['directory']),
    home: check.optionalText(top['home']),
    topicsVersion: check.optionalCount(top['topicsVersion']),
    isComplete: top['isComplete'] === true,
    directories: check.list(top['directories']).map((row) => {
      const directory = check.object(row);
      const closedMs = directory['closedMs'];
      return {
        id: check.text(directory['id']),
        path: check.text(directory['path']),
        closedMs: typeof closedMs === 'number' ? closedMs : undefined,
        logs: new Map(check.list(directory['logs']).map((log) => check.log(log))),
      };
    }),
  };
}

/** What is read must be what was written: each complaint names the file. */
class Checker {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  object(value: unknown): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.#refuse(value);
    return Object.fromEntries(Object.entries(value));
  }

  list(value: unknown): readonly unknown[] {
    return Array.isArray(value) ? value : this.#refuse(value);
  }

  text(value: unknown): string {
    return typeof value === 'string' && value !== '' ? value : this.#refuse(value);
  }

  optionalText(value: unknown): string | undefined {
    return value === undefined || value === null ? undefined : this.text(value);
  }

  optionalCount(value: unknown): number | undefined {
    return value === undefined || value === null ? undefined : this.count(value);
  }

  count(value: unknown): number {
    const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
    return isCount ? value : this.#refuse(value);
  }

  log(value: unknown): [string, InventoryLog] {
    const [name, topicId, start, end, ...segments] = this.list(value);
    return [
      this.text(name),
      {
        topicId: this.optionalText(topicId),
        startOffset: this.count(start),
        endOffset: this.count(end),
        segments: segments.map((base) => this.count(base)),
      },
    ];
  }

  #refuse(value: unknown): never {
    const shown = JSON.stringify(value) ?? 'nothing';
    throw new InventoryFormatError(`${this.#path} holds ${shown.slice(0, 80)} where it must not`);
  }
}
