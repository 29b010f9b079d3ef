// If this breaks, no client of some age gets an answer that it can read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../../base/testing/sim-random.ts';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  apis,
  ControlledShutdownRequest,
  HeartbeatRequest,
} from '../messages/index.ts';
import { generateMessage, versionsOf } from '../testing/generate.ts';
import {
  decodeRequestFrame,
  decodeRequestHeader,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
  peekCorrelationId,
  requestHeaderVersion,
  responseHeaderVersion,
} from './index.ts';

const body = (chunks: readonly Buffer[]) => Buffer.concat(chunks).subarray(4);

test('every request and response frame round trips at every version', () => {
  for (const { request, response } of apis) {
    for (const version of versionsOf(request)) {
      const random = new SimRandom(version);
      const sent = generateMessage(request, version, random);
      const chunks = encodeRequestFrame(
        request,
        version,
        { correlationId: 77, clientId: null },
        sent,
      );
      const frame = Buffer.concat(chunks);
      assert.equal(frame.readInt32BE(0), frame.length - 4);
      const decoded = decodeRequestFrame(frame.subarray(4));
      assert.deepEqual(decoded.body, sent);
      assert.equal(decoded.header.apiKey, request.apiKey);
      assert.equal(decoded.header.apiVersion, version);
      assert.equal(decoded.header.correlationId, 77);

      const answer = generateMessage(response, version, random);
      const answered = Buffer.concat(encodeResponseFrame(response, version, -5, answer));
      assert.equal(answered.readInt32BE(0), answered.length - 4);
      assert.equal(peekCorrelationId(answered.subarray(4)), -5);
      const { correlationId, body } = decodeResponseFrame(response, version, answered.subarray(4));
      assert.equal(correlationId, -5);
      assert.deepEqual(body, answer);
    }
  }
});

test('the client id keeps its old form in flexible headers, null and long', () => {
  const frame = body(
    encodeRequestFrame(HeartbeatRequest, 4, { correlationId: 9, clientId: 'me' }, {}),
  );
  assert.equal(frame.subarray(0, 13).toString('hex'), `000c00040000000900026d6500`);
  for (const clientId of [null, '', 'x'.repeat(300)]) {
    for (const version of [3, 4]) {
      const chunks = encodeRequestFrame(
        HeartbeatRequest,
        version,
        { correlationId: 9, clientId },
        {},
      );
      assert.equal(decodeRequestHeader(body(chunks)).clientId, clientId);
    }
  }
});

test('ControlledShutdown v0 has no client id', () => {
  const frame = body(
    encodeRequestFrame(
      ControlledShutdownRequest,
      0,
      { correlationId: 1, clientId: 'lost' },
      { brokerId: 6 },
    ),
  );
  assert.equal(frame.toString('hex'), '000700000000000100000006');
  assert.deepEqual(decodeRequestHeader(frame), {
    apiKey: 7,
    apiVersion: 0,
    correlationId: 1,
    clientId: null,
    bodyOffset: 8,
  });
  assert.equal(requestHeaderVersion(7, 1), 1);
  assert.equal(requestHeaderVersion(7, 3), 2);
});

test('an ApiVersions response never has tagged fields in its header', () => {
  for (const version of versionsOf(ApiVersionsResponse)) {
    assert.equal(responseHeaderVersion(18, version), 0);
    const frame = body(encodeResponseFrame(ApiVersionsResponse, version, 3, { errorCode: 35 }));
    assert.equal(frame.subarray(0, 6).toString('hex'), '000000030023');
  }
});

test('an ApiVersions request of a version from the future has a readable header', () => {
  const frame = body(
    encodeRequestFrame(ApiVersionsRequest, 4, { correlationId: 4, clientId: 'new' }, {}),
  );
  frame.writeInt16BE(127, 2);
  const header = decodeRequestHeader(frame);
  assert.equal(header.apiVersion, 127);
  assert.equal(header.clientId, 'new');
  assert.throws(() => decodeRequestFrame(frame), /ApiVersionsRequest has no version 127/);
});

test('unknown tagged fields in a request header are skipped', () => {
  const frame = Buffer.from('000c000400000009ffff0201008f4e02aabb05', 'hex');
  assert.equal(decodeRequestHeader(frame).bodyOffset, frame.length - 1);
});

test('a header that is not one is a protocol error', () => {
  for (const hex of ['', '00', '000c', '000c0004', '000c000400000009', '000c0004000000090005']) {
    assert.throws(
      () => decodeRequestHeader(Buffer.from(hex, 'hex')),
      /^ProtocolError: request header: /,
    );
  }
  assert.throws(
    () => decodeRequestHeader(Buffer.from('03e7000000000001ffff', 'hex')),
    /request header: no API has the key 999/,
  );
  assert.throws(() => decodeRequestHeader(Buffer.from('ffff000000000001ffff', 'hex')), /key -1/);
});
