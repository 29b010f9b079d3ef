// If this breaks, a crash of the broker loses or repeats what a client was told is safe.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProgram } from '../crash/program.ts';
import { CrashRun } from '../crash/rounds.ts';

test('nothing acknowledged is lost or repeated by kill -9', async (t) => {
  const { program, remove } = buildProgram();
  t.after(remove);
  const { endings, ...report } = await new CrashRun({ program, rounds: 6, seed: 59 }).run();
  assert.ok(endings.kill >= 3, JSON.stringify(endings));
  // The load was real, so the check had something to see.
  assert.ok(report.recordsAcknowledged > 500, JSON.stringify(report));
  assert.ok(report.batchesResent > 5 && report.commits > 10, JSON.stringify(report));
});
