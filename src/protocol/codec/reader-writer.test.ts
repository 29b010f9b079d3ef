// If this breaks, a number, text or length on the wire is another one here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_UUID } from '../../base/random.ts';
import { FetchRequest, MetadataRequest } from '../messages/index.ts';
import { decode, ProtocolError, Reader, Writer } from './index.ts';

// The primitives: one wrong byte here is wrong in every message.

type Case = readonly [
  name: string,
  hex: string,
  write: (writer: Writer) => void,
  read: (reader: Reader) => unknown,
  value: unknown,
];

const cases: readonly Case[] = [
  ['bool', '01', (w) => w.bool(true), (r) => r.bool(), true],
  ['bool', '00', (w) => w.bool(false), (r) => r.bool(), false],
  ['int8', '80', (w) => w.int8(-128), (r) => r.int8(), -128],
  ['int16', 'fffe', (w) => w.int16(-2), (r) => r.int16(), -2],
  ['int16', '7fff', (w) => w.int16(32767), (r) => r.int16(), 32767],
  ['uint16', 'fffe', (w) => w.uint16(65534), (r) => r.uint16(), 65534],
  ['int32', '80000001', (w) => w.int32(-2147483647), (r) => r.int32(), -2147483647],
  ['uint32', 'fffffffe', (w) => w.uint32(4294967294), (r) => r.uint32(), 4294967294],
  ['int64', 'ffffffffffffffff', (w) => w.int64(-1), (r) => r.int64(), -1],
  ['int64', '0000000100000002', (w) => w.int64(4294967298), (r) => r.int64(), 4294967298],
  ['int64', '001fffffffffffff', (w) => w.int64(2 ** 53 - 1), (r) => r.int64(), 2 ** 53 - 1],
  ['int64', 'ffe0000000000001', (w) => w.int64(1 - 2 ** 53), (r) => r.int64(), 1 - 2 ** 53],
  ['int64', 'fffffffeffffffff', (w) => w.int64(-4294967297), (r) => r.int64(), -4294967297],
  [
    'int64',
    '7fffffffffffffff',
    (w) => w.exactInt64(2n ** 63n - 1n),
    (r) => r.exactInt64(),
    2n ** 63n - 1n,
  ],
  [
    'int64',
    '8000000000000000',
    (w) => w.exactInt64(-(2n ** 63n)),
    (r) => r.exactInt64(),
    -(2n ** 63n),
  ],
  ['int64', '0020000000000000', (w) => w.exactInt64(2n ** 53n), (r) => r.exactInt64(), 2n ** 53n],
  [
    'int64',
    'ffe0000000000000',
    (w) => w.exactInt64(-(2n ** 53n)),
    (r) => r.exactInt64(),
    -(2n ** 53n),
  ],
  [
    'int64',
    '001fffffffffffff',
    (w) => w.exactInt64(2 ** 53 - 1),
    (r) => r.exactInt64(),
    2 ** 53 - 1,
  ],
  ['int64', 'ffffffffffffffff', (w) => w.exactInt64(-1), (r) => r.exactInt64(), -1],
  ['float64', '3ff8000000000000', (w) => w.float64(1.5), (r) => r.float64(), 1.5],
  ['varint', '00', (w) => w.unsignedVarint(0), (r) => r.unsignedVarint(), 0],
  ['varint', '7f', (w) => w.unsignedVarint(127), (r) => r.unsignedVarint(), 127],
  ['varint', '8001', (w) => w.unsignedVarint(128), (r) => r.unsignedVarint(), 128],
  [
    'varint',
    'ffffffff0f',
    (w) => w.unsignedVarint(2 ** 32 - 1),
    (r) => r.unsignedVarint(),
    2 ** 32 - 1,
  ],
  ['string', '0000', (w) => w.string('', false), (r) => r.string(false), ''],
  ['string', '000161', (w) => w.string('a', false), (r) => r.nullableString(false), 'a'],
  ['string', '0004f09f9ab0', (w) => w.string('🚰', false), (r) => r.string(false), '🚰'],
  ['compact string', '0261', (w) => w.string('a', true), (r) => r.string(true), 'a'],
  ['compact string', '03c3a9', (w) => w.string('é', true), (r) => r.string(true), 'é'],
  ['null string', 'ffff', (w) => w.nullString(false), (r) => r.nullableString(false), null],
  ['null compact string', '00', (w) => w.nullString(true), (r) => r.nullableString(true), null],
  ['uuid', '00'.repeat(16), (w) => w.uuid(ZERO_UUID), (r) => r.uuid(), ZERO_UUID],
  [
    'uuid',
    '00000000000000000000000000000001',
    (w) => w.uuid('AAAAAAAAAAAAAAAAAAAAAQ'),
    (r) => r.uuid(),
    'AAAAAAAAAAAAAAAAAAAAAQ',
  ],
  [
    'bytes',
    '000000020102',
    (w) => w.bytes(Buffer.from([1, 2]), false),
    (r) => r.bytes(false),
    Buffer.from([1, 2]),
  ],
  [
    'compact bytes',
    '030102',
    (w) => w.bytes(Buffer.from([1, 2]), true),
    (r) => r.nullableBytes(true),
    Buffer.from([1, 2]),
  ],
  ['null bytes', 'ffffffff', (w) => w.length(-1, false), (r) => r.nullableBytes(false), null],
];

test('each primitive has exactly its bytes, both ways', () => {
  for (const [name, hex, write, read, value] of cases) {
    const writer = new Writer();
    write(writer);
    assert.equal(Buffer.concat(writer.finish()).toString('hex'), hex, `${name} ${value}`);
    const reader = new Reader(Buffer.from(`ee${hex}ee`, 'hex'), 1, 1 + hex.length / 2);
    assert.deepEqual(read(reader), value, name);
    assert.equal(reader.remaining, 0, name);
  }
});

test('each primitive cut short is refused', () => {
  for (const [name, hex, , read] of cases) {
    const whole = Buffer.from(hex, 'hex');
    for (let size = 0; size < whole.length; size++) {
      const reader = new Reader(whole, 0, size);
      assert.throws(() => read(reader), ProtocolError, `${name} cut at ${size}`);
    }
  }
});

test('strings of every length round trip in both forms', () => {
  for (const letter of ['a', 'é', '水']) {
    for (const length of [0, 1, 7, 8, 9, 23, 24, 25, 41, 42, 63, 64, 126, 127, 128, 9000]) {
      for (const compact of [true, false]) {
        const text = letter.repeat(length);
        const writer = new Writer();
        writer.string(text, compact);
        const reader = new Reader(Buffer.concat(writer.finish()));
        assert.equal(reader.string(compact), text);
        assert.equal(reader.remaining, 0);
      }
    }
  }
});

function refusal(hex: string, read: (reader: Reader) => unknown): string {
  let text = 'nothing was thrown';
  assert.throws(
    () => read(new Reader(Buffer.from(hex, 'hex'))),
    (error) => {
      assert.ok(error instanceof ProtocolError);
      text = error.message;
      return true;
    },
  );
  return text;
}

test('hostile lengths are refused in a sentence with the position', () => {
  assert.equal(
    refusal('7fffffff', (r) => r.bytes(false)),
    'the length 2147483647 at position 0 is more than the 0 bytes that follow',
  );
  assert.equal(
    refusal('fffffffe', (r) => r.bytes(false)),
    'the length -2 at position 0 is negative',
  );
  assert.equal(
    refusal('fffe', (r) => r.string(false)),
    'the string length -2 at position 0 is negative',
  );
  assert.equal(
    refusal('ffff', (r) => r.string(false)),
    'null at position 0, where this version allows none',
  );
  assert.match(
    refusal('7fff61', (r) => r.string(false)),
    /32767 .* more than the 1 bytes/,
  );
  assert.match(
    refusal('ffffffff1f', (r) => r.unsignedVarint()),
    /does not fit 32 bits/,
  );
  assert.match(
    refusal('ffffffffff01', (r) => r.unsignedVarint()),
    /does not fit 32 bits/,
  );
  assert.match(
    refusal('000000030000', (r) => r.arrayCount(false, 1, 64)),
    /3 elements .* 2 bytes/,
  );
  assert.match(
    refusal('fffffffe', (r) => r.arrayCount(false, 1, 64)),
    /-2 elements/,
  );
  assert.match(
    refusal('05', (r) => r.skipTags()),
    /5 tagged fields/,
  );
  assert.match(
    refusal('01877f', (r) => r.skipTags()),
    /at position|remain/,
  );
  // Kafka's limit holds for compact strings too, whose length could be more.
  const long = `818002${'61'.repeat(32768)}`;
  assert.match(
    refusal(long, (r) => r.string(true)),
    /32768 bytes .* longer than 32767/,
  );
});

test('a tag whose content does not fill its size is refused', () => {
  // Fetch v12: tag 0 is the cluster id; its size says 3 bytes, the string takes 2.
  const head = '00000000000000000000000100000000000000000000000000010101';
  const body = `${head}0100030261`;
  assert.throws(
    () => decode(FetchRequest, 12, Buffer.from(`${body}00`, 'hex')),
    /FetchRequest v12.*: a tagged field ends at position \d+, its size says \d+/,
  );
});

test('the count of an array is believed only as far as there are bytes for it', () => {
  const hostile = Buffer.from('7fffffff00', 'hex');
  assert.throws(() => decode(MetadataRequest, 0, hostile), /MetadataRequest v0, topics: an array/);
});

test('one message cannot take up more memory than the limit, however small its elements are', () => {
  const count = 1000;
  const many = new Writer();
  many.length(count, true);
  const bytes = Buffer.concat([...many.finish(), Buffer.alloc(count)]);
  const reader = (maxHeapBytes: number) => new Reader(bytes, 0, bytes.length, maxHeapBytes);
  assert.equal(reader(64_000).arrayCount(true, 1, 64), count);
  assert.throws(() => reader(63_999).arrayCount(true, 1, 64), /more than 63999 bytes of memory/);
});

test('a region outside its buffer is refused', () => {
  assert.throws(() => new Reader(Buffer.alloc(3), 4), ProtocolError);
  assert.throws(() => new Reader(Buffer.alloc(3), 0, 4), ProtocolError);
  assert.throws(() => new Reader(Buffer.alloc(3), -1), ProtocolError);
});

test('a value that does not fit its type is refused, not wrapped', () => {
  const wrong: readonly ((writer: Writer) => void)[] = [
    (w) => w.int8(128),
    (w) => w.int16(32768),
    (w) => w.int16(Number.NaN),
    (w) => w.uint16(-1),
    (w) => w.int32(2 ** 31),
    (w) => w.int32(0.5),
    (w) => w.uint32(-1),
    (w) => w.int64(2 ** 53),
    (w) => w.int64(Number.NaN),
    (w) => w.uuid('short'),
    (w) => w.uuid('*'.repeat(22)),
    (w) => w.string('x'.repeat(32768), true),
    (w) => w.string('é'.repeat(16384), false),
    (w) => w.unsignedVarint(-1),
  ];
  for (const write of wrong) assert.throws(() => write(new Writer()), ProtocolError, `${write}`);
});

test('record buffers pass through uncopied, in their places', () => {
  const first = Buffer.from('first');
  const second = Buffer.from('second');
  const writer = new Writer();
  writer.int8(1);
  writer.records([first, Buffer.alloc(0), second], false);
  writer.int8(2);
  writer.records(Buffer.alloc(0), true);
  writer.int8(3);
  assert.equal(writer.size, 1 + 4 + 11 + 1 + 1 + 1);
  const chunks = writer.finish();
  assert.equal(chunks.length, 4);
  assert.equal(chunks[1], first);
  assert.equal(chunks[2], second);
  assert.equal(Buffer.concat(chunks).toString('latin1'), '\x01\0\0\0\x0bfirstsecond\x02\x01\x03');
  assert.equal(writer.size, 0);
});

test('a writer grows, and what it gave out is not written over', () => {
  const writer = new Writer();
  for (let index = 0; index < 20_000; index++) writer.int32(index);
  const [large] = writer.finish();
  writer.int32(-1);
  writer.finish();
  const reader = new Reader(large!);
  for (let index = 0; index < 20_000; index++) assert.equal(reader.int32(), index);
  writer.raw(Buffer.alloc(3_000_000, 7));
  assert.equal(writer.finish()[0]!.length, 3_000_000);
  writer.int8(1);
  assert.deepEqual(writer.finish(), [Buffer.from([1])]);
});

test('a tagged field of any size gets its size before it', () => {
  for (const size of [0, 1, 127, 128, 300, 16383, 16384, 20_000]) {
    const writer = new Writer();
    const mark = writer.beginTag(5);
    writer.raw(Buffer.alloc(size, 9));
    writer.endTag(mark);
    writer.int8(42);
    const reader = new Reader(Buffer.concat(writer.finish()));
    assert.equal(reader.unsignedVarint(), 5);
    assert.equal(reader.tagSize(), size);
    for (let index = 0; index < size; index++) assert.equal(reader.int8(), 9);
    assert.equal(reader.int8(), 42);
    assert.equal(reader.remaining, 0);
  }
});
