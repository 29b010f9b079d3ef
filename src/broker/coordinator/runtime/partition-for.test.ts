// If this breaks, clients and Kafka's tools look for a group at another partition than we do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionFor } from './partition-for.ts';

// Values of Java: Math.abs("...".hashCode()) % 50.
const cases = [
  { groupId: '', partition: 0 },
  { groupId: 'a', partition: 97 % 50 },
  // The hash of this one is the smallest int, which has no absolute value.
  { groupId: 'polygenelubricants', partition: 0 },
  { groupId: 'console-consumer-12345', partition: 6 },
  { groupId: 'grüße', partition: 23 },
  { groupId: '\u{1F600}', partition: 49 },
];
for (const { groupId, partition } of cases) {
  test(`the group '${groupId}' is at partition ${partition}`, () => {
    assert.equal(partitionFor(groupId, 50), partition);
  });
}
