import type { FileSystem } from '../../base/file-system.ts';
import type { FolderLocker } from '../../base/folder-lock.ts';
import type { LogFields, Logger } from '../../base/logger.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import type { CrashSurvival } from '../../base/testing/sim-file.ts';
import { SimFileSystem } from '../../base/testing/sim-file-system.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import type { WorkThread } from '../../base/work-thread.ts';
import {
  type BatchOptions,
  buildBatch,
  type RecordInput,
} from '../../protocol/records/batch-builder.ts';
import { decodeAllRecords } from '../../protocol/records/record.ts';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config.ts';
import { LogManager } from '../log-manager.ts';
import type { LogManagerSettings } from '../log-manager-settings.ts';
import type { OwnedLog } from '../log-owner.ts';
import type { AppendOrigin, AppendResult, ReadOutcome, ReadResult } from '../log-types.ts';
import { onlyReplica } from './replicas.ts';

export const LOG_DIR = '/data';
export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
export const FOLDER = `${LOG_DIR}/t-0`;

/** A broker's storage on a simulated disk and clock, for tests: open, crash, open again. */
export class TestStorage {
  readonly clock = new SimClock();
  readonly disk = new SimFileSystem({ now: () => this.clock.now() });
  random = new SimRandom(1);
  readonly lines: { level: string; fields: LogFields; message: string }[] = [];
  readonly failedDirs: string[] = [];
  config: LogConfig;
  logDirs = [LOG_DIR];
  locker: FolderLocker | undefined;
  work: WorkThread | undefined;
  settings: Partial<LogManagerSettings> = {};
  manager!: LogManager;
  #life = 0;

  constructor(config: Partial<LogConfig> = {}) {
    this.config = { ...DEFAULT_LOG_CONFIG, ...config };
  }

  async open(): Promise<OwnedLog> {
    const life = ++this.#life;
    const isAlive = () => life === this.#life;
    this.manager = await LogManager.open({
      fileSystem: ofProcess(this.disk, isAlive),
      clock: this.clock,
      random: this.random,
      logger: this.logger(),
      logDirs: this.logDirs,
      ...(this.locker && { locker: this.locker }),
      ...(this.work && { work: this.work }),
      configOf: () => this.config,
      onLogDirFailure: (dir) => isAlive() && this.failedDirs.push(dir),
      settings: this.settings,
    });
    return this.log();
  }

  /** The log of partition 0 of topic 't', with everything in it visible. */
  log(partition = 0): OwnedLog {
    const log = this.manager.getOrCreate('t', partition, {
      topicId: TOPIC_ID,
      config: this.config,
      isNew: true,
    });
    log.listener = onlyReplica(log);
    return log;
  }

  async closeAndReopen(): Promise<OwnedLog> {
    await this.manager.close();
    return this.open();
  }

  /** The machine loses power, or (with 'all' surviving) the process dies. */
  crash(survival: CrashSurvival): void {
    this.#life++;
    this.disk.crash(survival, this.random);
  }

  async killAndReopen(): Promise<OwnedLog> {
    this.crash('all');
    return this.open();
  }

  logger(): Logger {
    const at = (level: string) => (fields: LogFields, message: string) => {
      this.lines.push({ level, fields, message });
    };
    const logger: Logger = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => logger,
    };
    return logger;
  }
}

/** The disk as one process sees it: once dead, it does nothing any more. */
function ofProcess(disk: SimFileSystem, isAlive: () => boolean): FileSystem {
  return new Proxy<FileSystem>(disk, {
    get(target, name, receiver) {
      if (!isAlive()) throw new Error('the process is dead');
      const value: unknown = Reflect.get(target, name, receiver);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** One batch of records `<prefix><n>`, at the clock's time unless records say otherwise. */
export function batchOf(values: readonly string[], options: BatchOptions = {}, timestamp = 1000) {
  return buildBatch(
    values.map((value) => ({ value, timestamp })),
    options,
  );
}

export interface AppendOutcome {
  result: AppendResult;
  /** Filled at the end of the turn. */
  answers: (Error | undefined)[];
}

/** Appends without ending the turn. */
export function appendBatch(
  log: OwnedLog,
  batch: Buffer,
  origin: AppendOrigin = 'client',
): AppendOutcome {
  const answers: (Error | undefined)[] = [];
  const done = { written: (error: Error | undefined) => void answers.push(error) };
  const result = log.append(batch, { leaderEpoch: 0, origin }, done);
  return { result, answers };
}

/** Appends values as one batch and ends the turn. */
export function appendValues(
  storage: TestStorage,
  log: OwnedLog,
  values: readonly string[],
  options: BatchOptions = {},
  timestamp = 1000,
): AppendResult {
  const { result } = appendBatch(log, batchOf(values, options, timestamp));
  storage.clock.runTurn();
  return result;
}

export function appendRecords(
  storage: TestStorage,
  log: OwnedLog,
  records: RecordInput[],
): AppendResult {
  const { result } = appendBatch(log, buildBatch(records));
  storage.clock.runTurn();
  return result;
}

export function asRead(outcome: ReadOutcome): ReadResult {
  if (outcome.kind !== 'read') throw new Error(`expected a read, got ${outcome.kind}`);
  return outcome;
}

/** Every record in the log as `offset:value`. */
export async function contentsOf(log: OwnedLog): Promise<string[]> {
  const found: string[] = [];
  let offset = log.logStartOffset;
  while (offset < log.logEndOffset) {
    const read = asRead(
      await log.read({
        offset,
        maxBytes: 1_000_000,
        minOneBatch: true,
        upToOffset: log.logEndOffset,
      }),
    );
    if (read.sizeInBytes === 0) break;
    for (const record of decodeAllRecords(Buffer.concat(read.buffers))) {
      if (record.offset >= log.logStartOffset) found.push(`${record.offset}:${record.value}`);
    }
    offset = read.nextOffset;
    read.release();
  }
  return found;
}
