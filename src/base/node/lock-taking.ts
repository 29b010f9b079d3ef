import * as fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderLockedError, type LockOptions } from '../folder-lock.ts';
import { LockFile } from './lock-file.ts';
import { isNobody, recordIn, STOPPING } from './lock-owner.ts';
import {
  decodeRecord,
  encodeRecord,
  type LockRecord,
  type LockText,
  ownerText,
} from './lock-record.ts';
import type { LockHolder, LockSettings } from './lock-settings.ts';
import {
  askSocket,
  type LockRequest,
  LockSocket,
  removeDeadSocket,
  removeLitter,
} from './lock-socket.ts';
import { nodeRandom } from './node-random.ts';

const WATCH_STEP_MS = 50;
/** Between writing one's name and believing it, where others may do the same; a part of the watch. */
const SETTLE_PART = 0.05;
/** Somebody else was faster: look again who. */
const ATTEMPTS = 4;

/** A folder that is ours. */
export interface Taken {
  readonly path: string;
  readonly file: LockFile;
  readonly socket: LockSocket | undefined;
  readonly record: LockRecord;
}

/** One attempt of one process to become the owner. */
export class Taking {
  readonly #folder: string;
  /** As it was given, for people. */
  readonly #path: string;
  readonly #holder: LockHolder;
  readonly #settings: LockSettings;
  readonly #nonce = nodeRandom.bytes(16).toString('hex');
  #record: LockRecord | undefined;

  constructor(folder: string, path: string, holder: LockHolder, settings: LockSettings) {
    this.#folder = folder;
    this.#path = path;
    this.#holder = holder;
    this.#settings = settings;
  }

  async take(options: LockOptions): Promise<Taken> {
    const file = LockFile.open(this.#folder);
    let socket: LockSocket | undefined;
    try {
      socket = await LockSocket.open(this.#folder, this.#nonce, (request) => this.#answer(request));
      const { hasAsked, dead } = await this.#findFree(file, socket, options);
      // Who saw the same as we did has given its name meanwhile.
      if (file.recordText() !== dead) throw this.#starting();
      const record = this.#recordOf(file, socket);
      file.write(record);
      if (hasAsked) await sleep(this.#settings.watchMs * SETTLE_PART);
      const seen = file.look(record);
      if (seen.kind === 'owner') throw new FolderLockedError(this.#path, ownerText(seen.record));
      if (seen.kind !== 'own' || (socket && !socket.isPublished)) throw this.#starting();
      await removeLitter(this.#folder);
      removeOldTakeover(this.#folder);
      return { path: this.#path, file, socket, record };
    } catch (error) {
      this.#giveBack(file);
      await socket?.close();
      file.close();
      throw error;
    }
  }

  /** Resolves when nobody owns the folder and our socket is its socket, with the record that counts no more. */
  async #findFree(
    file: LockFile,
    socket: LockSocket | undefined,
    options: LockOptions,
  ): Promise<{ dead: string; hasAsked: boolean }> {
    let asked: string | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await askSocket(this.#folder, 'who');
      const found = file.recordText();
      const text = decodeRecord(found);
      if (answer.kind === 'alive') throw this.#locked(answer.text, text);
      const isFree = isNobody(text, {
        answer,
        folder: this.#folder,
        file: file.identity,
        mayBeInUse: options.mayBeInUse === true || socket === undefined,
        ...this.#settings,
      });
      if (!isFree && asked !== found) {
        if (answer.kind === 'barred') throw this.#locked('', text);
        if (asked !== undefined) throw this.#starting();
        await this.#askAll(file, text, options);
        asked = file.recordText();
        continue;
      }
      if (answer.kind !== 'absent') await removeDeadSocket(this.#folder, this.#nonce);
      if (socket === undefined || socket.publish() === 'published') {
        return { dead: found, hasAsked: asked !== undefined };
      }
    }
    throw this.#starting();
  }

  #recordOf(file: LockFile, socket: LockSocket | undefined): LockRecord {
    this.#record = {
      ...this.#settings.identity,
      nonce: this.#nonce,
      since: new Date().toISOString(),
      program: this.#holder.program.slice(0, 60),
      isStoppable: this.#holder.stop !== undefined,
      file: file.identity,
      socket: socket?.identity,
      isLocalDisk: this.#settings.isLocalDisk(this.#folder),
    };
    return this.#record;
  }

  /** Waits as long as a living owner may take to answer. */
  async #askAll(file: LockFile, text: LockText, options: LockOptions): Promise<void> {
    const { watchMs } = this.#settings;
    const who = text.kind === 'owner' ? ownerText(text.record) : 'an owner without a name';
    const seconds = Math.ceil(watchMs / 1000);
    options.tell?.(
      `${this.#path} was not given up by ${who}, which cannot be asked from here; waiting ${seconds} s for a sign that it lives`,
    );
    file.ask(this.#nonce);
    const startedMs = performance.now();
    while (performance.now() - startedMs < watchMs) {
      await sleep(Math.min(WATCH_STEP_MS, watchMs / 10));
      if (file.isAsked(this.#nonce)) continue;
      const { text: now } = recordIn(this.#folder);
      throw now.kind === 'owner'
        ? new FolderLockedError(this.#path, ownerText(now.record))
        : this.#starting();
    }
  }

  #answer(request: LockRequest): string {
    const { stop } = this.#holder;
    const who = this.#record ? encodeRecord(this.#record).toString('latin1').trimEnd() : '';
    if (request === 'who' || !stop || !this.#record) return `${who}\n`;
    // The answer leaves first.
    setImmediate(stop);
    return `${who}\n${STOPPING}\n`;
  }

  /** Nobody is to be named who did not become the owner. */
  #giveBack(file: LockFile): void {
    if (!this.#record) return;
    try {
      if (file.look(this.#record).kind === 'own') file.writeReleased(new Date().toISOString());
    } catch {
      // What is left names a process that will be dead.
    }
  }

  #locked(answer: string, text: LockText): FolderLockedError {
    if (answer === '\n') return this.#starting();
    const own = decodeRecord(answer.split('\n')[0] ?? '');
    for (const found of [own, text]) {
      if (found.kind === 'owner') return new FolderLockedError(this.#path, ownerText(found.record));
    }
    return new FolderLockedError(this.#path, 'another process');
  }

  #starting(): FolderLockedError {
    return new FolderLockedError(this.#path, 'a process just starting');
  }
}

/** A folder that earlier versions left behind, and at which a Kafka would stop. */
function removeOldTakeover(folder: string): void {
  try {
    fs.rmdirSync(`${folder}/.lock.takeover`);
  } catch {
    // There is none, or it holds something: then it is not ours.
  }
}
