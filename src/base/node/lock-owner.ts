import * as fs from 'node:fs';
import { resolve } from 'node:path';
import { kernelLockHolder } from './kernel-locks.ts';
import { LOCK_FILE } from './lock-file.ts';
import {
  decodeRecord,
  type FileIdentity,
  isSameFile,
  type LockRecord,
  type LockText,
} from './lock-record.ts';
import { defaultSettings, type LockSettings } from './lock-settings.ts';
import {
  askSocket,
  fileIdentity,
  type LockAnswer,
  type LockRequest,
  SOCKET_FILE,
} from './lock-socket.ts';
import { processState } from './process-identity.ts';

/** What is known of a folder's owner from outside. */
export type FolderOwner =
  | { readonly kind: 'none' }
  /** It answers. */
  | { readonly kind: 'answers'; readonly record: LockRecord | undefined; readonly reply: string }
  /** It runs, and its socket is gone. */
  | { readonly kind: 'runs'; readonly record: LockRecord }
  /** It is named, and nobody can tell whether it still runs. */
  | { readonly kind: 'unknown'; readonly record: LockRecord }
  /** It belongs to a user who is not to be asked. */
  | { readonly kind: 'barred'; readonly record: LockRecord | undefined }
  /** Not one of ours: a Kafka. */
  | { readonly kind: 'foreign'; readonly pid: number };

/**
 * The owner of a folder. It is asked, not looked up: after a crash the process id in the lock file may
 * long be somebody else's. With 'stop' it is also told to stop, if it can be from here.
 */
export async function folderOwner(
  path: string,
  request: LockRequest = 'who',
): Promise<FolderOwner> {
  const folder = resolve(path);
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return { kind: 'none' };
  const kafka = kernelLockHolder(`${folder}/${LOCK_FILE}`);
  if (kafka !== undefined) return { kind: 'foreign', pid: kafka };
  const answer = await askSocket(folder, request);
  const { text, file } = recordIn(folder);
  const named = text.kind === 'owner' ? text.record : undefined;
  if (answer.kind === 'alive') {
    const [line = '', reply = ''] = answer.text.split('\n');
    const own = decodeRecord(line);
    return { kind: 'answers', record: own.kind === 'owner' ? own.record : named, reply };
  }
  if (answer.kind === 'barred') return { kind: 'barred', record: named };
  if (!named || isNobody(text, { answer, folder, file, mayBeInUse: false, ...defaultSettings() }))
    return { kind: 'none' };
  return { kind: processState(named) === 'alive' ? 'runs' : 'unknown', record: named };
}

/** The reply to `stop`: it does. */
export const STOPPING = 'stopping';

/**
 * Whether it is certain that no living process has this record. `answer` is what came of asking
 * the folder's socket.
 */
export function isNobody(
  text: LockText,
  seen: {
    answer: LockAnswer;
    folder: string;
    file: FileIdentity | undefined;
    mayBeInUse: boolean;
  } & Pick<LockSettings, 'identity' | 'isLocalDisk'>,
): boolean {
  if (text.kind === 'released') return true;
  if (text.kind === 'nothing') return !seen.mayBeInUse;
  const { record } = text;
  const here = seen.identity;
  const isSameBoot = here.boot !== undefined && record.boot === here.boot;
  if (isSameBoot) {
    // On one device another file is a copy, and copies have no owner.
    const { device, inode } = record.file;
    if (seen.file?.device === device && seen.file.inode !== inode) return true;
    const socket = fileIdentity(`${seen.folder}/${SOCKET_FILE}`);
    if (seen.answer.kind === 'dead' && isSameFile(socket, record.socket)) return true;
    return processState(record, here) === 'dead';
  }
  // What only one kernel at a time can have, another one has now.
  const isKnown = here.boot !== undefined && record.boot !== undefined;
  return isKnown && record.isLocalDisk && seen.isLocalDisk(seen.folder);
}

export function recordIn(folder: string): { text: LockText; file: FileIdentity | undefined } {
  const path = `${folder}/${LOCK_FILE}`;
  try {
    const text = decodeRecord(fs.readFileSync(path, 'latin1'));
    return { text, file: fileIdentity(path) };
  } catch {
    return { text: { kind: 'nothing' }, file: undefined };
  }
}
