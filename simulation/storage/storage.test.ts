// If this breaks, a power cut or a kill at the wrong moment loses or invents records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../node/settle.ts';
import { runStorage } from './storage-run.ts';

test('storage keeps its promises over forty seeds of kills and power cuts', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    await runStorage({ seed, settle }).catch((error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
  }
});

test('the same seed gives the same run', async () => {
  const one = await runStorage({ seed: 7, settle });
  const other = await runStorage({ seed: 7, settle });
  assert.deepEqual(one, other);
  const another = await runStorage({ seed: 8, settle });
  assert.notEqual(one.hash, another.hash);
});
