// If this breaks, a seed that failed somewhere cannot be looked at anywhere else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

test('a seed gives the same events in another process, and its command repeats it', () => {
  const run = () =>
    execFileSync(
      process.execPath,
      ['simulation/run.mjs', '--kind', 'broker', '--seed', '5', '--hash', '--jobs', '2'],
      { encoding: 'utf8' },
    );
  const hash = /^hash of seed 5: [0-9a-f]{16}$/m;
  const [one] = hash.exec(run()) ?? [];
  assert.ok(one);
  assert.equal(hash.exec(run())?.[0], one);
});
