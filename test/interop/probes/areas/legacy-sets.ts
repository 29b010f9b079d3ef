import { crc32 } from 'node:zlib';

/** One message of the formats before batches; everything about it may be wrong but its checksum. */
export interface MessageOptions {
  magic?: number;
  attributes?: number;
  timestamp?: bigint;
  offset?: bigint;
  key?: string | null;
  value?: string | Buffer | null;
  /** Instead of the sizes of key and value. */
  keySize?: number;
  valueSize?: number;
  /** Behind the value, inside the message. */
  trailer?: Buffer;
}

export function message({
  magic = 1,
  attributes = 0,
  timestamp = 1_700_000_000_000n,
  offset = 0n,
  key = null,
  value = 'x',
  keySize,
  valueSize,
  trailer = Buffer.alloc(0),
}: MessageOptions = {}): Buffer {
  const sized = (bytes: string | Buffer | null, claimed?: number) => {
    const content = bytes === null ? Buffer.alloc(0) : Buffer.from(bytes as string);
    const size = Buffer.alloc(4);
    size.writeInt32BE(claimed ?? (bytes === null ? -1 : content.length));
    return Buffer.concat([size, content]);
  };
  const time = Buffer.alloc(magic === 0 ? 0 : 8);
  if (magic !== 0) time.writeBigInt64BE(timestamp);
  const fields = [Buffer.from([magic, attributes]), time, sized(key, keySize)];
  const body = Buffer.concat([...fields, sized(value, valueSize), trailer]);
  const head = Buffer.alloc(16);
  head.writeBigInt64BE(offset, 0);
  head.writeInt32BE(body.length + 4, 8);
  head.writeUInt32BE(crc32(body), 12);
  return Buffer.concat([head, body]);
}

/** The set with one bit of a byte turned, and the checksum as it was. */
export function damaged(set: Buffer, at: number): Buffer {
  const copy = Buffer.from(set);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
