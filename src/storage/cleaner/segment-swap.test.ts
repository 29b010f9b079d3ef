// If this breaks, a crash during compaction loses records or brings back those that were replaced.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CrashSurvival } from '../../base/testing/sim-file.ts';
import type { FileOperation } from '../../base/testing/sim-file-system.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import type { LogConfig } from '../log-config.ts';
import { appendKeyed, batchesOf, recordsOf } from '../testing/compaction.ts';
import { FOLDER, TestStorage } from '../testing/test-storage.ts';
import { DEFAULT_CLEANER_SETTINGS } from './cleaner-settings.ts';

/** Segments of three batches; three of them become one, of whose batches the first alone is left. */
const CONFIG: Partial<LogConfig> = {
  cleanupPolicy: ['compact'],
  segmentBytes: 260,
  minCleanableDirtyRatio: 0,
  indexIntervalBytes: 60,
  fileDeleteDelayMs: 0,
};

/** Torn crashes per operation; more in a long run. */
const SEEDS = Number(process.env['SLUICE_TEST_SEEDS'] ?? 2);
const RECOVERY_STEP = SEEDS > 2 ? 1 : 5;

class PowerCut extends Error {}

interface Run {
  readonly storage: TestStorage;
  /** The log as it was, after each swap, and at last; where it came to that. */
  readonly states: string[][];
  readonly operations: number;
}

/** Compacts a log; the machine stops before the file system operation with the given number. */
async function compactUntil(stopAt: number, seed: number): Promise<Run> {
  const storage = new TestStorage(CONFIG);
  storage.random = new SimRandom(seed);
  storage.settings = { cleaner: { ...DEFAULT_CLEANER_SETTINGS, ioBufferSize: 8192 } };
  let log = await storage.open();
  appendKeyed(storage, log, [['first', 'x']]);
  for (let n = 0; n < 15; n++) appendKeyed(storage, log, [['k', `value ${n}`]]);
  await log.flush();
  log = await storage.closeAndReopen();
  storage.config = { ...storage.config, segmentBytes: 900 };
  log.updateConfig(storage.config);
  await storage.clock.settle();
  const before = await contents(log);
  let operations = 0;
  storage.disk.fault = (operation: FileOperation) => {
    if (['read', 'list'].includes(operation)) return undefined;
    if (operations++ >= stopAt) throw new PowerCut();
    return undefined;
  };
  const work = storage.manager.cleaner.runAll();
  let isDone = false;
  void work.then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  for (let turn = 0; !isDone && turn < 500; turn++) await storage.clock.advanceAndSettle(1);
  await storage.clock.advanceAndSettle(5);
  storage.disk.fault = () => undefined;
  const after = operations <= stopAt ? await contents(log) : before;
  // The first swap reaches to where the second segment begins.
  const boundary = log.segments.all[1]!.baseOffset;
  const isBelow = (one: string) => RecordBatch.baseOffset(Buffer.from(one, 'base64')) < boundary;
  const between = [...after.filter(isBelow), ...before.filter((one) => !isBelow(one))];
  return { storage, states: [before, between, after], operations };
}

/** The bytes of the batches: offsets, records, all of it. */
async function contents(log: Parameters<typeof recordsOf>[0]): Promise<string[]> {
  return (await batchesOf(log)).map((batch) => batch.toString('base64'));
}

test('a crash or a power cut before any operation of a swap leaves the old log or the new', async () => {
  const whole = await compactUntil(Number.POSITIVE_INFINITY, 1);
  const { states, operations } = whole;
  const [before, between, after] = states;
  assert.ok(before!.length > between!.length && between!.length > after!.length, 'three states');
  assert.ok(operations > 20, `${operations} operations`);
  const seen = new Set<number>();
  const check = async (stopAt: number, survival: CrashSurvival, seed: number) => {
    const { storage } = await compactUntil(stopAt, seed);
    storage.crash(survival);
    const at = `${survival} before operation ${stopAt}, seed ${seed}`;
    await checkRecovery(storage, { states, at, seen });
  };
  for (let stopAt = 0; stopAt <= operations; stopAt++) {
    await check(stopAt, 'all', 1);
    await check(stopAt, 'none', 1);
    for (let seed = 1; seed <= SEEDS; seed++) await check(stopAt, 'torn', seed);
  }
  assert.deepEqual([...seen].sort(), [0, 1, 2]);
});

test('a second crash while the first is being recovered changes nothing', async () => {
  const { states, operations } = await compactUntil(Number.POSITIVE_INFINITY, 1);
  const seen = new Set<number>();
  for (let stopAt = 0; stopAt <= operations; stopAt += 6) {
    for (let recoveryStop = 0; recoveryStop < 30; recoveryStop += RECOVERY_STEP) {
      const { storage } = await compactUntil(stopAt, stopAt + 1);
      storage.crash('torn');
      let count = 0;
      let isCut = false;
      storage.disk.fault = (operation) => {
        if (['read', 'list'].includes(operation)) return undefined;
        if (count++ >= recoveryStop) {
          isCut = true;
          throw new PowerCut();
        }
        return undefined;
      };
      await storage.open().catch(() => undefined);
      storage.disk.fault = () => undefined;
      if (!isCut) break;
      storage.crash('torn');
      const at = `torn before operation ${stopAt}, again before operation ${recoveryStop} of the start`;
      await checkRecovery(storage, { states, at, seen });
    }
  }
  assert.deepEqual([...seen].sort(), [0, 1, 2]);
});

async function checkRecovery(
  storage: TestStorage,
  expected: { states: string[][]; at: string; seen: Set<number> },
): Promise<void> {
  const { states, at, seen } = expected;
  storage.lines.length = 0;
  const log = await storage.open();
  const found = JSON.stringify(await contents(log));
  const state = states.findIndex((one) => JSON.stringify(one) === found);
  assert.ok(state >= 0, `${at}: ${(await recordsOf(log)).join(' ')}`);
  seen.add(state);
  const names = storage.disk.list(FOLDER);
  assert.deepEqual(
    names.filter((name) => /cleaned|swap|deleted|corrupt/.test(name)),
    [],
    at,
  );
  const complaints = storage.lines.filter(({ level }) => level === 'error');
  assert.deepEqual(complaints, [], at);
  // The log goes on where it was.
  appendKeyed(storage, log, [['next', 'y']]);
  assert.equal((await recordsOf(log)).at(-1), '16:next=y', at);
}
