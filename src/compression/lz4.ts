import { asBuffer, type Codec, damaged, tooLarge } from './codec.ts';
import { lazyLibrary } from './library.ts';
import {
  checkLz4Frame,
  lz4HeaderChecksum,
  lz4LegacyHeaderChecksum,
  walkLz4Frame,
  withoutContentClaims,
} from './lz4-frame.ts';

/** What `lz4-napi` exports, as far as it is used here: the LZ4 frame format. */
interface Lz4Library {
  compressFrameSync(data: Buffer): Buffer;
  decompressFrameSync(data: Buffer): Buffer;
}

const library = lazyLibrary(
  'lz4',
  (require) => require('lz4-napi'),
  (loaded): loaded is Lz4Library => {
    const candidate = loaded as Partial<Lz4Library> | null;
    return (
      typeof candidate?.compressFrameSync === 'function' &&
      typeof candidate.decompressFrameSync === 'function'
    );
  },
);

/** LZ4 frames with independent blocks, as Java's reader insists. It has no levels here. */
export const lz4: Codec = {
  id: 3,
  name: 'lz4',
  compress: (bytes) => library().compressFrameSync(asBuffer(bytes)),
  decompress: (bytes, maxBytes) => decompressFrame(asBuffer(bytes), maxBytes, false),
  contentBound: (bytes) => walkLz4Frame(asBuffer(bytes), Number.MAX_SAFE_INTEGER).contentBound,
  checkFrame: (bytes) => checkLz4Frame(asBuffer(bytes)),
};

/**
 * LZ4 inside messages of magic 0, where clients before Kafka 0.10 computed the header checksum
 * wrongly and brokers still must answer in kind (KAFKA-3160). Reading takes any header checksum.
 */
export const lz4ForMagic0: Codec = {
  id: 3,
  name: 'lz4',

  compress(bytes) {
    const frame = lz4.compress(bytes);
    const { headerChecksumAt } = walkLz4Frame(frame, Number.MAX_SAFE_INTEGER);
    frame[headerChecksumAt] = lz4LegacyHeaderChecksum(frame, headerChecksumAt);
    return frame;
  },

  decompress: (bytes, maxBytes) => decompressFrame(asBuffer(bytes), maxBytes, true),

  contentBound: (bytes) => walkLz4Frame(asBuffer(bytes), Number.MAX_SAFE_INTEGER).contentBound,
  checkFrame: (bytes) => checkLz4Frame(asBuffer(bytes)),
};

function decompressFrame(input: Buffer, maxBytes: number, anyHeaderChecksum: boolean): Buffer {
  const { size, headerChecksumAt } = walkLz4Frame(input, maxBytes);
  let frame = input.subarray(0, size);
  const checksum = lz4HeaderChecksum(frame, headerChecksumAt);
  if (frame[headerChecksumAt] !== checksum) {
    if (!anyHeaderChecksum) throw damaged('lz4', 'wrong header checksum');
    frame = Buffer.from(frame);
    frame[headerChecksumAt] = checksum;
  }
  const output = decompressWhole(frame);
  if (output.length > maxBytes) throw tooLarge('lz4', maxBytes);
  return output;
}

/** What a frame says of its content as a whole is not held against it: Java's reader skips that. */
function decompressWhole(frame: Buffer): Buffer {
  try {
    return library().decompressFrameSync(frame);
  } catch (error) {
    const plain = withoutContentClaims(frame);
    if (plain) return decompressWhole(plain);
    throw damaged('lz4', error instanceof Error ? error.message : String(error));
  }
}
