import {
  codecById,
  codecByName,
  DecompressionError,
  SMALL_BYTES,
} from '../../compression/index.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { mustReadRecords } from './batch-validator.ts';
import type { ProduceRules } from './batch-validator-rules.ts';

/** Compressing takes about so many times as long as decompressing. */
const COMPRESSING = 8;

/**
 * How much work it is to judge the bytes that a producer sent, in bytes of plain records to read; 0 where the header is
 * enough. Costs little itself. Infinity where it cannot be said cheaply.
 */
export function validationCost(records: Buffer, rules: ProduceRules): number {
  if (records.length < RecordBatch.LOG_OVERHEAD + 5) return 0;
  // Too large for the topic: refused by its size.
  if (records.length > rules.maxMessageBytes && rules.requestVersion >= 3) return 0;
  const magic = RecordBatch.magic(records);
  if (magic === 0 || magic === 1) return legacyCost(records);
  if (magic !== RecordBatch.MAGIC_V2 || records.length < RecordBatch.HEADER_SIZE) return 0;
  if (RecordBatch.headerProblem(records) !== undefined) return 0;
  if (!mustReadRecords(records, rules)) return 0;
  const source = codecById(RecordBatch.codecId(records));
  if (!source) return 0;
  if (records.length > SMALL_BYTES) return Number.POSITIVE_INFINITY;
  const target = rules.compressionType === 'producer' ? source : codecByName(rules.compressionType);
  try {
    const bytes = source.contentBound(records.subarray(RecordBatch.HEADER_SIZE));
    return target === source || target.id === 0 ? bytes : bytes * COMPRESSING;
  } catch (error) {
    if (error instanceof DecompressionError) return records.length;
    throw error;
  }
}

/** Where the attributes of the first message say which codec it has. */
const LEGACY_ATTRIBUTES_AT = 17;
const LEGACY_CODEC = 0x07;

/** They are converted. What compressed ones hold is inside the one message of the set. */
function legacyCost(set: Buffer): number {
  const attributes = set[LEGACY_ATTRIBUTES_AT] ?? 0;
  return attributes & LEGACY_CODEC ? Number.POSITIVE_INFINITY : set.length * 2;
}
