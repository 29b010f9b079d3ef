// If this breaks, a stranger's process is signalled, or a dead owner bars a start for ever.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { ownIdentity, processState } from './process-identity.ts';

const isLinux = process.platform === 'linux';

test('a process is alive or dead only where its number means what it meant to it', (t) => {
  if (!isLinux) return t.skip('only Linux tells');
  const own = ownIdentity();
  assert.equal(processState(own), 'alive');
  assert.equal(processState({ ...own, startTime: '1' }), 'dead', 'the number was used again');
  assert.equal(processState({ ...own, startTime: undefined }), 'unknown');
  for (const place of [{ boot: 'x' }, { pidNamespace: 'x' }, { boot: undefined }]) {
    assert.equal(processState({ ...own, ...place }), 'unknown');
    assert.equal(processState(own, { ...own, ...place }), 'unknown');
  }
  const pid = Number(
    execFileSync(process.execPath, ['-e', 'process.stdout.write(String(process.pid))']),
  );
  assert.equal(processState({ ...own, pid }), 'dead');
});
