// If this breaks, clients take one error for another, or give up where they should try again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCode, errorMessage, errorName, isRetriable, KafkaError } from './errors.ts';

test('every code from -1 to 133 has exactly one name, and every name its code back', () => {
  for (let code = -1; code <= 133; code++) {
    const name = errorName(code);
    assert.equal(errorCode(name), code, name);
    assert.ok(errorMessage(name).endsWith('.'), name);
  }
  assert.equal(errorName(9999), 'UNKNOWN_SERVER_ERROR');
});

test('clients repeat exactly the requests that Kafka lets them repeat', () => {
  const retriable: number[] = [];
  for (let code = -1; code <= 133; code++) if (isRetriable(errorName(code))) retriable.push(code);
  assert.deepEqual(
    retriable,
    [
      2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 70, 71, 72, 74, 75, 78, 80, 83, 84, 88,
      89, 100, 103, 106, 122, 123, 133,
    ],
  );
});

test('an error carries its name, its code and what was said', () => {
  const error = new KafkaError('NOT_CONTROLLER', 'broker 3 is');
  assert.equal(error.error, 'NOT_CONTROLLER');
  assert.equal(error.code, 41);
  assert.equal(error.message, 'broker 3 is');
  assert.equal(error.detail, 'broker 3 is');
  assert.equal(error.retriable, true);
  assert.equal(new KafkaError('INVALID_TOPIC_EXCEPTION').detail, null);
  assert.match(new KafkaError('INVALID_TOPIC_EXCEPTION').message, /topic/);
});
