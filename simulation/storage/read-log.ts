import { decodeAllRecords } from '../../src/protocol/records/record.ts';
import { batchPositions, isCrcValid } from '../../src/protocol/records/record-batch.ts';
import type { OwnedLog } from '../../src/storage/log-owner.ts';
import { mustHold, Violation } from '../violation.ts';

export interface FoundRecord {
  readonly offset: number;
  readonly value: string;
}

/** Every record that a log serves, from its start to its end. Throws Violation where it cannot be read. */
export async function readLog(log: OwnedLog): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  const { logStartOffset, logEndOffset } = log;
  for (let offset = logStartOffset; offset < logEndOffset; ) {
    const read = await log.read({
      offset,
      maxBytes: 100_000,
      minOneBatch: true,
      upToOffset: logEndOffset,
    });
    if (read.kind !== 'read') {
      throw new Violation(`${log.name} at ${offset} cannot be read: ${JSON.stringify(read)}`);
    }
    const bytes = Buffer.concat(read.buffers);
    read.release();
    for (const at of batchPositions(bytes)) {
      mustHold(isCrcValid(bytes, at), () => `${log.name} serves a wrong checksum after ${offset}`);
    }
    for (const record of decodeAllRecords(bytes)) {
      if (record.offset < logStartOffset) continue;
      found.push({ offset: record.offset, value: record.value?.toString() ?? '' });
    }
    mustHold(read.nextOffset > offset, () => `${log.name} has nothing at ${offset}`);
    offset = read.nextOffset;
  }
  return found;
}
