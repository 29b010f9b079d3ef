import * as fs from 'node:fs';
import { join } from 'node:path';
import {
  decodeRecord,
  encodeNobody,
  encodeRecord,
  encodeReleased,
  type FileIdentity,
  isSameFile,
  type LockRecord,
  type LockText,
  RECORD_BYTES,
} from './lock-record.ts';
import { fileIdentity } from './lock-socket.ts';

/** Names the owner to people and to `sluice stop`; Kafka's own lock file has this name too. */
export const LOCK_FILE = '.lock';

/** Questions of starts that were killed are cut off beyond this. */
const MOST_BYTES = 64 * 1024;

/**
 * The lock file, open. It begins with one record of a fixed size; behind it stand the questions of those
 * who would like to be the owner and cannot tell whether there is one. A living owner cuts them off.
 * Everything happens in place, in one file: so it is seen through mounts, hard links and containers.
 */
export class LockFile {
  readonly path: string;
  readonly #folder: string;
  readonly #folderIdentity: FileIdentity;
  #fd: number;
  identity: FileIdentity;

  private constructor(folder: string, fd: number) {
    this.path = join(folder, LOCK_FILE);
    this.#folder = folder;
    this.#folderIdentity = identityAt(folder);
    this.#fd = fd;
    this.identity = identityOf(fd);
  }

  /** Makes it when it is missing. Throws what the system says. */
  static open(folder: string): LockFile {
    return new LockFile(folder, openFile(join(folder, LOCK_FILE)));
  }

  /** The record as it stands there, for `decodeRecord`. */
  recordText(): string {
    return this.#text().slice(0, RECORD_BYTES);
  }

  write(record: LockRecord): void {
    this.#put(encodeRecord(record));
  }

  writeReleased(at: string): void {
    this.#put(encodeReleased(at));
  }

  /** Asks a possible owner, who cuts it off. */
  ask(question: string): void {
    const { size } = fs.fstatSync(this.#fd);
    if (size < RECORD_BYTES) this.#put(encodeNobody());
    else if (size > MOST_BYTES) fs.ftruncateSync(this.#fd, RECORD_BYTES);
    // Through a descriptor that appends: another one may ask at the same time.
    fs.appendFileSync(this.path, `${question}\n`);
  }

  isAsked(question: string): boolean {
    return this.#isInPlace() && this.#text().includes(question);
  }

  /**
   * What an owner sees: that the record is its own (then whoever asked is answered), that somebody else
   * has taken over, or that no owner is named. Throws where it cannot be read.
   */
  look(own: LockRecord): { readonly kind: 'own' | 'nobody' } | (LockText & { kind: 'owner' }) {
    if (!this.#isInPlace()) this.#reopen();
    const text = this.#text();
    const found = decodeRecord(text);
    if (found.kind !== 'owner') return { kind: 'nobody' };
    if (found.record.nonce !== own.nonce) return found;
    if (text.length > RECORD_BYTES) fs.ftruncateSync(this.#fd, RECORD_BYTES);
    return { kind: 'own' };
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  /** Whether the path still leads here: the file may have been removed, or replaced. */
  #isInPlace(): boolean {
    return isSameFile(fileIdentity(this.path), this.identity);
  }

  #reopen(): void {
    if (!isSameFile(identityAt(this.#folder), this.#folderIdentity)) {
      throw new Error(`${this.#folder} is another folder than it was`);
    }
    const fd = openFile(this.path);
    fs.closeSync(this.#fd);
    this.#fd = fd;
    this.identity = identityOf(fd);
  }

  #put(record: Buffer): void {
    fs.writeSync(this.#fd, record, 0, record.length, 0);
    fs.ftruncateSync(this.#fd, RECORD_BYTES);
  }

  #text(): string {
    const { size } = fs.fstatSync(this.#fd);
    const bytes = Buffer.alloc(Math.min(size, MOST_BYTES + RECORD_BYTES));
    return bytes.toString('latin1', 0, fs.readSync(this.#fd, bytes, 0, bytes.length, 0));
  }
}

function openFile(path: string): number {
  const { O_RDWR, O_CREAT } = fs.constants;
  return fs.openSync(path, O_RDWR | O_CREAT, 0o644);
}

function identityAt(folder: string): FileIdentity {
  const { dev, ino } = fs.statSync(folder);
  return { device: dev, inode: ino };
}

function identityOf(fd: number): FileIdentity {
  const { dev, ino } = fs.fstatSync(fd);
  return { device: dev, inode: ino };
}
