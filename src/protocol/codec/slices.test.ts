// If this breaks, a long message is read or written differently from a short one, or holds everybody else up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../../base/testing/sim-random.ts';
import {
  apis,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  MetadataRequest,
  OffsetFetchRequest,
} from '../messages/index.ts';
import { lazily } from '../schema/index.ts';
import { generateMessage, versionsOf } from '../testing/generate.ts';
import {
  decode,
  decodeShort,
  decodeSteps,
  encode,
  encodeResponseFrame,
  encodeResponseFrameSteps,
  encodeShortResponseFrame,
  heapBytesPerByte,
  Reader,
  TooLargeToDecode,
} from './index.ts';

/** It is over after every step, so that whatever can yield does. */
const eachStep = { isOver: () => true };

function finish<Result>(steps: Generator<void, Result, void>): { result: Result; turns: number } {
  for (let turns = 1; ; turns++) {
    const { done, value } = steps.next();
    if (done) return { result: value, turns };
  }
}

test('every message of every version is read and written in slices as it is in one go', () => {
  const random = new SimRandom(7);
  let turns = 0;
  for (const { request, response } of apis) {
    for (const version of versionsOf(request)) {
      const bytes = Buffer.concat(
        encode(request, version, generateMessage(request, version, random)),
      );
      const sliced = finish(decodeSteps(request, version, new Reader(bytes), eachStep));
      assert.deepEqual(sliced.result, decode(request, version, bytes));
      turns += sliced.turns;
    }
    for (const version of versionsOf(response)) {
      const answer = generateMessage(response, version, random);
      const whole = Buffer.concat(encodeResponseFrame(response, version, 5, answer));
      const pace = { ...eachStep, wrote: () => {} };
      const sliced = finish(encodeResponseFrameSteps(response, version, 5, answer, pace));
      assert.deepEqual(Buffer.concat(sliced.result), whole);
      const short = encodeShortResponseFrame(response, version, 5, answer);
      assert.deepEqual(short && Buffer.concat(short), whole);
      turns += sliced.turns;
    }
  }
  assert.ok(turns > 1000, `${turns} turns`);
});

test('what takes up more memory than a turn has room for is left to the slices, before it is read', () => {
  const partitionIndexes = Array.from({ length: 100_000 }, (_, index) => index);
  const input = { groupId: 'g', topics: [{ name: 't', partitionIndexes }] };
  const bytes = Buffer.concat(encode(OffsetFetchRequest, 1, input));
  assert.equal(decodeShort(OffsetFetchRequest, 1, bytes, 0), undefined);
  const { result, turns } = finish(decodeSteps(OffsetFetchRequest, 1, new Reader(bytes), eachStep));
  assert.equal(result.topics?.[0]?.partitionIndexes.length, 100_000);
  assert.ok(turns > 100_000);
});

test('numbers and empty strings count, and a message that is too large is refused before its elements are read', () => {
  const names = Array.from({ length: 50_000 }, () => ({ name: '' }));
  const bytes = Buffer.concat(encode(MetadataRequest, 1, { topics: names }));
  // Two bytes each on the wire.
  assert.equal(bytes.length, 4 + 100_000);
  const read = (maxBytes: number) =>
    finish(decodeSteps(MetadataRequest, 1, new Reader(bytes, 0, bytes.length, maxBytes), eachStep));
  const reader = new Reader(bytes);
  finish(decodeSteps(MetadataRequest, 1, reader, eachStep));
  assert.ok(reader.heapBytes >= 50_000 * 64 && reader.heapBytes <= bytes.length * 100);
  assert.throws(() => read(reader.heapBytes - 1), TooLargeToDecode);
  assert.equal(read(reader.heapBytes).result.topics?.length, 50_000);
});

test('a long answer is made row by row as it is written, and its bytes are told as they become complete', () => {
  let made = 0;
  const groups = lazily({ length: 20_000 } as ArrayLike<undefined>, (_, index) => {
    made++;
    return { groupId: `group ${index}`, groupState: 'Stable' };
  });
  assert.equal(encodeShortResponseFrame(DescribeGroupsResponse, 5, 1, { groups }), undefined);
  assert.equal(made, 0, 'none of it for nothing');
  let wrote = 0;
  let most = 0;
  const pace = {
    ...eachStep,
    wrote(bytes: number) {
      wrote += bytes;
      most = Math.max(most, bytes);
    },
  };
  const { result } = finish(
    encodeResponseFrameSteps(DescribeGroupsResponse, 5, 1, { groups }, pace),
  );
  const frame = Buffer.concat(result);
  assert.equal(frame.readInt32BE(0), frame.length - 4);
  assert.equal(made, 20_000);
  assert.ok(wrote > frame.length - 100_000 && most < 100_000, `${wrote} of ${frame.length}`);
  const { groups: read } = decode(DescribeGroupsResponse, 5, frame, 9);
  assert.equal(read[19_999]?.groupId, 'group 19999');
});

test('no request takes more than 96 bytes of memory for each of its bytes', () => {
  for (const { request } of apis) {
    for (const version of versionsOf(request)) {
      const perByte = heapBytesPerByte(request, version);
      assert.ok(perByte <= 96, `${request.name} v${version}: ${perByte}`);
    }
  }
});

test('the factor of a request is that of its worst arrays', () => {
  // Empty strings of one byte each: an element of 64 bytes and the head of a string.
  const worst = heapBytesPerByte(DescribeGroupsRequest, 5);
  assert.equal(worst, 88);
  const groups = Array.from({ length: 100_000 }, () => '');
  const bytes = Buffer.concat(encode(DescribeGroupsRequest, 5, { groups }));
  const reader = new Reader(bytes);
  finish(decodeSteps(DescribeGroupsRequest, 5, reader, eachStep));
  assert.ok(reader.heapBytes <= worst * bytes.length);
  assert.ok(reader.heapBytes >= (worst - 1) * bytes.length);
});
