// If this breaks, two producers share an id and one's records are dropped as the other's duplicates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProducerIds } from './producer-ids.ts';

test('many producers at once get different ids, across blocks', async () => {
  let blocks = 0;
  const ids = new ProducerIds(async () => ({ first: 10 * blocks++, count: 10 }));
  const given = await Promise.all(Array.from({ length: 25 }, () => ids.next()));
  const numbers = given.map((result) => ('producerId' in result ? result.producerId : -1));
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    Array.from({ length: 25 }, (_, index) => index),
  );
  assert.equal(blocks, 3);
});

test('a controller that cannot answer fails the request, and the next one asks again', async () => {
  let available = false;
  const ids = new ProducerIds(async () =>
    available ? { first: 7, count: 1 } : { error: 'NOT_CONTROLLER' },
  );
  assert.deepEqual(await ids.next(), { error: 'NOT_CONTROLLER' });
  available = true;
  assert.deepEqual(await ids.next(), { producerId: 7 });
});
