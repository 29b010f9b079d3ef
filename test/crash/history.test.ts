// If this breaks, the crash tests see nothing: each violation must be recognised.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPartition, type ProducerHistory, type ReadRecord, recordValue } from './history.ts';

const log = (...ids: readonly [string, number][]): ReadRecord[] =>
  ids.map(([producer, number], offset) => ({ offset, value: recordValue(producer, number) }));

const producer = (
  name: string,
  acknowledged: readonly [number, number][],
  idempotent = false,
): ProducerHistory => ({ name, idempotent, sent: 10, acknowledged: new Map(acknowledged) });

const good = log(['a', 0], ['b', 0], ['a', 1], ['b', 2]);
const senders = [
  producer('a', [
    [0, 0],
    [1, 2],
  ]),
  producer('b', [[2, 3]]),
];

test('a history without violations passes, also from the middle', () => {
  checkPartition(good, senders);
  checkPartition(good.slice(2), senders, 2);
  checkPartition([], [producer('a', [])]);
});

const violations: [string, () => void, RegExp][] = [
  [
    'an acknowledged record that is gone',
    () => checkPartition(good.slice(0, 3), senders),
    /record 2 of b was acknowledged at offset 3, but nothing is there/,
  ],
  [
    'an acknowledged record elsewhere',
    () => checkPartition(good, [producer('a', [[1, 1]]), producer('b', [])]),
    /record 1 of a was acknowledged at offset 1, but b 0 is there/,
  ],
  [
    'a gap in the offsets',
    () => checkPartition([good[0]!, good[2]!], senders),
    /offset 1 is missing, next comes 2/,
  ],
  [
    'a record twice',
    () => checkPartition(log(['a', 0], ['a', 0]), [producer('a', [])]),
    /record 0 of a is there twice, at 1/,
  ],
  [
    'records out of order',
    () => checkPartition(log(['a', 1], ['a', 0]), [producer('a', [])]),
    /record 0 of a is there out of order, at 1/,
  ],
  [
    'a hole in what an idempotent producer sent',
    () => checkPartition(log(['a', 0], ['a', 2]), [producer('a', [], true)]),
    /record 1 of a is missing before offset 1/,
  ],
  [
    'a damaged value',
    () => {
      const value = recordValue('a', 1);
      value[value.length - 1]! ^= 1;
      checkPartition([{ offset: 0, value }], senders);
    },
    /the record at offset 0 was never sent/,
  ],
  [
    'a record of nobody',
    () => checkPartition(log(['c', 0]), senders),
    /the record at offset 0 was never sent/,
  ],
  [
    'a record beyond what was sent',
    () => checkPartition(log(['a', 10]), senders),
    /the record at offset 0 was never sent/,
  ],
];

for (const [what, check, message] of violations) {
  test(`${what} is a violation`, () => assert.throws(check, { message }));
}
