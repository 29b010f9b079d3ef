// If this breaks, a broker given an impossible log.dirs hangs at start instead of saying so.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from './make-folder.ts';

test('a folder is made with its parents, and again without an error', () => {
  const base = mkdtempSync(join(tmpdir(), 'sluice-folder-'));
  const path = join(base, 'a', 'b', 'c');
  makeFolder(path);
  makeFolder(path);
  assert.ok(statSync(path).isDirectory());
  writeFileSync(join(base, 'file'), '');
  assert.throws(() => makeFolder(join(base, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeFolder(join(base, 'file', 'below')), /EEXIST|ENOTDIR/);
  rmSync(base, { recursive: true });
});

test('where no folder can be made there is an error, not a hang', () => {
  if (process.platform !== 'linux') return;
  assert.throws(() => makeFolder('/proc/nothing-can-be-made-here'), { code: 'ENOENT' });
});
