// If this breaks, a broker under load loses or invents something when it is killed, loses power, or
// when its network and disk misbehave.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../node/settle.ts';
import { runBroker } from './broker-run.ts';

test('a broker keeps its promises to its clients over eight seeds', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    await runBroker({ seed, settle }).catch((error) => {
      throw new Error(
        `seed ${seed}: ${error.message}; node simulation/run.mjs --kind broker --seed ${seed} --trace`,
        { cause: error },
      );
    });
  }
});

test('the same seed gives the same events', async () => {
  const one = await runBroker({ seed: 3, settle });
  const other = await runBroker({ seed: 3, settle });
  assert.deepEqual(one, other);
});
