import { decodeVersioned, peekVersion } from '../../protocol/codec/index.ts';
import type { BatchRecord } from '../../protocol/records/record.ts';
import type { MessageSchema } from '../../protocol/schema/index.ts';
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
  TransactionLogKey,
  TransactionLogValue,
} from '../../protocol/state-records/index.ts';
import { exactJson } from '../exact-json.ts';
import { messageJson } from './json-text.ts';

/** What a record's key and value look like to a person; undefined: nothing is printed. */
export type RecordDecoder = (record: Pick<BatchRecord, 'offset' | 'key' | 'value'>) => {
  readonly key: string | undefined;
  readonly payload: string | undefined;
};

const DELETED = '<DELETE>';

/** Kafka's decoders of bytes, by the last part of their class name. */
const BYTES_DECODERS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  StringDecoder: (bytes) => bytes.toString('utf8'),
  DefaultDecoder: (bytes) => bytes.toString('utf8'),
  // As Java reads them: what follows the number is not looked at.
  LongDecoder: (bytes) => (bytes.length >= 8 ? String(bytes.readBigInt64BE()) : sizeText(bytes, 8)),
  IntegerDecoder: (bytes) => (bytes.length >= 4 ? String(bytes.readInt32BE()) : sizeText(bytes, 4)),
};

function sizeText(bytes: Buffer, size: number): string {
  return `(${bytes.length} bytes instead of ${size})`;
}

/** The decoder of a class name of Kafka's, or undefined where there is none. */
export function bytesDecoder(className: string): ((bytes: Buffer) => string) | undefined {
  const name = className.split('.').at(-1) ?? '';
  return Object.hasOwn(BYTES_DECODERS, name) ? BYTES_DECODERS[name] : undefined;
}

export function plainDecoder(
  keyOf: (bytes: Buffer) => string,
  payloadOf: (bytes: Buffer) => string,
): RecordDecoder {
  return ({ key, value }) => ({
    key: key === null ? undefined : keyOf(key),
    payload: value === null ? undefined : payloadOf(value),
  });
}

/** Records of __consumer_offsets. */
export const offsetsDecoder: RecordDecoder = ({ offset, key, value }) => {
  if (key === null) {
    return { key: `Error at offset ${offset}, skipping. the key is missing`, payload: undefined };
  }
  try {
    const type = peekVersion(key);
    const [keySchema, valueSchema] =
      type === 2
        ? [GroupMetadataKey, GroupMetadataValue]
        : type === 0 || type === 1
          ? [OffsetCommitKey, OffsetCommitValue]
          : [];
    if (!keySchema || !valueSchema) {
      return {
        key: `Unknown record type ${type} at offset ${offset}, skipping.`,
        payload: undefined,
      };
    }
    return {
      key: versionedJson('type', keySchema, key),
      payload: value === null ? DELETED : versionedJson('version', valueSchema, value, openMembers),
    };
  } catch (error) {
    return { key: errorText(offset, error), payload: undefined };
  }
};

function versionedJson(
  label: string,
  schema: MessageSchema,
  bytes: Buffer,
  adapt: (data: unknown) => unknown = (data) => data,
): string {
  const version = peekVersion(bytes);
  const data = adapt(messageJson(schema, version, decodeVersioned(schema, bytes)));
  return exactJson({ [label]: String(version), data });
}

/** What members of the consumer protocol said and were given, instead of its bytes. */
function openMembers(data: unknown): unknown {
  if (!isObject(data) || data['protocolType'] !== 'consumer') return data;
  const { members } = data;
  if (!Array.isArray(members)) return data;
  return {
    ...data,
    members: members.map((member: unknown) =>
      isObject(member)
        ? {
            ...member,
            subscription: opened(ConsumerProtocolSubscription, member['subscription']),
            assignment: opened(ConsumerProtocolAssignment, member['assignment']),
          }
        : member,
    ),
  };
}

function opened(schema: MessageSchema, base64: unknown): unknown {
  if (typeof base64 !== 'string') return base64;
  try {
    const bytes = Buffer.from(base64, 'base64');
    return messageJson(schema, peekVersion(bytes), decodeVersioned(schema, bytes));
  } catch {
    // Somebody else's protocol under this name: the bytes stay.
    return base64;
  }
}

function isObject(found: unknown): found is Record<string, unknown> {
  return typeof found === 'object' && found !== null;
}

const TRANSACTION_STATES = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
];

/** Records of __transaction_state. */
export const transactionsDecoder: RecordDecoder = ({ offset, key, value }) => {
  if (key === null) return { key: errorText(offset, 'the key is missing'), payload: undefined };
  try {
    const { transactionalId } = decodeVersioned(TransactionLogKey, key);
    return {
      key: `transaction_metadata::transactionalId=${transactionalId}`,
      payload:
        value === null ? DELETED : transactionText(decodeVersioned(TransactionLogValue, value)),
    };
  } catch (error) {
    return { key: errorText(offset, error), payload: undefined };
  }
};

function transactionText(value: TransactionLogValue): string {
  const partitions = (value.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) =>
    partitionIds.map((partition) => `${topic}-${partition}`),
  );
  return [
    `producerId:${value.producerId}`,
    `producerEpoch:${value.producerEpoch}`,
    `state=${TRANSACTION_STATES[value.transactionStatus] ?? value.transactionStatus}`,
    `partitions=[${partitions.join(',')}]`,
    `txnLastUpdateTimestamp=${value.transactionLastUpdateTimestampMs}`,
    `txnTimeoutMs=${value.transactionTimeoutMs}`,
  ].join(',');
}

function errorText(offset: number, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `Error at offset ${offset}, skipping. ${reason}`;
}
