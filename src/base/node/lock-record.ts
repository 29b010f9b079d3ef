import type { ProcessIdentity } from './process-identity.ts';

/** Device and inode: what a path means, as long as one kernel runs. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/** What the lock file holds while the folder is owned. */
export interface LockRecord extends ProcessIdentity {
  /** Tells two owners apart where nothing else does. */
  readonly nonce: string;
  /** ISO 8601. */
  readonly since: string;
  /** What it is, for people: `sluice server`. */
  readonly program: string;
  /** It is a program of its own, which SIGTERM ends cleanly. */
  readonly isStoppable: boolean;
  /** The lock file itself: a copy of the folder holds the record too, in another file. */
  readonly file: FileIdentity;
  /** The socket that it listens on; absent where the file system has no sockets. */
  readonly socket?: FileIdentity | undefined;
  /** Its file system is on a disk that one kernel alone can have. */
  readonly isLocalDisk: boolean;
}

/** Every record has this size, so that one is replaced by another in one write, also on a full disk. */
export const RECORD_BYTES = 1024;

export function encodeRecord(record: LockRecord): Buffer {
  return padded(JSON.stringify(record));
}

/** What a folder holds that was given up. */
export function encodeReleased(at: string): Buffer {
  return padded(JSON.stringify({ released: at }));
}

/** Nobody, as the room before somebody's claim. */
export function encodeNobody(): Buffer {
  return padded('');
}

/** What the lock file says: an owner, that there is none, or nothing. */
export type LockText =
  | { readonly kind: 'owner'; readonly record: LockRecord }
  | { readonly kind: 'released' }
  /** Empty as Kafka leaves it, torn, or of an older version. */
  | { readonly kind: 'nothing' };

export function decodeRecord(text: string): LockText {
  const found = objectIn(text.slice(0, RECORD_BYTES));
  if (found === undefined) return { kind: 'nothing' };
  if (typeof found['released'] === 'string') return { kind: 'released' };
  const { pid, nonce, file } = found;
  const hasOwner = typeof nonce === 'string' && Number.isSafeInteger(pid) && Number(pid) > 0;
  if (!hasOwner || !isFileIdentity(file)) return { kind: 'nothing' };
  const { host, since, program, boot, pidNamespace, startTime, socket } = found;
  return {
    kind: 'owner',
    record: {
      nonce,
      pid: Number(pid),
      host: textOrNone(host) ?? 'this machine',
      since: textOrNone(since) ?? 'unknown',
      program: textOrNone(program) ?? 'unknown',
      isStoppable: found['isStoppable'] === true,
      boot: textOrNone(boot),
      pidNamespace: textOrNone(pidNamespace),
      startTime: textOrNone(startTime),
      file,
      socket: isFileIdentity(socket) ? socket : undefined,
      isLocalDisk: found['isLocalDisk'] === true,
    },
  };
}

export function ownerText({ pid, host, since, program }: LockRecord): string {
  return `process ${pid} on ${host} (${program}), since ${since}`;
}

export function isSameFile(
  one: FileIdentity | undefined,
  other: FileIdentity | undefined,
): boolean {
  return one !== undefined && one.device === other?.device && one.inode === other.inode;
}

function padded(json: string): Buffer {
  const record = Buffer.alloc(RECORD_BYTES, ' ');
  record.write(json);
  record[RECORD_BYTES - 1] = 0x0a;
  return record;
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null ? { ...found } : undefined;
  } catch {
    return undefined;
  }
}

function isFileIdentity(value: unknown): value is FileIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { device, inode } = value as Partial<FileIdentity>;
  return typeof device === 'number' && typeof inode === 'number';
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
