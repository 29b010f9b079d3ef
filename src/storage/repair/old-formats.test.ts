// If this breaks, somebody who brings the data of an old Kafka loses it, or finds other records in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeLegacyMessage } from '../../protocol/records/legacy-message.ts';
import { decodeAllRecords } from '../../protocol/records/record.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { LEGACY_SETS } from '../../protocol/records/testing/legacy-sets.ts';
import { FOLDER, LOG_DIR, TestStorage } from '../testing/test-storage.ts';
import { convertOldFormats } from './old-formats.ts';
import { convertPartition } from './repair-partition.ts';

const PATH = `${FOLDER}/00000000000000000000.log`;

function folderWith(bytes: Buffer): TestStorage {
  const storage = new TestStorage();
  storage.disk.makeFolder(FOLDER);
  storage.disk.writeFile(PATH, bytes);
  return storage;
}

function recordsOf(storage: TestStorage): unknown[] {
  return decodeAllRecords(storage.disk.readFile(PATH)).map(({ offset, timestamp, key, value }) => [
    offset,
    timestamp,
    key?.toString() ?? null,
    value?.toString() ?? null,
  ]);
}

test('what Java wrote in every old format and codec comes out the same', () => {
  for (const { madeBy, magic, codec, timestampType, hex } of LEGACY_SETS) {
    const storage = folderWith(Buffer.from(hex, 'hex'));
    const done = convertPartition(storage.disk, FOLDER);
    const what = `${madeBy}, v${magic}, ${codec}, ${timestampType}`;
    assert.deepEqual(done, { records: 3, segments: 1 }, what);
    const times =
      magic === 0
        ? [-1, -1, -1]
        : timestampType === 'LogAppendTime'
          ? [1700000001234, 1700000001234, 1700000001234]
          : [1700000000000, 1699999999000, 1700000360000];
    assert.deepEqual(
      recordsOf(storage),
      [
        [0, times[0], 'k1', 'value one'],
        [1, times[1], null, ''],
        [2, times[2], '', null],
      ],
      what,
    );
    const bytes = storage.disk.readFile(PATH);
    for (const at of RecordBatch.batchPositions(bytes)) {
      assert.equal(RecordBatch.magic(bytes, at), 2);
      assert.equal(RecordBatch.timestampType(bytes, at), timestampType, what);
    }
    assert.equal(convertPartition(storage.disk, FOLDER), undefined, 'nothing is left to convert');
  }
});

test('offsets keep their gaps, and many messages become few batches', async () => {
  const messages: Buffer[] = [];
  const offsets: number[] = [];
  for (let index = 0; index < 3000; index++) {
    const offset = index * 2 + (index > 1000 ? 50 : 0);
    offsets.push(offset);
    const value = Buffer.from(`value ${index}`);
    const timestamp = 1_700_000_000_000 + index;
    messages.push(
      writeLegacyMessage(
        { offset, timestamp, timestampType: 'CreateTime', key: null, value, codecId: 0 },
        1,
      ),
    );
  }
  const storage = folderWith(Buffer.concat(messages));
  convertOldFormats(storage.disk, storage.logger(), LOG_DIR);
  const records = decodeAllRecords(storage.disk.readFile(PATH));
  assert.deepEqual(
    records.map(({ offset }) => offset),
    offsets,
  );
  assert.ok([...RecordBatch.batchPositions(storage.disk.readFile(PATH))].length < 20);
  const log = await storage.open();
  assert.equal(log.logEndOffset, offsets.at(-1)! + 1);
  assert.deepEqual(storage.failedDirs, []);
});

test('a damaged old segment is left as it was, with a sentence that says what to do', () => {
  const good = Buffer.from(LEGACY_SETS[0]!.hex, 'hex');
  const damaged = Buffer.from(good);
  damaged[20]! ^= 1;
  const storage = folderWith(damaged);
  convertOldFormats(storage.disk, storage.logger(), LOG_DIR);
  assert.deepEqual(storage.disk.readFile(PATH), damaged);
  const line = storage.lines.find(({ level }) => level === 'error');
  assert.match(
    line?.message ?? '',
    /run 'sluice log repair \/data\/t-0', then 'sluice log convert/,
  );
  assert.match(String(line?.fields['error']), /damaged at position 0/);
});

test('a crash at any step of a conversion leaves the old file or the new one', () => {
  const old = Buffer.from(LEGACY_SETS[4]!.hex, 'hex');
  const whole = folderWith(old);
  convertPartition(whole.disk, FOLDER);
  const converted = whole.disk.readFile(PATH);
  for (let step = 0; ; step++) {
    const storage = folderWith(old);
    let operations = 0;
    storage.disk.fault = () => (operations++ === step ? 'EIO' : undefined);
    try {
      convertPartition(storage.disk, FOLDER);
    } catch {
      // The disk failed; what lies there now is what counts.
    }
    storage.disk.fault = () => undefined;
    const found = storage.disk.readFile(PATH);
    assert.ok(found.equals(old) || found.equals(converted), `step ${step}`);
    convertPartition(storage.disk, FOLDER);
    assert.deepEqual(storage.disk.readFile(PATH), converted);
    if (operations <= step) break;
  }
});
