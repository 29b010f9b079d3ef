// If this breaks, a broker whose first disk is not mounted starts without its topics and makes them anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimFileSystem } from '../base/testing/sim-file-system.ts';
import { checkFirstLogDir } from './identity.ts';

function disk(...files: string[]): SimFileSystem {
  const fileSystem = new SimFileSystem({ now: () => 0 });
  for (const folder of ['/a', '/b']) fileSystem.makeFolder(folder);
  for (const path of files) fileSystem.writeFile(path, 'version=0\n');
  return fileSystem;
}

test('an empty first directory beside one with data is refused by name', () => {
  assert.throws(
    () => checkFirstLogDir(disk('/b/meta.properties'), ['/a', '/b']),
    /^IdentityError: \/a, the first of log\.dirs, has no data, but \/b has: is its disk mounted\?/,
  );
  assert.throws(
    () => checkFirstLogDir(disk('/b/meta.properties'), ['/missing', '/b']),
    /\/missing/,
  );
});

test('new directories, known ones, and a new one at the end are fine', () => {
  checkFirstLogDir(disk(), ['/a', '/b']);
  checkFirstLogDir(disk('/a/meta.properties', '/b/meta.properties'), ['/a', '/b']);
  checkFirstLogDir(disk('/a/meta.properties'), ['/a', '/b']);
});
