// If this breaks, scripts that read the tools' output, as they read Kafka's, stop understanding it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../protocol/errors.ts';
import { versionLines } from './commands/broker-api-versions.ts';
import { deletionLine, parseDeletions } from './commands/delete-records.ts';
import { offsetLines } from './commands/get-offsets.ts';
import { logDirsJson } from './commands/log-dirs.ts';
import { partitionRules, topicAndPartitions } from './partition-filter.ts';

// If these break, scripts read something else than from Kafka 3.9's own tools.

test('offsets are ordered as text, and partitions without one are left out', () => {
  const at = (topic: string, partition: number, offset: number) => ({
    ...{ topic, partition, offset },
    ...{ timestamp: -1, leaderEpoch: 0 },
  });
  assert.equal(
    offsetLines([at('b', 0, 5), at('a', 2, 1), at('a', 10, 7), at('a', 3, -1)]),
    'a:10:7\na:2:1\nb:0:5\n',
  );
});

test('partitions are chosen by rules, or by a topic and numbers', () => {
  const chosen = ({ partition }: ReturnType<typeof partitionRules>, topic: string) =>
    [0, 1, 2, 3, 4].filter((number) => partition({ topic, partition: number })).join('');
  const rules = partitionRules('one:1,range:1-3,from:3-,below:-2,all.*');
  assert.equal(chosen(rules, 'one'), '1');
  assert.equal(chosen(rules, 'range'), '12');
  assert.equal(chosen(rules, 'from'), '34');
  assert.equal(chosen(rules, 'below'), '01');
  assert.equal(chosen(rules, 'all-of-it'), '01234');
  assert.equal(chosen(rules, 'other'), '');
  assert.equal(chosen(partitionRules(':2'), 'any'), '2');
  assert.equal(rules.topic('range'), true);
  assert.equal(rules.topic('ranges'), false);
  assert.equal(chosen(topicAndPartitions('a|b', '0,3'), 'b'), '03');
  assert.equal(chosen(topicAndPartitions(undefined, undefined), 'b'), '01234');
  assert.throws(() => topicAndPartitions('a', '1,x'), /comma separated list of numeric/);
  assert.throws(() => partitionRules('a:b'), /Invalid rule specification: a:b/);
});

test('the file of offsets is checked with sentences that Kafka has', () => {
  const file = (partitions: unknown, version: unknown = 1) =>
    parseDeletions(JSON.stringify({ partitions, version }));
  const one = { topic: 'a', partition: 0, offset: -1 };
  assert.deepEqual(file([one]), [one]);
  assert.throws(() => file([one, one]), /duplicate topic partitions: a-0/);
  assert.throws(() => file([one], 2), /Not supported version field value 2/);
  assert.throws(() => file(undefined), /Missing partitions field/);
  assert.throws(() => file([{ topic: 'a' }]), /must have topic, partition and offset/);
  assert.throws(() => parseDeletions('{'), /not a valid JSON/);
  assert.equal(deletionLine(one, 7), 'partition: a-0\tlow_watermark: 7\n');
  assert.match(
    deletionLine(one, new KafkaError('OFFSET_OUT_OF_RANGE')),
    /^partition: a-0\terror: .*offset.*\n$/,
  );
});

test('the versions of a broker, beside those of the clients', () => {
  const lines = versionLines(
    new Map([
      [0, { min: 0, max: 13 }],
      [2, { min: 4, max: 4 }],
      [47, { min: 9, max: 10 }],
      [52, { min: 0, max: 0 }],
      [999, { min: 1, max: 2 }],
    ]),
  ).split('\n');
  assert.equal(lines[0], '(');
  assert.equal(lines[1], '\tProduce(0): 0 to 13 [usable: 13],');
  assert.equal(lines[2], '\tFetch(1): UNSUPPORTED,');
  assert.equal(lines[3], '\tListOffsets(2): 4 [usable: 4],');
  assert.ok(lines.includes('\tOffsetDelete(47): 9 to 10 [unusable: node too new],'));
  assert.ok(lines.includes('\tVote(52): 0 [usable: 0],'));
  assert.ok(!lines.some((line) => line.includes('BeginQuorumEpoch')), 'only between brokers');
  assert.equal(lines.at(-2), '\tUNKNOWN(999): 1 to 2');
  assert.equal(lines.at(-1), ')');
});

test('what lies in the data directories, as JSON', () => {
  const replica = { topic: 'dump', partition: 0, size: 69, offsetLag: 0, isFuture: false };
  const dirs = [
    { path: '/data', error: 'NONE', replicas: [replica, { ...replica, topic: 'other' }] },
  ] as const;
  assert.equal(
    logDirsJson([[1001, dirs]], new Set(['dump'])),
    '{"brokers":[{"broker":1001,"logDirs":[{"partitions":[{"partition":"dump-0","size":69,"offsetLag":0,"isFuture":false}],"error":null,"logDir":"/data"}]}],"version":1}\n',
  );
  assert.match(logDirsJson([[1, dirs]], new Set()), /"dump-0".*"other-0"/);
  const broken = { path: '/data', error: 'KAFKA_STORAGE_ERROR', replicas: [] } as const;
  assert.match(logDirsJson([[1, [broken]]], new Set()), /"error":"KAFKA_STORAGE_ERROR"/);
});
