// If this breaks, a mistyped key is met with a wrong suggestion, or none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest, editDistance } from './closest.ts';

// If this breaks, a mistyped name is answered with a useless suggestion, or with none.

test('the nearest name, and none when nothing is near', () => {
  assert.equal(closest('--tpoic', ['--topic', '--list', '--describe']), '--topic');
  assert.equal(closest('log.dir', ['log.dirs', 'listeners']), 'log.dirs');
  assert.equal(closest('x', ['topic', 'list']), undefined);
});

test('a swap, a slip and a missing letter are one mistake each', () => {
  assert.equal(editDistance('tpoic', 'topic'), 1);
  assert.equal(editDistance('tobic', 'topic'), 1);
  assert.equal(editDistance('toic', 'topic'), 1);
  assert.equal(editDistance('', 'abc'), 3);
});
