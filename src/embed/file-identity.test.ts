// If this breaks, a broker does not notice that its files were taken away, and acknowledges into nothing.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileSystem } from '../base/file-system.ts';
import { NodeFileSystem } from '../base/node/node-file-system.ts';
import { SimFileSystem } from '../base/testing/sim-file-system.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

function identityFollowsTheFile(disk: FileSystem, root: string): void {
  const at = (name: string) => join(root, name);
  const idAt = (name: string) => disk.stat(at(name))?.id;
  disk.writeFile(at('one'), 'first');
  const open = disk.open(at('one'), 'write');
  assert.equal(open.id(), idAt('one'));
  open.writeSync([Buffer.from('more')], 5);
  assert.equal(open.id(), idAt('one'), 'writing changes nothing');
  disk.rename(at('one'), at('two'));
  assert.equal(open.id(), idAt('two'), 'a name is not the file');
  disk.writeFile(at('one'), 'another');
  assert.notEqual(open.id(), idAt('one'));
  disk.rename(at('one'), at('two'));
  assert.notEqual(open.id(), idAt('two'), 'replaced');
  disk.removeFile(at('two'));
  assert.equal(idAt('two'), undefined);
  open.close();
  disk.makeFolder(at('folder'));
  const before = idAt('folder');
  assert.equal(idAt('folder'), before);
  disk.rename(at('folder'), at('moved'));
  disk.makeFolder(at('folder'));
  assert.equal(idAt('moved'), before);
  assert.notEqual(idAt('folder'), before);
}

test('every file system tells a file from another one at its path', () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-identity-'));
  try {
    identityFollowsTheFile(new NodeFileSystem(), root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  identityFollowsTheFile(new SimFileSystem(), '/');
  identityFollowsTheFile(new MemoryFileSystem(() => 0), '/');
});
