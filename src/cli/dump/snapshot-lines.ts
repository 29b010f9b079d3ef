import { decodeProducerSnapshot } from '../../storage/producers/producer-snapshot-file.ts';

/** The lines of a producer snapshot as Kafka's DumpLogSegments has them; undefined: damaged. */
export function snapshotLines(bytes: Buffer): string | undefined {
  return decodeProducerSnapshot(bytes)
    ?.map((entry) => {
      const first = entry.transactionFirstOffset;
      const transaction = first < 0 ? 'OptionalLong.empty' : `OptionalLong[${first}]`;
      const last = entry.batches.at(-1);
      const batch = last
        ? `firstSequence: ${last.firstSequence} lastSequence: ${last.lastSequence}` +
          ` lastOffset: ${last.lastOffset} offsetDelta: ${last.lastOffset - last.firstOffset}` +
          ` timestamp: ${last.timestamp}`
        : '';
      return (
        `producerId: ${entry.producerId} producerEpoch: ${entry.epoch}` +
        ` coordinatorEpoch: ${entry.coordinatorEpoch} currentTxnFirstOffset: ${transaction}` +
        ` lastTimestamp: ${entry.lastTimestamp} ${batch}\n`
      );
    })
    .join('');
}
