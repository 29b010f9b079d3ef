import type { CrashSurvival } from '../../src/base/testing/sim-file.ts';
import type { SimProcess } from '../../src/base/testing/sim-loop.ts';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import { buildBatch } from '../../src/protocol/records/batch-builder.ts';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../../src/storage/log-config.ts';
import { LogManager } from '../../src/storage/log-manager.ts';
import type { FlushPolicy } from '../../src/storage/log-types.ts';
import { onlyReplica } from '../../src/storage/testing/replicas.ts';
import { mustHold } from '../violation.ts';
import { ProcessDisk } from '../world/process-disk.ts';
import { WORLD_STARTS_MS, World, type WorldOptions } from '../world/world.ts';
import { readLog } from './read-log.ts';
import { type AppendedBatch, StoredPartition } from './stored-partition.ts';

/** What is promised about acknowledged records after a power cut. */
export interface StorageRunOptions extends WorldOptions {
  /** Chosen by the seed where absent. */
  readonly policy?: FlushPolicy | undefined;
}

export interface StorageRunReport {
  readonly policy: FlushPolicy;
  readonly hash: string;
  readonly events: number;
  lives: number;
  powerCuts: number;
  acknowledged: number;
  /** Acknowledged under `os` and lost, as that policy allows. */
  forgotten: number;
}

const LOG_DIR = '/data';
const TOPIC = 't';
const ENDINGS = ['kill', 'power cut', 'power cut', 'power cut', 'stop'] as const;
const SURVIVALS: readonly CrashSurvival[] = ['none', 'torn', 'scattered', 'scattered'];

/**
 * A broker's storage alone, over a few lives: appends, retention, deletions, rolls; ended by kills,
 * power cuts and clean stops at any operation of the disk, also while it starts. Throws Violation.
 */
export async function runStorage(options: StorageRunOptions): Promise<StorageRunReport> {
  const world = new World(options);
  const run = new StorageRun(world, options);
  await run.run();
  return { ...run.report, hash: world.trace.hash, events: world.loop.events };
}

class StorageRun {
  readonly #world: World;
  readonly #random: SimRandom;
  readonly #policy: FlushPolicy;
  readonly #config: LogConfig;
  readonly #partitions: StoredPartition[];
  readonly report: Omit<StorageRunReport, 'hash' | 'events'>;
  #process!: SimProcess;
  #manager: LogManager | undefined;
  #wallMs = WORLD_STARTS_MS;
  /** So little may be unsynced that logs wait for the disk again and again. Takes no chance from the rest. */
  readonly #isDiskBehind: boolean;

  constructor(world: World, { policy, seed }: StorageRunOptions) {
    this.#world = world;
    this.#isDiskBehind = seed % 3 === 0;
    this.#random = world.random.fork();
    const random = this.#random;
    this.#policy = policy ?? random.pick(['os', 'group-commit']);
    this.#config = chooseConfig(random, this.#policy);
    this.#partitions = Array.from(
      { length: 1 + random.int(3) },
      (_, partition) => new StoredPartition(partition, random.fork()),
    );
    this.report = { policy: this.#policy, lives: 0, powerCuts: 0, acknowledged: 0, forgotten: 0 };
  }

  async run(): Promise<void> {
    const lives = 2 + this.#random.int(4);
    for (let life = 0; life < lives; life++) await this.#live(life === lives - 1);
    await this.#open();
    await this.#check();
  }

  /** One life, from the opening to its end; the next finds what this one left. */
  async #live(isLast: boolean): Promise<void> {
    const random = this.#random;
    const world = this.#world;
    this.report.lives++;
    const ending = isLast ? 'stop' : random.pick(ENDINGS);
    let isOver = false;
    if (ending !== 'stop') {
      // Most ends come under load, some while the data is being opened or closed.
      world.operationsLeft = 1 + random.int(random.pick([10, 60, 300]));
      world.onLastOperation = () => {
        isOver = true;
        this.#process.kill();
      };
    }
    this.#newProcess();
    world.note(`life ${this.report.lives}, to end by ${ending}`);
    const over = () => isOver;
    let isOpen = false;
    void this.#openManager().then(
      () => {
        isOpen = true;
      },
      (error) => {
        if (!isOver) this.#unexpected(error);
      },
    );
    await world.loop.run(() => isOpen || isOver || this.#problem !== undefined, 60_000);
    this.#throwProblem();
    if (isOpen && !isOver) {
      await this.#check(over);
      await this.#load(over);
    }
    if (!isOver && (ending === 'stop' || random.chance(0.3))) {
      let isClosed = false;
      void this.#manager?.close().then(
        () => {
          isClosed = true;
        },
        (error) => this.#unexpected(error),
      );
      await world.loop.run(() => isClosed || isOver || this.#problem !== undefined, 60_000);
      this.#throwProblem();
    }
    this.#process.kill();
    world.operationsLeft = Number.POSITIVE_INFINITY;
    for (const partition of this.#partitions) partition.died(this.#namesOf(partition.index));
    if (ending === 'power cut') {
      this.report.powerCuts++;
      for (const partition of this.#partitions) partition.powerCut(this.#policy);
      world.crash(random.pick(SURVIVALS));
    } else world.crash('all');
  }

  #namesOf(partition: number): string[] {
    const folder = `${LOG_DIR}/${TOPIC}-${partition}`;
    return this.#world.disk.stat(folder) ? this.#world.disk.list(folder) : [];
  }

  #problem: Error | undefined;

  #unexpected(error: unknown): void {
    if (!this.#process.isAlive) return;
    this.#problem ??= error instanceof Error ? error : new Error(String(error));
  }

  #throwProblem(): void {
    if (this.#problem) throw this.#problem;
  }

  #newProcess(): void {
    this.#process = this.#world.loop.process(this.#wallMs);
    this.#manager = undefined;
  }

  async #open(): Promise<void> {
    this.#newProcess();
    let isOpen = false;
    void this.#openManager().then(
      () => {
        isOpen = true;
      },
      (error) => this.#unexpected(error),
    );
    await this.#world.loop.run(() => isOpen || this.#problem !== undefined, 60_000);
    this.#throwProblem();
  }

  async #openManager(): Promise<void> {
    const process = this.#process;
    const manager = await LogManager.open({
      fileSystem: new ProcessDisk(this.#world.disk, process),
      clock: process,
      random: this.#random.fork(),
      logger: this.#world.logger(process, (level, message) => {
        if (level === 'error' && this.#isUnexpected(message)) {
          this.#unexpected(new Error(`it logs an error: ${message}`));
        }
      }),
      logDirs: [LOG_DIR],
      configOf: () => this.#config,
      onLogDirFailure: (_dir, error) => {
        if (process.isAlive) this.#unexpected(error);
      },
      settings: {
        retentionCheckIntervalMs: 5000,
        recoveryPointCheckpointIntervalMs: 1000,
        backgroundFlushMs: 200,
        ...(this.#isDiskBehind && { backgroundFlushBytes: 200, maxUnsyncedBytes: 300 }),
      },
    });
    for (const partition of this.#partitions) {
      const log = manager.getOrCreate(TOPIC, partition.index, {
        topicId: partition.topicId,
        config: this.#config,
      });
      log.listener = onlyReplica(log);
      partition.opened(log);
    }
    await manager.syncRecovered();
    this.#manager = manager;
  }

  /** Where nothing synced may be missing, a start that keeps records aside has lost something. */
  #isUnexpected(message: string): boolean {
    return !/a segment follows damage or a gap/.test(message);
  }

  /** Everything that is served is what was appended, and everything promised is there. */
  async #check(isOver: () => boolean = () => false): Promise<void> {
    for (const partition of this.#partitions) {
      if (isOver()) return;
      let records: Awaited<ReturnType<typeof readLog>> | undefined;
      void readLog(partition.log).then(
        (found) => {
          records = found;
        },
        (error) => this.#unexpected(error),
      );
      await this.#world.loop.run(
        () => records !== undefined || isOver() || this.#problem !== undefined,
        60_000,
      );
      if (isOver()) return;
      this.#throwProblem();
      if (records) this.report.forgotten += partition.check(records);
    }
  }

  async #load(isOver: () => boolean): Promise<void> {
    const random = this.#random;
    const { loop } = this.#world;
    for (let step = random.int(60); step > 0 && !isOver(); step--) {
      const partition = random.pick(this.#partitions);
      try {
        this.#act(partition);
      } catch (error) {
        // The dead process' last words.
        if (!isOver()) throw error;
      }
      let isTime = false;
      loop.after(random.float() * random.pick([0, 0.2, 5, 300]), () => {
        isTime = true;
      });
      await loop.run(() => isTime || isOver(), 60_000);
      this.#throwProblem();
      if (!isOver()) for (const one of this.#partitions) one.checkOffsets();
    }
    this.#wallMs = this.#process.now() - Math.floor(loop.nowMs);
  }

  #act(partition: StoredPartition): void {
    const random = this.#random;
    const choice = random.int(100);
    if (choice < 70) this.#append(partition, 1 + random.int(3));
    else if (choice < 75) {
      const { logStartOffset, logEndOffset } = partition.log;
      const target = logStartOffset + random.int(logEndOffset - logStartOffset + 1);
      partition.deleteBefore(target);
    } else if (choice < 78) this.#manager?.runRetention();
    else if (choice < 82) this.#process.jump(random.int(5000));
    else if (choice < 85) void partition.log.flush().catch(() => {});
  }

  #append(partition: StoredPartition, count: number): void {
    for (let left = count; left > 0; left--) {
      const batch = partition.next(this.#process.now());
      this.#send(partition, batch);
    }
  }

  #send(partition: StoredPartition, batch: AppendedBatch): void {
    const process = this.#process;
    const bytes = buildBatch(batch.records, batch.options);
    const result = partition.log.append(
      bytes,
      { leaderEpoch: 0, origin: 'client' },
      {
        written: (error) => {
          if (!process.isAlive || error) return;
          this.report.acknowledged += batch.records.length;
          partition.acknowledged(batch);
        },
      },
    );
    if (!process.isAlive) return;
    mustHold(result.kind === 'appended', () => `an append was answered ${JSON.stringify(result)}`);
    partition.appended(batch, result.firstOffset);
  }
}

function chooseConfig(random: SimRandom, policy: FlushPolicy): LogConfig {
  return {
    ...DEFAULT_LOG_CONFIG,
    segmentBytes: random.pick([1600, 3000, 8000, 1_000_000]),
    indexIntervalBytes: random.pick([1, 400, 4096]),
    segmentMs: random.pick([500, 5000, 1e9]),
    retentionBytes: random.pick([-1, -1, 3000, 10_000]),
    retentionMs: random.pick([-1, -1, 3000]),
    fileDeleteDelayMs: random.pick([0, 100, 60_000]),
    flushPolicy: policy,
    flushMessages: random.pick([2 ** 63, 2 ** 63, 7]),
  };
}
