import { type Int64, readInt64, saturated } from '../../../src/base/int64.ts';
import { ZERO_UUID } from '../../../src/base/random.ts';
import { errorName } from '../../../src/protocol/errors.ts';
import { decodeRecords } from '../../../src/protocol/records/record.ts';
import * as RecordBatch from '../../../src/protocol/records/record-batch.ts';

/** What an observation may hold. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const HOUR_MS = 3_600_000;

/** Keys of ours, which Kafka has not; docs/deviations.md names them. */
const OWN_CONFIG_KEYS: ReadonlySet<unknown> = new Set([
  'flush.policy',
  'log.flush.policy',
  'log.disk.reserved.bytes',
  'log.unsynced.max.bytes',
]);

/** Rows that have an identity are put in its order: brokers answer them in the order of a hash table. */
const IDENTITIES = [
  'name',
  'topic',
  'topicId',
  'groupId',
  'memberId',
  'key',
  'partitionIndex',
  'partitionId',
  'feature',
  'user',
  'transactionalId',
  'producerId',
  'index',
  'resourceName',
];

/**
 * Makes the answers of two brokers comparable: names lose the probe's prefix, errors get their names,
 * and whatever each broker chooses for itself (ids, addresses, the time) becomes a label that says
 * only whether it is the same as before.
 */
export class Normaliser {
  readonly #prefix: string;
  readonly #port: number;
  readonly #labels = new Map<string, string>();
  readonly #labelCounts = new Map<string, number>();

  constructor(prefix: string, port: number) {
    this.#prefix = prefix;
    this.#port = port;
  }

  /** With `keepOrder`, rows stay in the order of the answer. */
  value(input: unknown, options: { keepOrder?: boolean } = {}): Json {
    return this.#any('', input, options.keepOrder === true);
  }

  #any(key: string, input: unknown, keepOrder: boolean): Json {
    if (input === null || input === undefined) return null;
    if (Buffer.isBuffer(input)) return key === 'records' ? this.records(input) : bytes(input);
    if (Array.isArray(input)) {
      const rows = input
        .filter((each) => !OWN_CONFIG_KEYS.has((each as { name?: unknown } | null)?.name))
        .map((each) => this.#any(key, each, keepOrder));
      return keepOrder ? rows : sorted(rows);
    }
    if (typeof input === 'object') {
      const output: { [name: string]: Json } = {};
      for (const [name, value] of Object.entries(input)) {
        // Texts for people are each broker's own.
        if (/errormessage$/i.test(name)) continue;
        output[name] = this.#any(name, value, keepOrder);
      }
      return output;
    }
    if (typeof input === 'number') return this.#number(key, input);
    if (typeof input === 'bigint') return String(input);
    if (typeof input === 'string') return this.#text(key, input);
    return Boolean(input);
  }

  #number(key: string, value: number): Json {
    if (/errorcode$/i.test(key)) return value === 0 ? 'NONE' : `${errorName(value)} ${value}`;
    if (key === 'port' && value === this.#port) return 'port';
    if (key === 'sessionId' && value !== 0) return this.#label('session', value);
    if (key === 'producerId' && value >= 0) return this.#label('producer', value);
    if (/epoch$/i.test(key) && key.startsWith('finalized')) return value < 0 ? value : 'epoch';
    return this.time(value);
  }

  /** The time of the broker becomes 'now'; those that a probe makes up lie in 2023. */
  time(value: Int64): Json {
    if (typeof value === 'bigint') return String(value);
    return Math.abs(value - Date.now()) < HOUR_MS ? 'now' : value;
  }

  #text(key: string, value: string): Json {
    if (key === 'topicId') return value === ZERO_UUID ? '' : this.#label('topic', value);
    if (key === 'clusterId') return value === '' ? '' : 'cluster';
    if (key === 'host' && value !== '') return 'host';
    return value
      .replaceAll(this.#prefix, '~')
      .replace(UUID, (uuid) => `<${this.#label('uuid', uuid)}>`);
  }

  /** Gives a topic id its label before any answer does, so that it is the same for both brokers. */
  nameTopicId(topicId: string, name: string): void {
    this.#labels.set(`topic ${topicId}`, `id of ${name.replace(this.#prefix, '~')}`);
  }

  #label(kind: string, value: number | string): string {
    const id = `${kind} ${value}`;
    const known = this.#labels.get(id);
    if (known !== undefined) return known;
    const count = (this.#labelCounts.get(kind) ?? 0) + 1;
    this.#labelCounts.set(kind, count);
    this.#labels.set(id, `${kind} ${count}`);
    return `${kind} ${count}`;
  }

  /** The records of a fetch answer, batch by batch, without what the broker chose. */
  records(buffer: Buffer): Json {
    if (buffer.length === 0) return 'no bytes';
    const batches: Json[] = [];
    let at = 0;
    while (buffer.length - at >= RecordBatch.LOG_OVERHEAD) {
      const size = RecordBatch.sizeInBytes(buffer, at);
      if (at + size > buffer.length || size < 14) break;
      const magic = RecordBatch.magic(buffer, at);
      batches.push(
        magic === 2 ? this.#batch(buffer.subarray(at, at + size)) : legacy(buffer, at, size),
      );
      at += size;
    }
    // A part of one more batch behind whole ones tells a client nothing.
    if (batches.length === 0) batches.push(`${buffer.length} bytes of a part`);
    return batches;
  }

  #batch(batch: Buffer): Json {
    const producerId = readInt64(batch, 43);
    return {
      baseOffset: RecordBatch.baseOffset(batch),
      leaderEpoch: RecordBatch.leaderEpoch(batch),
      attributes: RecordBatch.attributes(batch),
      lastOffsetDelta: batch.readInt32BE(23),
      baseTimestamp: this.time(readInt64(batch, 27)),
      maxTimestamp: this.time(readInt64(batch, 35)),
      producerId: producerId < 0 ? String(producerId) : this.#label('producer', String(producerId)),
      producerEpoch: batch.readInt16BE(51),
      baseSequence: batch.readInt32BE(53),
      count: batch.readInt32BE(57),
      checksumHolds: RecordBatch.computeCrc(batch) === RecordBatch.crc(batch),
      records: decoded(batch),
    };
  }
}

function decoded(batch: Buffer): Json {
  try {
    return decodeRecords(batch).map(
      ({ offset, timestamp, key, value, headers }) =>
        `${offset} @${Math.abs(saturated(timestamp) - Date.now()) < HOUR_MS ? 'now' : timestamp} ${text(key)}=${text(value)}${headers.length > 0 ? ` +${headers.length}` : ''}`,
    );
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.name : 'unknown'}`;
  }
}

/** A message of the formats before batches: its fields up to the key. */
function legacy(buffer: Buffer, at: number, size: number): Json {
  const magic = RecordBatch.magic(buffer, at);
  return {
    offset: String(readInt64(buffer, at)),
    magic,
    attributes: buffer.readInt8(at + 17),
    // Two implementations of a codec do not agree on the bytes, only on what comes out of them.
    bytes:
      (buffer.readInt8(at + 17) & 7) === 0
        ? buffer.subarray(at + 12, at + size).toString('hex')
        : 'compressed',
  };
}

function text(value: Buffer | null): string {
  if (value === null) return 'null';
  return value.length > 40 ? `${value.length} bytes` : JSON.stringify(value.toString());
}

function bytes(value: Buffer): Json {
  return `bytes:${value.toString('latin1')}`;
}

function sorted(rows: Json[]): Json[] {
  const identity = (row: Json): string | number => {
    if (row === null || typeof row !== 'object' || Array.isArray(row)) return '';
    for (const name of IDENTITIES) {
      const value = row[name];
      if (value === '') continue;
      if (typeof value === 'number' || typeof value === 'string') return value;
    }
    return '';
  };
  return [...rows].sort((a, b) => {
    const [left, right] = [identity(a), identity(b)];
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    const [leftText, rightText] = [String(left), String(right)];
    return leftText < rightText ? -1 : leftText > rightText ? 1 : 0;
  });
}
