// If this breaks, a client that asks for what is not there sees its connection end and nobody tells why.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SimRandom } from '../../src/base/testing/sim-random.ts';
import { decodeResponseFrame } from '../../src/protocol/codec/index.ts';
import { errorName } from '../../src/protocol/errors.ts';
import * as messages from '../../src/protocol/messages/index.ts';
import { generateMessage, versionsOf } from '../../src/protocol/testing/generate.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';

const log = new LogCapture();
let broker: TestBroker;
let client: RawClient;
before(async () => {
  broker = await startTestBroker({ logger: log });
  client = await RawClient.connect(broker);
});
after(async () => {
  client.close();
  await broker.stop();
});

/** Every error of an answer, wherever it is. */
function errorsIn(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(errorsIn);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    /errorCode$/i.test(name) && typeof member === 'number' ? [member] : errorsIn(member),
  );
}

test('an API that is not offered is answered with its own error, and a line that says what to do', async () => {
  const expected: Readonly<Record<string, string>> = {
    SaslHandshake: 'ILLEGAL_SASL_STATE',
    SaslAuthenticate: 'ILLEGAL_SASL_STATE',
    AddPartitionsToTxn: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    AddOffsetsToTxn: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    EndTxn: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    WriteTxnMarkers: 'CLUSTER_AUTHORIZATION_FAILED',
    TxnOffsetCommit: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    AlterReplicaLogDirs: 'UNSUPPORTED_VERSION',
    AlterClientQuotas: 'UNSUPPORTED_VERSION',
    AlterUserScramCredentials: 'UNSUPPORTED_VERSION',
  };
  const { ApiVersionsRequest, ApiVersionsResponse } = messages;
  const { apiKeys } = await client.call(ApiVersionsRequest, ApiVersionsResponse, 0, {});
  for (const [name, error] of Object.entries(expected)) {
    const api = messages.apis.find((each) => each.name === name)!;
    assert.ok(!apiKeys.some(({ apiKey }) => apiKey === api.key), `${name} is not advertised`);
    const seen = new Set<string>();
    for (const version of versionsOf(api.request)) {
      const random = new SimRandom(version + 3);
      client.send(api.request, version, generateMessage(api.request, version, random));
      const { body } = decodeResponseFrame(api.response, version, await client.nextFrame());
      for (const code of errorsIn(body)) if (code !== 0) seen.add(errorName(code));
    }
    assert.deepEqual([...seen], [error], name);
    const [line] = log.takeComplaints();
    assert.equal(line?.['api'], name);
    assert.equal(line?.['clientId'], 'raw');
    assert.match(
      line?.msg ?? '',
      new RegExp(`^client 'raw' asked for ${name}, which .* ${error}: `),
    );
  }
});

test('a transactional id is refused for good, and the log names client, id and remedy', async () => {
  const { InitProducerIdRequest, InitProducerIdResponse } = messages;
  const ask = (transactionalId: string, version: number) =>
    client.call(InitProducerIdRequest, InitProducerIdResponse, version, {
      transactionalId,
      transactionTimeoutMs: 1000,
    });
  for (let version = 0; version <= 4; version++) {
    const { errorCode, producerId } = await ask('orders', version);
    assert.deepEqual(
      [errorName(errorCode), producerId],
      ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', -1],
    );
  }
  const [line] = log.takeComplaints();
  assert.match(
    line?.msg ?? '',
    /^client 'raw' wants transactions with transactional\.id='orders', .*take transactional\.id .* out of its configuration/,
  );
  assert.equal(errorName((await ask('', 4)).errorCode), 'INVALID_REQUEST');
  for (let times = 0; times < 30; times++) await ask('x'.repeat(5000), 4);
  const many = log.takeComplaints();
  assert.ok(many.length < 10, `${many.length} lines`);
  assert.ok(many.every(({ msg }) => msg.length < 500));
});
