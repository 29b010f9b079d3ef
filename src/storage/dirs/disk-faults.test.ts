// If this breaks, some disk error at some moment loses an acknowledged record, or leaves a request
// without an answer. Every operation of a log's life fails in turn; SLUICE_EXHAUSTIVE=1 makes it with
// every error, once and from then on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileOperation } from '../../base/testing/sim-file-system.ts';
import type { OwnedLog } from '../log-owner.ts';
import type { FlushPolicy } from '../log-types.ts';
import { appendBatch, batchOf, contentsOf, LOG_DIR, TestStorage } from '../testing/test-storage.ts';

const APPENDS = 6;

const CODES = ['EIO', 'ENOSPC', 'EROFS', 'EMFILE'] as const;
const PASSING: ReadonlySet<string> = new Set(['ENOSPC', 'EMFILE']);

interface Sent {
  readonly value: string;
  /** Undefined where the append was refused at once. */
  readonly offset: number | undefined;
  readonly answers: readonly (Error | undefined)[];
}

interface Outcome {
  readonly storage: TestStorage;
  readonly sent: Sent[];
  /** Records below were deleted on purpose. */
  readonly deletedBelow: number;
  readonly failedOperation: FileOperation | undefined;
  readonly operations: number;
  /** How many there had been before the wait for what passes. */
  readonly beforeLast: number;
  /** Whether the directory went offline before it was closed. */
  readonly isOffline: boolean;
}

const isAcknowledged = ({ answers }: Sent) => answers.length === 1 && answers[0] === undefined;

/** A short life of a broker's storage: create, append, roll, retention, checkpoints, close. */
async function live(
  policy: FlushPolicy,
  fault?: { at: number; code: string; forever: boolean },
): Promise<Outcome> {
  const storage = new TestStorage({
    flushPolicy: policy,
    segmentBytes: 260,
    fileDeleteDelayMs: 10,
  });
  storage.settings = { reservedBytes: 0, recoveryPointCheckpointIntervalMs: 400 };
  const sent: Sent[] = [];
  let operations = 0;
  let beforeLast = 0;
  let isOffline = false;
  let failedOperation: FileOperation | undefined;
  let deletedBelow = 0;
  storage.disk.fault = (operation) => {
    operations++;
    if (!fault || operations < fault.at) return undefined;
    if (operations > fault.at && !fault.forever) return undefined;
    // A full disk that fails a sync as well is another case: that is final.
    const isSync = operation === 'sync' || operation === 'syncFolder';
    if (operations > fault.at && isSync && PASSING.has(fault.code)) return undefined;
    failedOperation ??= operation;
    return fault.code;
  };
  const sequences = new Map([
    [9, 0],
    [10, 0],
  ]);
  const send = (log: OwnedLog, producerId: number) => {
    // What failed is sent again, as an idempotent producer does.
    const baseSequence = sequences.get(producerId)!;
    const value = `${producerId}.${baseSequence}`;
    const producer = { producerId, producerEpoch: 0, baseSequence };
    const { result, answers } = appendBatch(log, batchOf([value], producer));
    const offset = result.kind === 'refused' ? undefined : result.firstOffset;
    sent.push({ value, offset, answers });
    return answers;
  };
  try {
    const log = await storage.open();
    for (let step = 0; step < APPENDS; step++) {
      // By the last one everything that passes has passed.
      if (step === APPENDS - 1) {
        beforeLast = operations;
        await storage.clock.advanceAndSettle(1100);
      }
      // Two in a turn: the second may find that the segment is full before the first is written.
      const outcomes = [9, 10].map((producerId) => ({
        producerId,
        answers: send(log, producerId),
      }));
      await storage.clock.settle();
      for (const { producerId, answers } of outcomes) {
        const isSure = answers.length === 1 && answers[0] === undefined;
        if (isSure) sequences.set(producerId, sequences.get(producerId)! + 1);
      }
      if (step === 3 && !log.failure) {
        log.incrementLogStartOffset(Math.min(2, log.logEndOffset));
        deletedBelow = log.logStartOffset;
      }
      await storage.clock.advanceAndSettle(120);
    }
    isOffline = storage.failedDirs.length > 0;
    await storage.manager.close();
    await storage.clock.settle();
  } catch (error) {
    // The start failed, which is an answer too; anything else is not.
    assert.equal(sent.length, 0, `${String(error)} after ${sent.length} appends`);
    assert.ok(fault, String(error));
  }
  return { storage, sent, deletedBelow, failedOperation, operations, beforeLast, isOffline };
}

async function check(policy: FlushPolicy, at: number, code: string, forever: boolean) {
  const what = `${policy}: operation ${at} fails with ${code}${forever ? ' from then on' : ''}`;
  const life = await live(policy, { at, code, forever });
  const { storage, sent, deletedBelow, failedOperation, beforeLast, isOffline } = life;
  for (const { offset, answers } of sent) {
    assert.equal(answers.length, offset === undefined ? 0 : 1, `${what}: answered once`);
  }
  const isSync = failedOperation === 'sync' || failedOperation === 'syncFolder';
  if (PASSING.has(code) && !isSync && sent.length > 0) {
    assert.ok(!isOffline, `${what}: it must stay online`);
    const goesOn = forever || at > beforeLast || isAcknowledged(sent.at(-1)!);
    assert.ok(goesOn, `${what}: it goes on`);
  }
  storage.disk.fault = () => undefined;
  storage.crash(policy === 'group-commit' ? 'none' : 'all');
  const log = await storage.open();
  const found = await contentsOf(log);
  const acknowledged = sent.filter(isAcknowledged);
  for (const { value, offset } of acknowledged) {
    if (offset! < deletedBelow) continue;
    assert.ok(found.includes(`${offset}:${value}`), `${what}: ${offset}:${value} is lost`);
  }
  // What was sent again after an error is there once.
  const values = found.map((record) => record.slice(record.indexOf(':') + 1));
  assert.equal(new Set(values).size, values.length, `${what}: ${values}`);
  // And the log goes on.
  const next = appendBatch(log, batchOf(['next']));
  for (let calls = 0; calls < 4; calls++) await storage.clock.settle();
  assert.deepEqual(next.answers, [undefined], what);
  assert.deepEqual((await contentsOf(log)).slice(0, found.length), found, what);
  await storage.manager.close();
}

for (const policy of ['os', 'group-commit'] as const) {
  test(`${policy}: every operation fails in turn, once or from then on`, async () => {
    const { operations, sent, storage } = await live(policy);
    assert.ok(sent.every(isAcknowledged));
    assert.deepEqual(storage.failedDirs, []);
    assert.ok(storage.disk.stat(`${LOG_DIR}/.kafka_cleanshutdown`));
    const kinds = CODES.flatMap((code) => [false, true].map((forever) => ({ code, forever })));
    for (let at = 1; at <= operations; at++) {
      // All of them take half a minute: one kind each, so that every kind is there, says enough here.
      const some = process.env['SLUICE_EXHAUSTIVE'] ? kinds : [kinds[at % kinds.length]!];
      for (const { code, forever } of some) await check(policy, at, code, forever);
    }
  });
}
