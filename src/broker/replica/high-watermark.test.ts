// If this breaks, consumers read records that the next leader does not have, or none at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { committedEnd } from './high-watermark.ts';

const cases = [
  { what: 'alone, all it has', followers: [], ends: undefined, committed: 10 },
  { what: 'a follower is behind', followers: [2], ends: [[2, 7]], committed: 7 },
  {
    what: 'the slowest decides',
    followers: [2, 3],
    ends: [
      [2, 9],
      [3, 4],
    ],
    committed: 4,
  },
  { what: 'a follower is ahead', followers: [2], ends: [[2, 12]], committed: 10 },
  { what: 'one has told nothing', followers: [2, 3], ends: [[2, 9]], committed: undefined },
  { what: 'nobody has told anything', followers: [2], ends: undefined, committed: undefined },
  {
    what: 'one outside the in-sync set is behind',
    followers: [2],
    ends: [
      [2, 9],
      [3, 0],
    ],
    committed: 9,
  },
] as const;

for (const { what, followers, ends, committed } of cases) {
  test(`the committed end: ${what}`, () => {
    const told = ends && new Map<number, number>(ends);
    assert.equal(committedEnd(10, followers, told), committed);
  });
}
