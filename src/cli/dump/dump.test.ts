// If this breaks, what a dump shows of a damaged file is wrong, or the dump ends before the damage.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeVersioned } from '../../protocol/codec/index.ts';
import { buildBatch } from '../../protocol/records/batch-builder.ts';
import { buildEndTxnMarker } from '../../protocol/records/control-batch.ts';
import { LEGACY_SETS } from '../../protocol/records/testing/legacy-sets.ts';
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
  TransactionLogKey,
  TransactionLogValue,
} from '../../protocol/state-records/index.ts';
import { encodeProducerSnapshot } from '../../storage/producers/producer-snapshot-file.ts';
import { batchLine, recordLines } from './batch-lines.ts';
import { bytesDecoder, offsetsDecoder, plainDecoder, transactionsDecoder } from './decoders.ts';
import { offsetEntries, timeEntries, transactionIndexLines } from './index-lines.ts';
import { snapshotLines } from './snapshot-lines.ts';

// If these break, a person who looks into a damaged log reads something else than from Kafka's
// DumpLogSegments. The expected lines were printed by that of Kafka 3.9.2, but for the numbers.

const text = plainDecoder(String, String);
const DEEP = { deep: true, decoder: undefined, skipRecordMetadata: false };
const batch = buildBatch(
  [
    { timestamp: 1000, key: Buffer.from('k'), value: Buffer.from('v1') },
    {
      ...{ timestamp: 1005, key: null, value: null },
      headers: [
        { key: 'h', value: null },
        { key: 'i', value: null },
      ],
    },
  ],
  { baseOffset: 7, leaderEpoch: 3, producerId: 5, producerEpoch: 1, baseSequence: 9 },
);

test('a batch', () => {
  const crc = batch.readUInt32BE(17);
  assert.equal(
    batchLine(batch, 154),
    `baseOffset: 7 lastOffset: 8 count: 2 baseSequence: 9 lastSequence: 10 producerId: 5 producerEpoch: 1 partitionLeaderEpoch: 3 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 154 CreateTime: 1005 size: ${batch.length} magic: 2 compresscodec: none crc: ${crc} isvalid: true\n`,
  );
  const damaged = Buffer.from(batch);
  damaged[batch.length - 1]! ^= 1;
  assert.match(batchLine(damaged, 0), /isvalid: false\n$/);
});

test('its records, with and without what is in them', () => {
  const offsets: number[] = [];
  const seen = (offset: number) => offsets.push(offset);
  assert.equal(
    recordLines(batch, DEEP, seen),
    '| offset: 7 CreateTime: 1000 keySize: 1 valueSize: 2 sequence: 9 headerKeys: []\n' +
      '| offset: 8 CreateTime: 1005 keySize: -1 valueSize: -1 sequence: 10 headerKeys: [h,i]\n',
  );
  assert.deepEqual(offsets, [7, 8]);
  const printed = recordLines(batch, { ...DEEP, decoder: text }, seen).split('\n');
  assert.match(printed[0]!, /headerKeys: \[\] key: k payload: v1$/);
  assert.match(printed[1]!, /headerKeys: \[h,i\]$/);
  const bare = { deep: true, decoder: text, skipRecordMetadata: true };
  assert.equal(recordLines(batch, bare, seen), '| key: k payload: v1\n\n');
});

test('messages of formats v0 and v1, alone and compressed', () => {
  const lines = (codec: string, magic: number) => {
    const set = LEGACY_SETS.find((one) => one.codec === codec && one.magic === magic);
    const bytes = Buffer.from(set!.hex, 'hex');
    let [out, at] = ['', 0];
    while (at < bytes.length) {
      const message = bytes.subarray(at, at + 12 + bytes.readInt32BE(at + 8));
      out += batchLine(message, at) + recordLines(message, { ...DEEP, decoder: text }, () => {});
      at += message.length;
    }
    return out;
  };
  assert.equal(
    lines('none', 0).split('\n').slice(0, 2).join('\n'),
    `offset: 0 position: 0 NoTimestampType: -1 size: 37 magic: 0 compresscodec: none crc: 1819157892 isvalid: true
| offset: 0 NoTimestampType: -1 keySize: 2 valueSize: 9 isValid: true crc: 1819157892 key: k1 payload: value one`,
  );
  assert.equal(
    lines('gzip', 1),
    `offset: 2 position: 0 CreateTime: 1700000360000 size: 122 magic: 1 compresscodec: gzip crc: 2513965924 isvalid: true
| offset: 0 CreateTime: 1700000000000 keySize: 2 valueSize: 9 isValid: true crc: 1596496499 key: k1 payload: value one
| offset: 1 CreateTime: 1699999999000 keySize: -1 valueSize: 0 isValid: true crc: 1937649183 payload: 
| offset: 2 CreateTime: 1700000360000 keySize: 0 valueSize: -1 isValid: true crc: 2409292030 key: 
`,
  );
  const damaged = Buffer.from(LEGACY_SETS[0]!.hex, 'hex').subarray(0, 37);
  damaged[36]! ^= 1;
  assert.match(batchLine(damaged, 0), /isvalid: false\n$/);
});

test('the end of a transaction', () => {
  const marker = buildEndTxnMarker({
    ...{ type: 'ABORT', coordinatorEpoch: 4, producerId: 1, producerEpoch: 0, timestamp: 5 },
  });
  assert.match(batchLine(marker, 0), /isTransactional: true isControl: true/);
  assert.match(
    recordLines(marker, { ...DEEP, decoder: text }, () => {}),
    /^\| offset: 0 .* headerKeys: \[\] endTxnMarker: ABORT coordinatorEpoch: 4\n$/,
  );
});

test('group metadata and offsets as JSON', () => {
  const key = encodeVersioned(OffsetCommitKey, 1, { group: 'g1', topic: 'dump', partition: 0 });
  const value = encodeVersioned(OffsetCommitValue, 3, { offset: 24, commitTimestamp: 99 });
  assert.deepEqual(offsetsDecoder({ offset: 1, key, value }), {
    key: '{"type":"1","data":{"group":"g1","topic":"dump","partition":0}}',
    payload:
      '{"version":"3","data":{"offset":24,"leaderEpoch":-1,"metadata":"","commitTimestamp":99}}',
  });
  assert.equal(offsetsDecoder({ offset: 1, key, value: null }).payload, '<DELETE>');
  const subscription = Buffer.from('000100000001000464756d70ffffffff00000000', 'hex');
  const member = { memberId: 'm', clientId: 'c', clientHost: '/h', sessionTimeout: 9 };
  const group = {
    ...{ protocolType: 'consumer', generation: 1, protocol: 'range', leader: 'm' },
    members: [{ ...member, subscription, assignment: Buffer.from([9]) }],
  };
  const described = offsetsDecoder({
    offset: 0,
    key: encodeVersioned(GroupMetadataKey, 2, { group: 'g1' }),
    value: encodeVersioned(GroupMetadataValue, 3, group),
  });
  assert.equal(described.key, '{"type":"2","data":{"group":"g1"}}');
  assert.equal(
    described.payload,
    '{"version":"3","data":{"protocolType":"consumer","generation":1,"protocol":"range","leader":"m","currentStateTimestamp":-1,"members":[{"memberId":"m","groupInstanceId":null,"clientId":"c","clientHost":"/h","rebalanceTimeout":-1,"sessionTimeout":9,"subscription":{"topics":["dump"],"userData":null,"ownedPartitions":[]},"assignment":"CQ=="}]}}',
  );
  const strange = offsetsDecoder({ offset: 5, key: Buffer.from([0, 77]), value: null });
  assert.equal(strange.key, 'Unknown record type 77 at offset 5, skipping.');
});

test('transactions in words', () => {
  const shown = transactionsDecoder({
    offset: 0,
    key: encodeVersioned(TransactionLogKey, 0, { transactionalId: 'tx' }),
    value: encodeVersioned(TransactionLogValue, 0, {
      ...{ producerId: 4, producerEpoch: 2, transactionTimeoutMs: 60, transactionStatus: 1 },
      transactionPartitions: [{ topic: 'a', partitionIds: [0, 2] }],
      ...{ transactionLastUpdateTimestampMs: 8, transactionStartTimestampMs: 7 },
    }),
  });
  assert.equal(shown.key, 'transaction_metadata::transactionalId=tx');
  assert.equal(
    shown.payload,
    'producerId:4,producerEpoch:2,state=Ongoing,partitions=[a-0,a-2],txnLastUpdateTimestamp=8,txnTimeoutMs=60',
  );
});

test('numbers as keys and values', () => {
  const long = bytesDecoder('kafka.serializer.LongDecoder')!;
  assert.equal(long(Buffer.from('00000000000000ff', 'hex')), '255');
  assert.equal(long(Buffer.from([1])), '(1 bytes instead of 8)');
  assert.equal(bytesDecoder('IntegerDecoder')!(Buffer.from('fffffffe09', 'hex')), '-2');
  assert.equal(bytesDecoder('com.example.Nothing'), undefined);
});

test('indexes end where zeros begin', () => {
  const index = Buffer.alloc(24);
  index.writeInt32BE(2, 0);
  index.writeInt32BE(154, 4);
  assert.deepEqual(offsetEntries(index, 100), [{ offset: 102, position: 154 }]);
  const times = Buffer.alloc(24);
  times.writeBigInt64BE(1795186424736n, 0);
  times.writeInt32BE(2, 8);
  assert.deepEqual(timeEntries(times, 0), [{ timestamp: 1795186424736, offset: 2 }]);
  const aborted = Buffer.alloc(34);
  [3n, 4n, 5n, 6n].forEach((number, index) => {
    aborted.writeBigInt64BE(number, 2 + index * 8);
  });
  assert.equal(
    transactionIndexLines(aborted),
    'version: 0 producerId: 3 firstOffset: 4 lastOffset: 5 lastStableOffset: 6\n',
  );
});

test('a snapshot of producers', () => {
  const producer = { producerId: 1, epoch: 0, coordinatorEpoch: -1, lastTimestamp: 873 };
  const last = {
    firstSequence: 0,
    lastSequence: 1,
    firstOffset: 22,
    lastOffset: 23,
    timestamp: 873,
  };
  const bytes = encodeProducerSnapshot([
    { ...producer, transactionFirstOffset: -1, batches: [last] },
    { ...producer, transactionFirstOffset: 20, batches: [] },
  ]);
  const head = 'producerId: 1 producerEpoch: 0 coordinatorEpoch: -1 currentTxnFirstOffset:';
  assert.equal(
    snapshotLines(bytes),
    `${head} OptionalLong.empty lastTimestamp: 873 firstSequence: 0 lastSequence: 1 lastOffset: 23 offsetDelta: 1 timestamp: 873\n` +
      `${head} OptionalLong[20] lastTimestamp: 873 \n`,
  );
  bytes[12]! ^= 1;
  assert.equal(snapshotLines(bytes), undefined);
});
