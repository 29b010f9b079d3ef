// If this breaks, a broker takes connections until it cannot open its own files, or refuses them too early.
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { fileHandleLimit, handleShortage } from './file-handles.ts';

test('the last file handles are known by their numbers, and an eighth of all is kept', () => {
  assert.equal(handleShortage(103, 120), undefined);
  assert.match(
    handleShortage(104, 120) ?? '',
    /^only 15 of 120 file handles are left \(ulimit -n\)/,
  );
  assert.match(handleShortage(119, 120) ?? '', /^only 0 of 120/);
  assert.equal(handleShortage(895, 1024), undefined);
  assert.match(handleShortage(896, 1024) ?? '', /^only 127 of 1024/);
  assert.equal(handleShortage(999_000, 1_000_000), undefined);
  assert.match(handleShortage(999_800, 1_000_000) ?? '', /^only 199 of/);
});

test('where the system names no limit, or a socket no number, nothing is short', () => {
  assert.equal(handleShortage(5000, undefined), undefined);
  assert.equal(handleShortage(-1, 120), undefined);
});

test('the limit of this process is above the handles that it has', {
  skip: process.platform !== 'linux',
}, () => {
  const handle = openSync('/dev/null', 'r');
  closeSync(handle);
  assert.ok((fileHandleLimit() ?? 0) > handle);
});
