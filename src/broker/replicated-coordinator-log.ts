import type { Clock } from '../base/clock.ts';
import { type ErrorName, KafkaError } from '../protocol/errors.ts';
import { BatchBuilder } from '../protocol/records/batch-builder.ts';
import { decodeRecords } from '../protocol/records/record.ts';
import * as RecordBatch from '../protocol/records/record-batch.ts';
import type {
  AppendOutcome,
  CoordinatorLog,
  CoordinatorRecord,
  LoadedBatch,
} from './coordinator/runtime/coordinator-log.ts';
import type { Partition } from './replica/partition.ts';
import type { Partitions } from './replica/partitions.ts';

/** Committed offsets and group metadata, replayed by the group coordinator. */
export const OFFSETS_TOPIC = '__consumer_offsets';

/** `offsets.load.buffer.size`'s default: how much of the log one read of a load takes. */
const LOAD_BYTES = 5 * 1024 * 1024;

/** The coordinator's log over the partitions of an internal topic that this broker leads. */
export class ReplicatedCoordinatorLog implements CoordinatorLog {
  readonly #topic: string;
  readonly #clock: Clock;
  readonly #partitions: Partitions;

  constructor(topic: string, clock: Clock, partitions: Partitions) {
    this.#topic = topic;
    this.#clock = clock;
    this.#partitions = partitions;
  }

  append(
    index: number,
    records: readonly CoordinatorRecord[],
    timestampMs: number,
    done: (outcome: AppendOutcome) => void,
  ): void {
    const fail = (error: ErrorName) => this.#clock.endOfTurn(() => done({ error, baseOffset: -1 }));
    const partition = this.#partitions.get(this.#topic, index);
    if (!partition) {
      fail('NOT_LEADER_OR_FOLLOWER');
      return;
    }
    const builder = new BatchBuilder();
    for (const { key, value } of records) builder.append({ timestamp: timestampMs, key, value });
    const batch = builder.build();
    if (batch.length > partition.log.config.maxMessageBytes) {
      fail('MESSAGE_TOO_LARGE');
      return;
    }
    const result = partition.appendAsCoordinator(batch, {
      done: (failure) => {
        if (failure) done({ error: failure.error, baseOffset: -1 });
        else if (result.kind !== 'refused') done({ error: 'NONE', baseOffset: result.firstOffset });
      },
    });
    if (result.kind === 'refused') fail(result.error);
  }

  async load(
    index: number,
    onBatch: (batch: LoadedBatch) => void,
    isStale: () => boolean,
  ): Promise<void> {
    const partition = this.#partitions.get(this.#topic, index);
    if (!partition)
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `no ${this.#topic}-${index} here`);
    const end = partition.log.logEndOffset;
    let offset = partition.log.logStartOffset;
    while (offset < end && !isStale()) {
      const next = await readBatches(partition, { offset, end }, onBatch);
      // Nothing more to read below the end: compaction may have removed the last batches.
      if (next <= offset) break;
      offset = next;
    }
  }
}

/** Delivers what one read finds; the offset to go on from. */
async function readBatches(
  partition: Partition,
  { offset, end }: { offset: number; end: number },
  onBatch: (batch: LoadedBatch) => void,
): Promise<number> {
  const outcome = await partition.log.read({
    offset,
    maxBytes: LOAD_BYTES,
    minOneBatch: true,
    upToOffset: end,
  });
  if (outcome.kind === 'offline') throw new KafkaError('KAFKA_STORAGE_ERROR');
  if (outcome.kind === 'damaged') throw new KafkaError('CORRUPT_MESSAGE', outcome.detail);
  // Retention moved the start while this was loading.
  if (outcome.kind === 'out-of-range') return Math.max(offset, outcome.logStartOffset);
  try {
    // A batch may begin in one buffer and end in the next.
    const { buffers } = outcome;
    const bytes = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers);
    for (const at of RecordBatch.batchPositions(bytes)) onBatch(loadedBatch(bytes, at));
    return outcome.nextOffset;
  } finally {
    outcome.release();
  }
}

function loadedBatch(buffer: Buffer, at: number): LoadedBatch {
  return {
    baseOffset: RecordBatch.baseOffset(buffer, at),
    producerId: RecordBatch.producerId(buffer, at),
    isTransactional: RecordBatch.isTransactional(buffer, at),
    isControl: RecordBatch.isControl(buffer, at),
    records: decodeRecords(buffer, at),
  };
}
