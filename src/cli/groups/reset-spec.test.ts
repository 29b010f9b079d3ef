// If this breaks, a reset of offsets moves a group somewhere else than it was told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDateTime, parseDuration, parseResetCsv, parseTopicArgument } from './reset-spec.ts';
import { resetCsv } from './tables.ts';

// If these break, a group is reset to another place than was asked for.

test('a date is UTC unless it names a zone', () => {
  const noon = Date.UTC(2026, 10, 20, 12, 0, 0, 0);
  assert.equal(parseDateTime('2026-11-20T12:00:00.000'), noon);
  assert.equal(parseDateTime('2026-11-20T12:00:00'), noon);
  assert.equal(parseDateTime('2026-11-20T12:00:00.5'), noon + 5, 'Java reads 5 ms, not 500');
  assert.equal(parseDateTime('2026-11-20T12:00:00.000Z'), noon);
  assert.equal(parseDateTime('2026-11-20T14:00:00.000+02:00'), noon);
  assert.equal(parseDateTime('2026-11-20T14:00:00.000+0200'), noon);
  assert.equal(parseDateTime('2026-11-20T14:00:00.000+02'), noon);
  for (const wrong of ['2026-11-20', 'yesterday', '2026-13-20T12:00:00', '2026-11-20T12:00']) {
    assert.throws(() => parseDateTime(wrong), /must be of the form YYYY/, wrong);
  }
});

test('a duration counts days, hours, minutes and seconds', () => {
  assert.equal(parseDuration('P1D'), 86_400_000);
  assert.equal(parseDuration('PT1H2M3.5S'), 3_723_500);
  assert.equal(parseDuration('P1DT1S'), 86_401_000);
  assert.equal(parseDuration('-PT1M'), -60_000);
  for (const wrong of ['P', 'PT', 'P1DT', '1D', 'P1Y', 'PT1.5H', '']) {
    assert.throws(() => parseDuration(wrong), /PnDTnHnMnS/, wrong);
  }
});

test('a topic may name its partitions', () => {
  assert.deepEqual(parseTopicArgument('a'), { topic: 'a', partitions: undefined });
  assert.deepEqual(parseTopicArgument('a:0,12'), { topic: 'a', partitions: [0, 12] });
  assert.throws(() => parseTopicArgument('a:0:1'), /Invalid topic arg/);
  assert.throws(() => parseTopicArgument('a:x'), /Invalid partition 'x'/);
});

test('what --export wrote is read back, with one group or several', () => {
  const plan = new Map([
    ['g', [{ topic: 'a', partition: 0, offset: 5 }]],
    ['h', [{ topic: 'b.c', partition: 1, offset: 6 }]],
  ]);
  assert.deepEqual(parseResetCsv(resetCsv(plan, false), undefined), plan);
  const one = new Map([...plan].slice(0, 1));
  assert.deepEqual(parseResetCsv(`${resetCsv(one, true)}\n`, 'g'), one);
  assert.throws(() => parseResetCsv('a,0,5', undefined), /line 1 of the file must be group,topic/);
  assert.throws(() => parseResetCsv('a,0,5\na,x,5', 'g'), /line 2 of the file must be topic,/);
});
