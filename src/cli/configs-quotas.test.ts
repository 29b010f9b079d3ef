// If this breaks, quotas and users named on a command line end up on somebody else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../protocol/errors.ts';
import { credentialsLine, quotaLine } from './configs-quotas.ts';

// If these break, a script that looks for a user's quota or password finds another line than Kafka's.

test('a quota is shown with what it is for, in one order, and as Java prints a double', () => {
  const line = quotaLine({
    entity: [
      { type: 'client-id', name: null },
      { type: 'user', name: 'alice' },
    ],
    values: [
      { key: 'producer_byte_rate', value: 1024 },
      { key: 'consumer_byte_rate', value: 20_000_000 },
    ],
  });
  assert.equal(
    line,
    "Quota configs for user-principal 'alice', the default client-id are producer_byte_rate=1024.0, consumer_byte_rate=2.0E7\n",
  );
});

test('passwords of a user, of one who has none, and an error', () => {
  const passwords = [
    { mechanism: 1, iterations: 8192 },
    { mechanism: 2, iterations: 4096 },
  ];
  assert.equal(
    credentialsLine({ user: 'alice', error: undefined, passwords }),
    "SCRAM credential configs for user-principal 'alice' are SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096\n",
  );
  const error = (name: 'RESOURCE_NOT_FOUND' | 'NOT_CONTROLLER') =>
    credentialsLine({ user: 'bob', error: new KafkaError(name, 'why'), passwords: [] });
  assert.equal(error('RESOURCE_NOT_FOUND'), '');
  assert.match(
    error('NOT_CONTROLLER'),
    /^Error retrieving SCRAM credential configs .*'bob': .*why\n$/,
  );
});
