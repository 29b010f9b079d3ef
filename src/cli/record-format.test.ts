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
  recordFormatter(properties)({ ...RECORD, ...record }).toString();

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
  const raw = recordFormatter({})({ ...RECORD, value: Buffer.from([0xff, 0]) });
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
  assert.throws(() => format({ 'key.deserializer': 'AvroDeserializer' }), /is unknown; there are/);
  assert.throws(() => format({ 'print.kye': 'true' }), /print.kye is unknown/);
});
