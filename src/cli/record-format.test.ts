// If this breaks, the console consumer prints keys, headers or bytes otherwise than Kafka's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerRecord } from '../client/index.ts';
import { recordFormatter } from './record-format.ts';

// If these break, scripts that read console-consumer's output read something else. The lines are
// those of Kafka 3.9's own tool.

const RECORD: ConsumerRecord = {
  topic: 't',
  partition: 1,
  offset: 42,
  timestamp: 1795183606959,
  timestampType: 'CreateTime',
  key: Buffer.from('k1'),
  value: Buffer.from('v1'),
  headers: [
    { key: 'h1', value: Buffer.from('x') },
    { key: 'h2', value: null },
  ],
  leaderEpoch: 3,
};
const format = (properties: Record<string, string>, record: Partial<ConsumerRecord> = {}) =>
  recordFormatter(properties, assert.fail)({ ...RECORD, ...record }).toString();

const CASES: readonly (readonly [Record<string, string>, string])[] = [
  [{}, 'v1\n'],
  [{ 'print.key': 'true' }, 'k1\tv1\n'],
  [{ 'print.key': 'true', 'print.value': 'false' }, 'k1\n'],
  [{ 'print.value': 'false' }, ''],
  [{ 'print.timestamp': 'TRUE', 'print.value': 'false' }, 'CreateTime:1795183606959\n'],
  [
    {
      'print.timestamp': 'true',
      'print.partition': 'true',
      'print.offset': 'true',
      'print.epoch': 'true',
      'print.headers': 'true',
      'print.key': 'true',
      'key.separator': '|',
      'line.separator': ';',
      'headers.separator': '&',
      'null.literal': 'NULL',
    },
    'CreateTime:1795183606959|Partition:1|Offset:42|Epoch:3|h1:x&h2:NULL|k1|v1;',
  ],
];

test('columns come in the order of the tool, whatever the order of the properties', () => {
  for (const [properties, expected] of CASES) assert.equal(format(properties), expected);
});

test('nulls, missing headers and bytes that are no text', () => {
  assert.equal(format({ 'print.key': 'true' }, { key: null, value: null }), 'null\tnull\n');
  assert.equal(format({ 'print.headers': 'true' }, { headers: [] }), 'NO_HEADERS\tv1\n');
  const raw = recordFormatter({}, assert.fail)({ ...RECORD, value: Buffer.from([0xff, 0]) });
  assert.deepEqual([...raw], [0xff, 0, 0x0a]);
});

test('deserializers read numbers', () => {
  const name = 'org.apache.kafka.common.serialization.';
  const eight = Buffer.from([0, 0, 0, 0, 0, 0, 1, 0]);
  assert.equal(
    format({ 'value.deserializer': `${name}LongDeserializer` }, { value: eight }),
    '256\n',
  );
  assert.throws(
    () => format({ 'value.deserializer': 'IntegerDeserializer' }),
    /2 bytes are not an integer, which has 4/,
  );
  assert.equal(format({ 'print.schema': 'true' }), 'v1\n', "another formatter's own");
});

test('a property that is nearly one of ours is said to have no effect', () => {
  const warnings: string[] = [];
  recordFormatter({ 'print.kye': 'true', 'key.seperator': ' ' }, (warning) =>
    warnings.push(warning),
  );
  assert.deepEqual(warnings, [
    'WARNING: property print.kye has no effect; did you mean print.key?',
    'WARNING: property key.seperator has no effect; did you mean key.separator?',
  ]);
});

test('a deserializer that is unknown prints the bytes, and says so', () => {
  const warnings: string[] = [];
  const own = recordFormatter({ 'value.deserializer': 'org.example.OwnDeserializer' }, (warning) =>
    warnings.push(warning),
  );
  assert.equal(own(RECORD).toString(), 'v1\n');
  assert.match(warnings.join(), /^value.deserializer=org.example.OwnDeserializer is unknown, so/);
});

// What Java 17 prints for these.
const NUMBERS: readonly (readonly [string, Buffer, string])[] = [
  ['Float', float(0.1), '0.1'],
  ['Float', float(-7), '-7.0'],
  ['Float', float(1e10), '1.0E10'],
  ['Double', double(0.1), '0.1'],
  ['Double', double(1e21), '1.0E21'],
  ['Double', double(123456.789), '123456.789'],
  ['Double', double(12345678.9), '1.23456789E7'],
  ['Double', double(0.001), '0.001'],
  ['Double', double(0.00012), '1.2E-4'],
  ['Double', double(-0), '-0.0'],
  ['Double', double(Number.NaN), 'NaN'],
  ['Double', double(Number.NEGATIVE_INFINITY), '-Infinity'],
  ['Bytes', Buffer.from([0x41, 0x01, 0xc3, 0x5c, 0x7f]), 'A\\x01\\xC3\\x5C\\x7F'],
  ['ByteBuffer', Buffer.from('plain'), 'java.nio.HeapByteBuffer[pos=0 lim=5 cap=5]'],
];

test('values look as Java prints them', () => {
  for (const [name, value, expected] of NUMBERS) {
    const className = `org.apache.kafka.common.serialization.${name}Deserializer`;
    assert.equal(format({ 'value.deserializer': className }, { value }), `${expected}\n`);
  }
});

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
