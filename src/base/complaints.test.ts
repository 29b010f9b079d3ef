// If this breaks, one client that goes wrong in a loop fills the disk with log lines, or nobody learns
// that lines were left out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Complaints } from './complaints.ts';
import { silentLogger } from './logger.ts';
import { SimClock } from './testing/sim-clock.ts';

function setup() {
  const clock = new SimClock();
  const lines: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, text: string) => lines.push(text) };
  return { clock, lines, complaints: new Complaints(clock, logger) };
}

test('ten lines of a kind about a client within a minute, then a count of those left out', async () => {
  const { clock, lines, complaints } = setup();
  for (let index = 0; index < 1000; index++) {
    complaints.warn({ about: '10.0.0.1', kind: 'tls' }, {}, 'it speaks TLS');
  }
  assert.equal(lines.length, 10);
  complaints.warn({ about: '10.0.0.2', kind: 'tls' }, {}, 'another client');
  complaints.warn({ about: '10.0.0.1', kind: 'http' }, {}, 'another kind');
  assert.deepEqual(lines.slice(10), ['another client', 'another kind']);
  await clock.advance(60_000);
  complaints.warn({ about: '10.0.0.1', kind: 'tls' }, {}, 'it speaks TLS');
  complaints.warn({ about: '10.0.0.1', kind: 'tls' }, {}, 'it speaks TLS');
  assert.deepEqual(lines.slice(12), [
    'it speaks TLS (990 more like it were left out)',
    'it speaks TLS',
  ]);
});

test('a rate of its own, for what is worth one line in an hour', async () => {
  const { clock, lines, complaints } = setup();
  const once = { about: 'c', kind: 'k', rate: { lines: 1, windowMs: 3_600_000 } };
  complaints.warn(once, {}, 'first');
  complaints.warn(once, {}, 'second');
  await clock.advance(3_600_000);
  complaints.warn(once, {}, 'third');
  assert.deepEqual(lines, ['first', 'third (1 more like it were left out)']);
});

test('very many clients are not remembered for ever', () => {
  const { lines, complaints } = setup();
  for (let index = 0; index < 5000; index++) {
    complaints.warn({ about: `c${index}`, kind: 'k', rate: { lines: 1, windowMs: 1e9 } }, {}, 'x');
  }
  assert.equal(lines.length, 5000);
  complaints.warn({ about: 'c4999', kind: 'k', rate: { lines: 1, windowMs: 1e9 } }, {}, 'known');
  assert.equal(lines.length, 5000);
  complaints.warn({ about: 'c0', kind: 'k' }, {}, 'forgotten, so said');
  assert.equal(lines.at(-1), 'forgotten, so said');
});
