import { decode, encode } from '../../protocol/codec/index.ts';
import { crc32c } from '../../protocol/records/crc32c.ts';
import { ProducerSnapshot } from '../../protocol/state-records/producer-snapshot.ts';
import type { ProducerEntry, RememberedBatch } from './producer-state.ts';

const VERSION = 1;
const CRC_POSITION = 2;
/** The checksum covers everything from here. */
const ENTRIES_POSITION = 6;
const SEQUENCES = 2 ** 31;

/** The bytes of a `.snapshot` file: version, CRC-32C, then each producer with its last batch. */
export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const producerEntries = [...entries].map((entry) => {
    const last = entry.batches.at(-1);
    return {
      producerId: entry.producerId,
      epoch: entry.epoch,
      lastSequence: last?.lastSequence ?? -1,
      lastOffset: last?.lastOffset ?? -1,
      offsetDelta: last ? last.lastOffset - last.firstOffset : 0,
      timestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnFirstOffset: entry.transactionFirstOffset,
    };
  });
  const version = Buffer.alloc(2);
  version.writeInt16BE(VERSION);
  const body = encode(ProducerSnapshot, VERSION, { crc: 0, producerEntries });
  const bytes = Buffer.concat([version, ...body]);
  bytes.writeUInt32BE(crc32c(bytes.subarray(ENTRIES_POSITION)), CRC_POSITION);
  return bytes;
}

/** Undefined when the bytes are no producer snapshot or its checksum is wrong. Never throws. */
export function decodeProducerSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  if (bytes.length < ENTRIES_POSITION + 4 || bytes.readInt16BE(0) !== VERSION) return undefined;
  if (crc32c(bytes.subarray(ENTRIES_POSITION)) !== bytes.readUInt32BE(CRC_POSITION)) {
    return undefined;
  }
  try {
    const { producerEntries } = decode(ProducerSnapshot, VERSION, bytes, 2);
    return producerEntries.map((entry) => ({
      producerId: entry.producerId,
      epoch: entry.epoch,
      coordinatorEpoch: entry.coordinatorEpoch,
      lastTimestamp: entry.timestamp,
      transactionFirstOffset: entry.currentTxnFirstOffset,
      batches: entry.lastOffset < 0 ? [] : [lastBatch(entry)],
    }));
  } catch {
    return undefined;
  }
}

function lastBatch(entry: ProducerSnapshot['producerEntries'][number]): RememberedBatch {
  const { lastSequence, lastOffset, offsetDelta } = entry;
  return {
    firstSequence: lastSequence < 0 ? -1 : (lastSequence - offsetDelta + SEQUENCES) % SEQUENCES,
    lastSequence,
    firstOffset: lastOffset - offsetDelta,
    lastOffset,
    timestamp: entry.timestamp,
  };
}
