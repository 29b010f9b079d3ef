// If this breaks, bytes that real clients sent are read otherwise, or answers come out in other bytes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  decodeFrom,
  decodeRequestHeader,
  encodeRequestFrame,
  encodeResponseFrame,
  Reader,
  responseHeaderVersion,
} from '../../src/protocol/codec/index.ts';
import { flexibleAt, layoutOf } from '../../src/protocol/codec/layout.ts';
import { apis } from '../../src/protocol/messages/index.ts';
import type { Field, Fields, MessageSchema } from '../../src/protocol/schema/index.ts';
import { fullName } from '../../src/protocol/schema/index.ts';

// Bytes that real clients and a real Kafka sent each other, with what Kafka's own classes read in
// them. If one of these fails, that client cannot talk to us. See README.md beside this file.

const folder = join('test', 'golden');

interface Golden {
  readonly client: string;
  readonly message: string;
  readonly version: number;
  /** The frame without its 4 length bytes, in hex. */
  readonly frame: string;
  /** The message as Kafka's JSON converters write it. */
  readonly decoded: unknown;
}

const schemas = new Map<string, MessageSchema>(
  apis.flatMap(({ request, response }) => [
    [fullName(request), request],
    [fullName(response), response],
  ]),
);

function isDefault(field: Field, value: unknown): boolean {
  if (field.default !== undefined) return value === field.default;
  if (Array.isArray(value) || Buffer.isBuffer(value)) return value.length === 0;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, inner]) => isDefault(field.fields![name]!, inner));
}

/** A decoded message as Kafka's JSON converters show it: bytes in base64, records as their size. */
function kafkaJson(fields: Fields, value: unknown, version: number, flexible: boolean): unknown {
  // The codec yields a record of the declared fields for every struct.
  const struct = value as Record<string, unknown>;
  const json: Record<string, unknown> = {};
  for (const { name, field, place } of layoutOf(fields, version, flexible)) {
    const inner = struct[name];
    if (place === 'absent' || (place === 'tagged' && isDefault(field, inner))) continue;
    const { element } = field;
    if (field.kind === 'records' && Buffer.isBuffer(inner)) {
      json[`${name}SizeInBytes`] = inner.length;
    } else if (Buffer.isBuffer(inner)) {
      json[name] = inner.toString('base64');
    } else if (field.fields !== undefined && inner !== null) {
      json[name] = kafkaJson(field.fields, inner, version, flexible);
    } else if (typeof element === 'object' && Array.isArray(inner)) {
      json[name] = inner.map((each) => kafkaJson(element, each, version, flexible));
    } else {
      json[name] = inner;
    }
  }
  return json;
}

function check(golden: Golden): void {
  const { version } = golden;
  const schema = schemas.get(golden.message);
  assert.ok(schema, `no schema for ${golden.message}`);
  const frame = Buffer.from(golden.frame, 'hex');
  const isRequest = schema.type === 'request';
  const header = isRequest ? decodeRequestHeader(frame) : undefined;
  const reader = new Reader(frame, header?.bodyOffset ?? 4);
  if (!isRequest && responseHeaderVersion(schema.apiKey, version) === 1) reader.skipTags();
  const value = decodeFrom(schema, version, reader);
  assert.equal(reader.remaining, 0, 'every byte of the frame is read');
  const json = kafkaJson(schema.fields, value, version, flexibleAt(schema, version));
  assert.deepEqual(json, golden.decoded);
  const chunks = header
    ? encodeRequestFrame(schema, version, header, value)
    : encodeResponseFrame(schema, version, frame.readInt32BE(0), value);
  assert.equal(Buffer.concat(chunks).subarray(4).toString('hex'), golden.frame);
}

const clients = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test('there are golden bytes of every client family', () => {
  for (const family of ['kafkajs', 'platformatic', 'librdkafka', 'java', 'franz-go']) {
    assert.ok(
      clients.some(({ name }) => name.includes(family)),
      `none of ${family}`,
    );
  }
});

for (const { name: client } of clients) {
  test(`${client}: its bytes decode as Kafka decodes them and encode back to themselves`, () => {
    for (const file of readdirSync(join(folder, client))) {
      // Written by tools/golden/record.mjs, which is the only writer.
      const golden = JSON.parse(readFileSync(join(folder, client, file), 'utf8')) as Golden;
      try {
        check(golden);
      } catch (error) {
        if (error instanceof Error) error.message = `${client}/${file}: ${error.message}`;
        throw error;
      }
    }
  });
}
