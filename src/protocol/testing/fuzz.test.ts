// If this breaks, damaged bytes crash the broker, or are taken for a message.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

test('a short run of the fuzzer: no damaged message does more than fail to decode', () => {
  const { inputs, decoded, refused, compared } = fuzz(12_000, 20_251);
  assert.equal(decoded + refused, inputs);
  // Both ends are reached, so the damage is neither too little nor too much to mean anything.
  assert.ok(
    decoded > 1_000 && refused > 4_000 && compared > 10,
    JSON.stringify({ decoded, compared }),
  );
});
