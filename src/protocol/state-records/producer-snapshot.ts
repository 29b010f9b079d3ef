import type { MessageOf } from '../schema/index.ts';
import { array, exactInt64, int16, int32, int64, message, uint32 } from '../schema/index.ts';

export const ProducerSnapshot = message({
  name: 'ProducerSnapshot',
  type: 'data',
  validVersions: '1',
  flexibleVersions: 'none',
  fields: {
    crc: uint32('1', { about: 'CRC32C of everything after this field.' }),
    producerEntries: array('1', {
      producerId: exactInt64('1'),
      epoch: int16('1'),
      lastSequence: int32('1'),
      lastOffset: int64('1'),
      offsetDelta: int32('1'),
      timestamp: exactInt64('1'),
      coordinatorEpoch: int32('1'),
      currentTxnFirstOffset: int64('1'),
    }),
  },
});
export type ProducerSnapshot = MessageOf<typeof ProducerSnapshot>;
