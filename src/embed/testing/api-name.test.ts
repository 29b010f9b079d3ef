// If this breaks, a fault cannot be scripted for an API that the protocol has, or for a name it has not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { apis } from '../../protocol/messages/index.ts';

/** What brokers say to each other; no client of a test sends these. */
const BETWEEN_BROKERS = [
  'ControlledShutdown',
  'LeaderAndIsr',
  'StopReplica',
  'UpdateMetadata',
  'WriteTxnMarkers',
];

test('the names are those of the protocol', () => {
  const text = readFileSync('src/embed/testing/api-name.ts', 'utf8');
  const names = Array.from(text.matchAll(/\| '(\w+)'/g), (match) => match[1]);
  const expected = apis.map(({ name }) => name).filter((name) => !BETWEEN_BROKERS.includes(name));
  assert.deepEqual(names.sort(), expected.sort());
});
