// If this breaks, the simulation runs green over lost, invented or changed records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartitionHistory } from './partition-history.ts';
import { recordId, recordValue } from './record-id.ts';

const KEPT = { name: 't-0', mayExpire: false, isCompacted: false };

/** Producer `p` sent four records; the first two were acknowledged at 0 and 1. */
function history(options = KEPT): PartitionHistory {
  const known = new PartitionHistory(options);
  known.addProducer('p', true);
  known.sending('p', 4);
  known.acknowledged('p', 0, 2, 0);
  return known;
}

/** Records of `p` by number, at the offsets from `from` on. */
const records = (numbers: readonly number[], from = 0) =>
  numbers.map((number, index) => ({
    offset: from + index,
    value: recordValue(recordId('p', number)),
  }));

test('what is as it was acknowledged is fine, with or without what was not answered', () => {
  history().checkAll(records([0, 1]), 0, 2);
  history().checkAll(records([0, 1, 2, 3]), 0, 4);
});

const violations: readonly [string, (known: PartitionHistory) => void, RegExp][] = [
  ['a lost record', (known) => known.checkAll(records([0]), 0, 2), /has nothing at 1/],
  ['a record at another offset', (known) => known.read(records([1]), 0, 1), /p#0 was before/],
  ['a record twice', (known) => known.checkAll(records([0, 1, 1]), 0, 3), /after number 1/],
  ['a gap', (known) => known.checkAll(records([0, 1, 3]), 0, 3), /misses number 2/],
  ['a record that nobody sent', (known) => known.read(records([7], 2), 2, 3), /nobody sent/],
  [
    'a changed value',
    (known) => known.read([{ offset: 2, value: 'p#2#x' }], 2, 3),
    /nobody sent: "p#2#x"/,
  ],
  ['a second record at an offset', (known) => known.acknowledged('p', 2, 1, 1), /p#1 was before/],
  ['a log that starts too late', (known) => known.checkStart(1), /deleted to 0 only/],
  [
    'a deletion undone',
    (known) => {
      known.deleting(2);
      known.deletedForGood(2);
      void known.restarted({ logStartOffset: 1, logEndOffset: 4 }, true);
    },
    /starts at 1, but was deleted to 2/,
  ],
  [
    'a log that ends too early',
    (known) => void known.restarted({ logStartOffset: 0, logEndOffset: 1 }, false),
    /p#1 was acknowledged at 1/,
  ],
];

for (const [what, act, message] of violations) {
  test(`${what} is a violation`, () => assert.throws(() => act(history()), message));
}

test('a loss that the policy allows takes the end, and only the end', () => {
  const known = history();
  assert.equal(known.restarted({ logStartOffset: 0, logEndOffset: 1 }, true), 1);
  known.read(records([0, 2]), 0, 2);
  assert.throws(() => known.read(records([3]), 0, 1), /p#0 was before/);
});

test('compaction may take a record only where a later one has its key', () => {
  const compacted = () => {
    const known = new PartitionHistory({ ...KEPT, isCompacted: true });
    known.addProducer('p', true);
    known.sending('p', 8);
    known.acknowledged('p', 0, 8, 0);
    return known;
  };
  // Numbers 0 and 7 share a key.
  compacted().checkAll(records([1, 2, 3, 4, 5, 6, 7], 1), 0, 8);
  assert.throws(() => compacted().checkAll(records([2, 3, 4, 5, 6, 7], 2), 0, 8), /lost p#1/);
});
