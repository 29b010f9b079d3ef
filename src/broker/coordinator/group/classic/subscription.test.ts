// If this breaks, offsets of topics in use expire or are deleted, or hostile metadata stops a broker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeVersioned } from '../../../../protocol/codec/index.ts';
import { ConsumerProtocolSubscription } from '../../../../protocol/state-records/index.ts';
import { subscribedTopics } from './subscription.ts';

test('the topics of a subscription are found at every version of the protocol', () => {
  const topics = ['orders', 'gruß', ''];
  for (let version = 0; version <= 3; version++) {
    const bytes = encodeVersioned(ConsumerProtocolSubscription, version, { topics });
    assert.deepEqual(subscribedTopics(bytes), topics);
  }
});

for (const [name, hex] of [
  ['nothing', ''],
  ['a version only', '0000'],
  ['a negative count', '0000ffffffff'],
  ['a count that the bytes cannot hold', '00007fffffff'],
  ['a topic that is cut off', '0000000000010005616263'],
  ['a null topic', '000000000001ffff'],
  ['a topic that is no text', '0000000000010002c328'],
] as const) {
  test(`metadata with ${name} is no subscription`, () => {
    assert.equal(subscribedTopics(Buffer.from(hex, 'hex')), undefined);
  });
}

test('arbitrary bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      subscribedTopics(Buffer.from(bytes));
    }),
  );
});
