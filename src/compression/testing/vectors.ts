// Made by other implementations from `TEXT`, so that ours are held against something else.

/** 1,800 bytes that compress well. */
export const TEXT = Buffer.from('sluice carries records, records carry bytes; '.repeat(40));

export interface CompressionVector {
  codec: 'gzip' | 'snappy' | 'lz4' | 'zstd';
  madeBy: string;
  hex: string;
}

export const VECTORS: readonly CompressionVector[] = [
  {
    codec: 'gzip',
    madeBy: 'kafka-clients 3.9.1, Compression.gzip()',
    hex: '1f8b08000000000000ff2bce29cd4c4e55484e2c2aca4c2d56284a4dce2f4a29d68131c012950a499525a9c5d60ac5a38a47158f2a1e553caa7854f1f0520c0037636c0908070000',
  },
  {
    codec: 'snappy',
    madeBy: 'kafka-clients 3.9.1, Compression.snappy() (snappy-java 1.1.10.5, framed)',
    hex: '82534e415050590000000001000000010000007c880e58736c756963652063617272696573207265636f7264732c1109051920792062797465733b20fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d006a2d00',
  },
  {
    codec: 'snappy',
    madeBy: 'python-snappy (cramjam), one raw block',
    hex: '880e58736c756963652063617272696573207265636f7264732c1109051920792062797465733b20fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d00fe2d006a2d00',
  },
  {
    codec: 'lz4',
    madeBy: 'kafka-clients 3.9.1, Compression.lz4() for magic 2',
    hex: '04224d1860408237000000f408736c756963652063617272696573207265636f7264732c09000119009f792062797465733b202d00ffffffffffffc9507465733b2000000000',
  },
  {
    codec: 'lz4',
    madeBy: 'python lz4 4.4.5: linked blocks, block and content checksums, content size',
    hex: '04224d187c4008070000000000007737000000f408736c756963652063617272696573207265636f7264732c09000119009f792062797465733b202d00ffffffffffffc9507465733b205350904e00000000775fc855',
  },
  {
    codec: 'zstd',
    madeBy: 'kafka-clients 3.9.1, Compression.zstd() (zstd-jni 1.5.6-4, size not declared)',
    hex: '28b52ffd00586c01000402736c756963652063617272696573207265636f7264732c792062797465733b200300d842f58fa700499426010000',
  },
  {
    codec: 'zstd',
    madeBy: 'python zstandard 0.25.0, one shot: size declared, checksum',
    hex: '28b52ffd6408066d01000402736c756963652063617272696573207265636f7264732c792062797465733b200300d842f58fa70049942669403c6d',
  },
];

/** The magic-0 frame of kafka-clients 3.9.1: as above but for the header checksum of KAFKA-3160. */
export const LZ4_MAGIC_0 = Buffer.from(
  '04224d1860401a37000000f408736c756963652063617272696573207265636f7264732c09000119009f792062797465733b202d00ffffffffffffc9507465733b2000000000',
  'hex',
);

/** From the python xxhash package: input and XXH32 with seed 0. */
export const XXH32_VECTORS: readonly [input: Buffer, hash: number][] = [
  [Buffer.from(''), 0x02cc5d05],
  [Buffer.from('a'), 0x550d7456],
  [Buffer.from('abc'), 0x32d153ff],
  [Buffer.from('0123456789abcdef'), 0xc2c45b69],
  [Buffer.from(Array.from({ length: 101 }, (_, index) => index)), 0x1a20e95b],
];
