// If this breaks, an old client gets another error for a damaged message set than from Kafka 3.9.2, and
// retries where it should give up, or the other way round. The answers are Kafka's own:
// test/interop/probes/areas/legacy-damage.ts asks it again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, gzipSync } from 'node:zlib';
import { codecByName, lz4ForMagic0 } from '../../compression/index.ts';
import { buildBatch } from './batch-builder.ts';
import { type LegacyMagic, writeLegacyMessage } from './legacy-message.ts';
import { readLegacyMessageSet } from './legacy-set-records.ts';

const GZIP = 1;
const SNAPPY = 2;
const LZ4 = 3;

function message(magic: LegacyMagic, value: Buffer | string | null, codecId = 0, offset = 0) {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const key = codecId === 0 ? Buffer.from('k') : null;
  return writeLegacyMessage(
    { offset, timestamp: 5, timestampType: 'CreateTime', key, value: bytes, codecId },
    magic,
  );
}

/** A copy with some bytes changed, and its checksum made right unless `damaged`. */
function changed(set: Buffer, change: (copy: Buffer) => void, damaged = false): Buffer {
  const copy = Buffer.from(set);
  change(copy);
  if (!damaged) copy.writeUInt32BE(crc32(copy.subarray(16)), 12);
  return copy;
}

const sized = (set: Buffer, size: number) =>
  changed(set, (copy) => copy.writeInt32BE(size, 8), true);

function fate(set: Buffer): string {
  const read = readLegacyMessageSet(set);
  return read.kind === 'rejected' ? read.error : `${read.records.length} records`;
}

for (const magic of [0, 1] as const) {
  const good = message(magic, 'value');
  const keySizeAt = magic === 0 ? 18 : 26;
  const three = Buffer.concat(
    [0, 1, 2].map((offset) => message(magic, `value ${offset}`, 0, offset)),
  );
  const wrap = (insides: Buffer, codecId = GZIP, offset = 2) =>
    message(magic, codecId === GZIP ? gzipSync(insides) : insides, codecId, offset);
  const stream = gzipSync(three);

  const plain: Record<string, [Buffer, string]> = {
    'a wrong checksum': [changed(good, (copy) => copy.writeUInt8(1, 13), true), 'CORRUPT_MESSAGE'],
    'a damaged value': [
      changed(good, (copy) => copy.writeUInt8(0, copy.length - 1), true),
      'CORRUPT_MESSAGE',
    ],
    'a damaged second one': [
      Buffer.concat([good, changed(good, (copy) => copy.writeUInt8(0, copy.length - 1), true)]),
      'CORRUPT_MESSAGE',
    ],
    'a size of zero': [sized(good, 0), 'CORRUPT_MESSAGE'],
    'a negative size': [sized(good, -1), 'CORRUPT_MESSAGE'],
    'a size of 2 GB': [sized(good, 2 ** 31 - 1), 'UNKNOWN_SERVER_ERROR'],
    'a second size of 2 GB': [
      Buffer.concat([good, sized(good, 2 ** 31 - 1)]),
      'UNKNOWN_SERVER_ERROR',
    ],
    'a key beyond the message': [
      changed(good, (copy) => copy.writeInt32BE(99, keySizeAt)),
      'UNKNOWN_SERVER_ERROR',
    ],
    'a value beyond the message': [
      changed(good, (copy) => copy.writeInt32BE(99, keySizeAt + 5)),
      'UNKNOWN_SERVER_ERROR',
    ],
    'a value below null': [
      changed(message(magic, null), (copy) => copy.writeInt32BE(-2, keySizeAt + 5)),
      '1 records',
    ],
    'a codec that nobody has': [message(magic, 'x', 5), 'UNKNOWN_SERVER_ERROR'],
    'another format behind it': [
      Buffer.concat([good, message(magic === 0 ? 1 : 0, 'x')]),
      'INVALID_RECORD',
    ],
    'a second one that is cut off': [Buffer.concat([good, good.subarray(0, 20)]), '1 records'],
    'zeros behind it': [Buffer.concat([good, Buffer.alloc(40)]), 'CORRUPT_MESSAGE'],
  };
  const compressed: Record<string, [Buffer, string]> = {
    'no value': [message(magic, null, GZIP), 'INVALID_RECORD'],
    'a value of no bytes': [message(magic, '', GZIP), 'UNKNOWN_SERVER_ERROR'],
    'nothing inside': [wrap(Buffer.alloc(0)), 'INVALID_RECORD'],
    'bytes that are not compressed': [message(magic, three, GZIP), 'UNKNOWN_SERVER_ERROR'],
    'a stream that is cut off': [
      message(magic, stream.subarray(0, -9), GZIP),
      'UNKNOWN_SERVER_ERROR',
    ],
    'a stream without its trailer': [
      message(magic, stream.subarray(0, -1), GZIP),
      'UNKNOWN_SERVER_ERROR',
    ],
    'a stream with something behind it': [
      message(magic, Buffer.concat([stream, Buffer.from('more')]), GZIP),
      '3 records',
    ],
    'two streams': [
      message(magic, Buffer.concat([gzipSync(good), gzipSync(good)]), GZIP),
      '2 records',
    ],
    'damaged snappy': [message(magic, 'no snappy', SNAPPY), 'UNKNOWN_SERVER_ERROR'],
    'damaged lz4': [message(magic, 'no lz4 frame', LZ4), 'UNKNOWN_SERVER_ERROR'],
    'lz4 with the right header checksum': [
      message(magic, codecByName('lz4').compress(three), LZ4, 2),
      '3 records',
    ],
    'lz4 with the old header checksum': [
      message(magic, lz4ForMagic0.compress(three), LZ4, 2),
      magic === 0 ? '3 records' : 'UNKNOWN_SERVER_ERROR',
    ],
    zstd: [message(magic, codecByName('zstd').compress(three), 4, 2), 'INVALID_RECORD'],
    'two of them': [Buffer.concat([wrap(three), wrap(three)]), 'INVALID_RECORD'],
    'one beside a plain one': [Buffer.concat([good, wrap(three)]), 'INVALID_RECORD'],
    'a wrong checksum inside': [
      wrap(changed(three, (copy) => copy.writeUInt8(0, copy.length - 1), true)),
      'CORRUPT_MESSAGE',
    ],
    'zeros inside': [wrap(Buffer.alloc(64)), 'CORRUPT_MESSAGE'],
    'a message inside that is cut off': [wrap(three.subarray(0, -3)), '2 records'],
    'another format inside': [wrap(message(magic === 0 ? 1 : 0, 'x')), 'INVALID_RECORD'],
    'a record batch inside': [wrap(buildBatch([{ value: 'x' }])), 'UNKNOWN_SERVER_ERROR'],
    'an unknown format inside': [
      wrap(changed(message(1, 'x'), (copy) => copy.writeUInt8(3, 16))),
      'INVALID_RECORD',
    ],
    'an unknown codec inside': [wrap(message(magic, 'x', 5)), 'UNKNOWN_SERVER_ERROR'],
    'a compressed message inside': [wrap(wrap(three)), 'INVALID_RECORD'],
    'a key beyond the message inside': [
      wrap(changed(good, (copy) => copy.writeInt32BE(99, keySizeAt))),
      'UNKNOWN_SERVER_ERROR',
    ],
    'a size of 2 GB inside': [wrap(sized(good, 2 ** 31 - 1)), 'UNKNOWN_SERVER_ERROR'],
    'offsets inside that go down': [
      wrap(Buffer.concat([message(magic, 'b', 0, 1), message(magic, 'a', 0, 0)])),
      '2 records',
    ],
    'absolute offsets inside': [
      wrap(Buffer.concat([message(magic, 'a', 0, 100), message(magic, 'b', 0, 101)])),
      magic === 0 ? '2 records' : 'INVALID_RECORD',
    ],
    'absolute offsets in a wrapper at 0': [
      wrap(Buffer.concat([message(magic, 'a', 0, 100), message(magic, 'b', 0, 101)]), GZIP, 0),
      '2 records',
    ],
  };
  test(`magic ${magic}: each kind of damage to plain messages gets Kafka's error`, () => {
    for (const [what, [set, expected]] of Object.entries(plain)) {
      assert.equal(fate(set), expected, what);
    }
  });
  test(`magic ${magic}: each kind of damage to compressed messages gets Kafka's error`, () => {
    for (const [what, [set, expected]] of Object.entries(compressed)) {
      assert.equal(fate(set), expected, what);
    }
  });
}
