import type { ConsumerRecord } from '../client/index.ts';
import { decodeVersioned, peekVersion } from '../protocol/codec/index.ts';
import type { MessageSchema } from '../protocol/schema/index.ts';
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
  TransactionLogKey,
  TransactionLogValue,
} from '../protocol/state-records/index.ts';
import { messageJson } from './dump/json-text.ts';
import { exactJson } from './exact-json.ts';

// The records of internal topics as console-consumer's formatters show them (KIP-1020).

type Schemas = readonly [key: MessageSchema, value: MessageSchema];
type Shown = (record: Pick<ConsumerRecord, 'key' | 'value'>) => Buffer;

const OFFSET_COMMITS: Readonly<Record<number, Schemas>> = {
  0: [OffsetCommitKey, OffsetCommitValue],
  1: [OffsetCommitKey, OffsetCommitValue],
};
const GROUP_METADATA: Readonly<Record<number, Schemas>> = {
  2: [GroupMetadataKey, GroupMetadataValue],
};

const FORMATTERS: Readonly<Record<string, Shown>> = {
  OffsetsMessageFormatter: shownAsJson(OFFSET_COMMITS),
  GroupMetadataMessageFormatter: shownAsJson(GROUP_METADATA),
  CoordinatorRecordMessageFormatter: shownAsJson({ ...OFFSET_COMMITS, ...GROUP_METADATA }),
  TransactionLogMessageFormatter: shownAsJson({ 0: [TransactionLogKey, TransactionLogValue] }),
};

export const INTERNAL_FORMATTERS: readonly string[] = Object.keys(FORMATTERS);

/** The formatter of that class, by the last part of its name; undefined where there is none. */
export function internalFormatter(className: string): Shown | undefined {
  const name = className.split(/[.$]/).at(-1) ?? '';
  return Object.hasOwn(FORMATTERS, name) ? FORMATTERS[name] : undefined;
}

/** As Kafka's do: no line end, and nothing for records of other kinds. */
function shownAsJson(kinds: Readonly<Record<number, Schemas>>): Shown {
  return ({ key, value }) => {
    if (key === null || key.length < 2) return Buffer.alloc(0);
    const type = peekVersion(key);
    const schemas = kinds[type];
    if (schemas === undefined) return Buffer.alloc(0);
    const [keySchema, valueSchema] = schemas;
    return Buffer.from(
      exactJson({
        key: { type, data: messageJson(keySchema, type, decodeVersioned(keySchema, key)) },
        value: value === null ? null : versioned(valueSchema, value),
      }),
    );
  };
}

function versioned(schema: MessageSchema, bytes: Buffer): { version: number; data: unknown } {
  const version = peekVersion(bytes);
  return { version, data: messageJson(schema, version, decodeVersioned(schema, bytes)) };
}
