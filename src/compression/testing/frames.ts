// Compressed streams that a producer can send, good and bad, and what becomes of them in Kafka. Both of its
// releases were asked for each (test/interop/probes/areas/frames.ts asks 3.9.2 again).
import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { CodecName } from '../codec.ts';
import { codecByName } from '../index.ts';
import { xxhash32 } from '../xxhash32.ts';

export interface TestFrame {
  readonly name: string;
  readonly codec: CodecName;
  /** What Kafka 3.9.2 and 4.3.0 do with it; they agree. */
  readonly kafka: 'takes' | 'refuses';
  /** A stream for these bytes, which are some hundred. */
  make(content: Buffer): Buffer;
}

const LZ4_MAGIC = Buffer.from([0x04, 0x22, 0x4d, 0x18]);
const END_MARK = Buffer.alloc(4);

interface Lz4Parts {
  readonly flags?: number;
  readonly blockDescriptor?: number;
  readonly contentSize?: number;
  readonly dictionary?: boolean;
  readonly headerChecksumOff?: boolean;
  readonly blockChecksum?: 'right' | 'wrong';
  readonly contentChecksum?: 'right' | 'wrong';
  readonly blocks?: readonly Buffer[];
  readonly end?: Buffer;
}

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

/** A frame whose blocks are stored as they are. */
function lz4Frame(content: Buffer, parts: Lz4Parts = {}): Buffer {
  const { blockChecksum, contentChecksum, contentSize, dictionary } = parts;
  const flags =
    (parts.flags ?? 0x60) |
    (blockChecksum ? 0x10 : 0) |
    (contentSize === undefined ? 0 : 0x08) |
    (contentChecksum ? 0x04 : 0) |
    (dictionary ? 0x01 : 0);
  const size = Buffer.alloc(contentSize === undefined ? 0 : 8);
  if (contentSize !== undefined) size.writeBigUInt64LE(BigInt(contentSize));
  const descriptor = Buffer.concat([
    Buffer.from([flags, parts.blockDescriptor ?? 0x40]),
    size,
    dictionary ? uint32(7) : Buffer.alloc(0),
  ]);
  const checksum = ((xxhash32(descriptor) >>> 8) + (parts.headerChecksumOff ? 1 : 0)) & 0xff;
  const blocks = (parts.blocks ?? [content]).flatMap((block) => [
    uint32(block.length | 0x80000000),
    block,
    ...(blockChecksum ? [uint32(xxhash32(block) + (blockChecksum === 'right' ? 0 : 1))] : []),
  ]);
  const last = contentChecksum
    ? uint32(xxhash32(content) + (contentChecksum === 'right' ? 0 : 1))
    : Buffer.alloc(0);
  const end = parts.end ?? END_MARK;
  return Buffer.concat([LZ4_MAGIC, descriptor, Buffer.from([checksum]), ...blocks, end, last]);
}

const SKIPPABLE = Buffer.concat([uint32(0x184d2a50), uint32(4), Buffer.from('skip')]);

const lz4Frames: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  good: (content) => lz4Frame(content),
  'linked blocks': (content) => lz4Frame(content, { flags: 0x40 }),
  'linked blocks, several': (content) =>
    lz4Frame(content, { flags: 0x40, blocks: [content.subarray(0, 9), content.subarray(9)] }),
  'several blocks': (content) =>
    lz4Frame(content, { blocks: [content.subarray(0, 9), content.subarray(9)] }),
  'a dictionary': (content) => lz4Frame(content, { dictionary: true }),
  'the size of the content': (content) => lz4Frame(content, { contentSize: content.length }),
  'a wrong size of the content': (content) => lz4Frame(content, { contentSize: 7 }),
  'checksums of blocks': (content) => lz4Frame(content, { blockChecksum: 'right' }),
  'wrong checksums of blocks': (content) => lz4Frame(content, { blockChecksum: 'wrong' }),
  'a checksum of the content': (content) => lz4Frame(content, { contentChecksum: 'right' }),
  'a wrong checksum of the content': (content) => lz4Frame(content, { contentChecksum: 'wrong' }),
  'a wrong checksum of the header': (content) => lz4Frame(content, { headerChecksumOff: true }),
  'version 0': (content) => lz4Frame(content, { flags: 0x20 }),
  'version 2': (content) => lz4Frame(content, { flags: 0xa0 }),
  'a reserved flag': (content) => lz4Frame(content, { flags: 0x62 }),
  'a reserved bit of the block descriptor': (content) =>
    lz4Frame(content, { blockDescriptor: 0x41 }),
  'the highest bit of the block descriptor': (content) =>
    lz4Frame(content, { blockDescriptor: 0xc0 }),
  'blocks of size code 3': (content) => lz4Frame(content, { blockDescriptor: 0x30 }),
  'blocks of size code 7': (content) => lz4Frame(content, { blockDescriptor: 0x70 }),
  'a block larger than its limit': (content) =>
    lz4Frame(content, { blocks: [Buffer.concat([content, Buffer.alloc(70_000)])] }),
  'no end mark': (content) => lz4Frame(content, { end: Buffer.alloc(0) }),
  'half an end mark': (content) => lz4Frame(content, { end: Buffer.alloc(2) }),
  'cut off in its block': (content) => lz4Frame(content).subarray(0, content.length),
  'no block': (content) => lz4Frame(content, { blocks: [] }),
  'nothing but a header': (content) => lz4Frame(content).subarray(0, 7),
  'cut off in its header': (content) => lz4Frame(content).subarray(0, 6),
  'bytes behind it': (content) => Buffer.concat([lz4Frame(content), Buffer.from('behind')]),
  'a second frame': (content) =>
    Buffer.concat([lz4Frame(content.subarray(0, 9)), lz4Frame(content.subarray(9))]),
  'a skippable frame first': (content) => Buffer.concat([SKIPPABLE, lz4Frame(content)]),
  'the magic of the legacy format': (content) =>
    Buffer.concat([uint32(0x184c2102), lz4Frame(content).subarray(4)]),
  'a bare block': (content) => Buffer.concat([Buffer.from([0xf0, content.length - 15]), content]),
  'no bytes': () => Buffer.alloc(0),
};

interface GzipParts {
  readonly magic?: readonly [number, number];
  readonly method?: number;
  readonly flags?: number;
  readonly extra?: Buffer;
  readonly crc?: number;
  readonly size?: number;
}

function gzipMember(content: Buffer, parts: GzipParts = {}): Buffer {
  const [first, second] = parts.magic ?? [0x1f, 0x8b];
  return Buffer.concat([
    Buffer.from([first, second, parts.method ?? 8, parts.flags ?? 0, 0, 0, 0, 0, 0, 0]),
    parts.extra ?? Buffer.alloc(0),
    deflateRawSync(content),
    uint32(parts.crc ?? crc32(content)),
    uint32(parts.size ?? content.length),
  ]);
}

function withHeaderChecksum(content: Buffer, change: number): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 0]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE((crc32(header) + change) & 0xffff);
  return gzipMember(content, { flags: 2, extra: checksum });
}

const gzipFrames: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  good: (content) => gzipMember(content),
  'a name': (content) => gzipMember(content, { flags: 0x08, extra: Buffer.from('name\0') }),
  'a comment': (content) => gzipMember(content, { flags: 0x10, extra: Buffer.from('text\0') }),
  'extra bytes': (content) =>
    gzipMember(content, { flags: 0x04, extra: Buffer.from([2, 0, 65, 66]) }),
  'a checksum of the header': (content) => withHeaderChecksum(content, 0),
  'a wrong checksum of the header': (content) => withHeaderChecksum(content, 1),
  'the flag for text': (content) => gzipMember(content, { flags: 0x01 }),
  'a reserved flag': (content) => gzipMember(content, { flags: 0x20 }),
  'another method': (content) => gzipMember(content, { method: 7 }),
  'a wrong magic': (content) => gzipMember(content, { magic: [0x1f, 0x8c] }),
  'the magic of compress': (content) => gzipMember(content, { magic: [0x1f, 0x9d] }),
  'a zlib stream': (content) => deflateSync(content),
  'a raw deflate stream': (content) => deflateRawSync(content),
  'a wrong checksum': (content) => gzipMember(content, { crc: 1 }),
  'a wrong size': (content) => gzipMember(content, { size: 1 }),
  'no trailer': (content) => gzipMember(content).subarray(0, -8),
  'cut off in its data': (content) => gzipSync(content).subarray(0, 20),
  'cut off in its header': (content) => gzipMember(content).subarray(0, 9),
  'a second member': (content) =>
    Buffer.concat([gzipMember(content.subarray(0, 9)), gzipMember(content.subarray(9))]),
  'bytes behind it': (content) => Buffer.concat([gzipMember(content), Buffer.from('behind')]),
  'no bytes': () => Buffer.alloc(0),
};

interface ZstdParts {
  readonly descriptor?: number;
  readonly window?: number;
  readonly rest?: Buffer;
  readonly blockType?: number;
  readonly last?: boolean;
  readonly blockSize?: number;
}

const ZSTD_MAGIC = uint32(0xfd2fb528);

/** A frame of one raw block. */
function zstdFrame(content: Buffer, parts: ZstdParts = {}): Buffer {
  const header = Buffer.alloc(3);
  const size = parts.blockSize ?? content.length;
  header.writeUIntLE(
    (size << 3) | ((parts.blockType ?? 0) << 1) | (parts.last === false ? 0 : 1),
    0,
    3,
  );
  return Buffer.concat([
    ZSTD_MAGIC,
    Buffer.from([parts.descriptor ?? 0, parts.window ?? 0x38]),
    parts.rest ?? Buffer.alloc(0),
    header,
    content,
  ]);
}

const windowOf = (log: number, mantissa = 0) => ((log - 10) << 3) | mantissa;

const zstdFrames: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  good: (content) => codecByName('zstd').compress(content),
  'a raw block': (content) => zstdFrame(content),
  'a window of 128 MiB': (content) => zstdFrame(content, { window: windowOf(27) }),
  'a window of 144 MiB': (content) => zstdFrame(content, { window: windowOf(27, 1) }),
  'a window of 256 MiB': (content) => zstdFrame(content, { window: windowOf(28) }),
  'a window of 2 GiB': (content) => zstdFrame(content, { window: windowOf(31) }),
  'a window of 2 TiB': (content) => zstdFrame(content, { window: windowOf(41) }),
  'a dictionary': (content) => zstdFrame(content, { descriptor: 0x01, rest: Buffer.from([7]) }),
  'a dictionary of number 0': (content) =>
    zstdFrame(content, { descriptor: 0x01, rest: Buffer.from([0]) }),
  'a reserved bit': (content) => zstdFrame(content, { descriptor: 0x08 }),
  'an unused bit': (content) => zstdFrame(content, { descriptor: 0x10 }),
  'a wrong checksum': (content) =>
    Buffer.concat([zstdFrame(content, { descriptor: 0x04 }), END_MARK]),
  'no checksum where one is announced': (content) => zstdFrame(content, { descriptor: 0x04 }),
  'a wrong size of the content': (content) =>
    zstdFrame(content, { descriptor: 0x80, rest: uint32(content.length + 1) }),
  'a size of the content of 1 GiB': (content) =>
    zstdFrame(content, { descriptor: 0x80, rest: uint32(2 ** 30) }),
  'one segment of 1 GiB': (content) =>
    Buffer.concat([
      ZSTD_MAGIC,
      Buffer.from([0xa0]),
      uint32(2 ** 30),
      zstdFrame(content).subarray(6),
    ]),
  'a reserved block type': (content) => zstdFrame(content, { blockType: 3 }),
  'a block larger than the window': (content) =>
    zstdFrame(Buffer.concat([content, Buffer.alloc(3000)]), { window: windowOf(10) }),
  'no last block': (content) => zstdFrame(content, { last: false }),
  'cut off in its block': (content) => zstdFrame(content).subarray(0, content.length),
  'cut off in its header': (content) => zstdFrame(content).subarray(0, 5),
  'a second frame': (content) =>
    Buffer.concat([zstdFrame(content.subarray(0, 9)), zstdFrame(content.subarray(9))]),
  'a skippable frame first': (content) => Buffer.concat([SKIPPABLE, zstdFrame(content)]),
  'nothing but a skippable frame': () => SKIPPABLE,
  'a skippable frame behind': (content) => Buffer.concat([zstdFrame(content), SKIPPABLE]),
  'bytes behind it': (content) => Buffer.concat([zstdFrame(content), Buffer.from('behind it')]),
  'a wrong magic': (content) => Buffer.concat([uint32(0xfd2fb529), zstdFrame(content).subarray(4)]),
  'the magic of version 0.7': (content) =>
    Buffer.concat([uint32(0xfd2fb527), zstdFrame(content).subarray(4)]),
  'no magic': (content) => zstdFrame(content).subarray(4),
  'no bytes': () => Buffer.alloc(0),
};

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** One literal. */
function snappyBlock(content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : [(size & 0x7f) | 0x80, size >> 7];
  return Buffer.concat([
    Buffer.from([...length, 61 << 2, (size - 1) & 0xff, (size - 1) >> 8]),
    content,
  ]);
}

function xerial(
  blocks: readonly Buffer[],
  { version = 1, oldest = 1 }: { version?: number; oldest?: number } = {},
): Buffer {
  const framed = blocks.flatMap((block) => [int32(block.length), block]);
  return Buffer.concat([XERIAL, int32(version), int32(oldest), ...framed]);
}

const snappyFrames: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  good: (content) => codecByName('snappy').compress(content),
  'a raw block': (content) => snappyBlock(content),
  'one block in frames': (content) => xerial([snappyBlock(content)]),
  'version 0': (content) => xerial([snappyBlock(content)], { version: 0, oldest: 0 }),
  'version 2 that version 1 can read': (content) => xerial([snappyBlock(content)], { version: 2 }),
  'version 2': (content) => xerial([snappyBlock(content)], { version: 2, oldest: 2 }),
  'nothing but a header': () => xerial([]),
  'half a header': () => xerial([]).subarray(0, 12),
  'a block of negative size': (content) =>
    Buffer.concat([xerial([]), int32(-5), snappyBlock(content)]),
  'a block of size 0': (content) =>
    Buffer.concat([xerial([]), int32(0), int32(0), snappyBlock(content)]),
  'a block that is cut off': (content) => xerial([snappyBlock(content)]).subarray(0, -5),
  'bytes behind it': (content) => Buffer.concat([xerial([snappyBlock(content)]), Buffer.from([0])]),
  'a second stream': (content) =>
    Buffer.concat([
      xerial([snappyBlock(content.subarray(0, 9))]),
      xerial([snappyBlock(content.subarray(9))]),
    ]),
  'a wrong magic': (content) => {
    const bytes = xerial([snappyBlock(content)]);
    bytes[3] = 0x58;
    return bytes;
  },
  'the framing of others': (content) =>
    Buffer.concat([Buffer.from('ff060000734e61507059', 'hex'), snappyBlock(content)]),
  'a raw block that claims too much': (content) => {
    const bytes = snappyBlock(content);
    bytes[1]! += 1;
    return bytes;
  },
  'a raw block that claims 2 GiB': (content) =>
    Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07]), snappyBlock(content)]),
  'a raw block that is cut off': (content) => snappyBlock(content).subarray(0, -5),
  'a size that never ends': () => Buffer.alloc(9, 0xff),
  'no bytes': () => Buffer.alloc(0),
};

/** What Kafka takes; it refuses the rest. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  gzip: [
    'good',
    'a name',
    'a comment',
    'extra bytes',
    'a checksum of the header',
    'the flag for text',
    'a reserved flag',
    'a second member',
    'bytes behind it',
  ],
  snappy: [
    'good',
    'a raw block',
    'one block in frames',
    'version 0',
    'version 2 that version 1 can read',
    'version 2',
    'bytes behind it',
    'a second stream',
  ],
  lz4: [
    'good',
    'several blocks',
    'the size of the content',
    'a wrong size of the content',
    'checksums of blocks',
    'a checksum of the content',
    'a wrong checksum of the content',
    'blocks of size code 7',
    'bytes behind it',
  ],
  zstd: [
    'good',
    'a raw block',
    'a window of 128 MiB',
    'a dictionary of number 0',
    'an unused bit',
    'a second frame',
    'a skippable frame first',
    'a skippable frame behind',
  ],
};

function framesOf(
  codec: CodecName,
  makers: Readonly<Record<string, (content: Buffer) => Buffer>>,
): TestFrame[] {
  return Object.entries(makers).map(([name, make]) => ({
    name,
    codec,
    kafka: TAKEN[codec]?.includes(name) ? 'takes' : 'refuses',
    make,
  }));
}

export const TEST_FRAMES: readonly TestFrame[] = [
  ...framesOf('gzip', gzipFrames),
  ...framesOf('snappy', snappyFrames),
  ...framesOf('lz4', lz4Frames),
  ...framesOf('zstd', zstdFrames),
];
