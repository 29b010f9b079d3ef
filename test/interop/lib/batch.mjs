// Record batches by hand (format v2, uncompressed), to send what a well-behaved client would not.
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function crc32c(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** A zigzag variable-length integer. */
function varint(value) {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  const bytes = [];
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}

const sized = (text) =>
  text === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);

/**
 * One batch of records `{ key, value, headers }` (text, bytes or null; headers are pairs of these). Everything else has
 * the value a plain producer gives it and can be set otherwise: `attributes`, `timestamp` (ms), `producerId`, `epoch`,
 * `sequence`, `count` and `lastOffsetDelta` (as claimed in the header), `magic`, `brokenCrc`.
 */
export function batch(records, fields = {}) {
  const timestamp = fields.timestamp ?? Date.now();
  const body = records.map(({ key = null, value = null, headers = [] }, index) => {
    const content = Buffer.concat([
      Buffer.from([0]),
      varint(0),
      varint(index),
      sized(key),
      sized(value),
      varint(headers.length),
      ...headers.flatMap((pair) => pair.map(sized)),
    ]);
    return Buffer.concat([varint(content.length), content]);
  });
  const header = Buffer.alloc(61);
  header.writeInt8(fields.magic ?? 2, 16);
  header.writeInt16BE(fields.attributes ?? 0, 21);
  header.writeInt32BE(fields.lastOffsetDelta ?? records.length - 1, 23);
  header.writeBigInt64BE(BigInt(timestamp), 27);
  header.writeBigInt64BE(BigInt(timestamp), 35);
  header.writeBigInt64BE(BigInt(fields.producerId ?? -1), 43);
  header.writeInt16BE(fields.epoch ?? -1, 51);
  header.writeInt32BE(fields.sequence ?? -1, 53);
  header.writeInt32BE(fields.count ?? records.length, 57);
  const bytes = Buffer.concat([header, ...body]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeUInt32BE((crc32c(bytes.subarray(21)) ^ (fields.brokenCrc ? 1 : 0)) >>> 0, 17);
  return bytes;
}

/** The batch with the checksum that its bytes should have. */
export function recomputeCrc(bytes) {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** The headers of the whole batches in a fetched buffer: base offset, count, attributes, times, CRC kept or not. */
export function batchesIn(bytes) {
  const batches = [];
  for (let start = 0; start + 61 <= bytes.length; ) {
    const end = start + 12 + bytes.readInt32BE(start + 8);
    if (end > bytes.length) break;
    batches.push({
      baseOffset: Number(bytes.readBigInt64BE(start)),
      count: bytes.readInt32BE(start + 57),
      attributes: bytes.readInt16BE(start + 21),
      crcHolds: bytes.readUInt32BE(start + 17) === crc32c(bytes.subarray(start + 21, end)),
    });
    start = end;
  }
  return batches;
}

/** Reads what `batch` writes: from `position` of `bytes`, forwards. */
class RecordReader {
  constructor(bytes, position) {
    this.bytes = bytes;
    this.position = position;
  }
  varint() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(this.bytes[this.position++]);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) break;
    }
    return Number((value >> 1n) ^ -(value & 1n));
  }
  sized() {
    const size = this.varint();
    if (size < 0) return null;
    this.position += size;
    return this.bytes.subarray(this.position - size, this.position);
  }
}

/** The records of the whole batches in a fetched buffer, uncompressed ones only: key, value and headers as text. */
export function recordsIn(bytes) {
  const records = [];
  const text = (content) => content?.toString('utf8') ?? null;
  for (let start = 0; start + 61 <= bytes.length; ) {
    const end = start + 12 + bytes.readInt32BE(start + 8);
    if (end > bytes.length) break;
    if ((bytes.readInt16BE(start + 21) & 7) !== 0) throw new Error('a compressed batch');
    const [baseOffset, baseTime] = [start, start + 27].map((at) => bytes.readBigInt64BE(at));
    const reader = new RecordReader(bytes, start + 61);
    for (let left = bytes.readInt32BE(start + 57); left > 0; left--) {
      reader.varint();
      reader.position++;
      const timestamp = Number(baseTime) + reader.varint();
      const offset = Number(baseOffset) + reader.varint();
      const [key, value] = [text(reader.sized()), text(reader.sized())];
      const headers = Array.from({ length: reader.varint() }, () => [
        text(reader.sized()),
        text(reader.sized()),
      ]);
      records.push({ offset, timestamp, key, value, headers });
    }
    start = end;
  }
  return records;
}
