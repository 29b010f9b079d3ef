// If this breaks, some message of some version is read or written wrongly, and its clients fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type Int64, saturated } from '../../base/int64.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { apis } from '../messages/index.ts';
import type { Field, Fields, MessageSchema } from '../schema/index.ts';
import { bytes, fullName, message } from '../schema/index.ts';
import { parseVersions } from '../schema/versions.ts';
import * as stateRecords from '../state-records/index.ts';
import { generateMessage, versionsOf, widened } from '../testing/generate.ts';
import { decodeFrom, encode, encodeTo, ProtocolError, Reader, Writer } from './index.ts';
import { interpretDecode, interpretEncode } from './interpret.ts';
import { flexibleAt, layoutOf } from './layout.ts';

// If the compiled codec and its slow twin disagree, one of them has misread the schema, and some
// client at some version gets wrong fields.

const schemas: readonly MessageSchema[] = [
  ...apis.flatMap(({ request, response }) => [request, response]),
  ...Object.values(stateRecords),
];
const all = schemas.flatMap((schema) => versionsOf(schema).map((version) => ({ schema, version })));
const anyMessage = fc.record({ at: fc.nat(all.length - 1), seed: fc.nat() });

const title = (schema: MessageSchema, version: number) => `${fullName(schema)} v${version}`;

function bytesOf(schema: MessageSchema, version: number, input: Record<string, unknown>): Buffer {
  return Buffer.concat(encode(schema, version, input));
}

function interpretedBytes(schema: MessageSchema, version: number, input: Record<string, unknown>) {
  const writer = new Writer();
  interpretEncode(schema, version, input, writer);
  return Buffer.concat(writer.finish());
}

/** The result, or the text of the ProtocolError; any other error passes through. */
function outcome<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

test('compiled = interpreted = round trip, at every version of every message', () => {
  for (const { schema, version } of all) {
    const random = new SimRandom(version * 1000 + schema.apiKey);
    for (let run = 0; run < 4; run++) {
      const value = generateMessage(schema, version, random);
      const encoded = bytesOf(schema, version, value);
      const at = title(schema, version);
      assert.deepEqual(interpretedBytes(schema, version, value), encoded, at);
      const reader = new Reader(encoded);
      assert.deepEqual(decodeFrom(schema, version, reader), value, at);
      assert.equal(reader.remaining, 0, at);
      const slow = new Reader(encoded);
      assert.deepEqual(interpretDecode(schema, version, slow), value, at);
      assert.equal(slow.remaining, 0, at);
    }
  }
});

test('any message round trips', () => {
  fc.assert(
    fc.property(anyMessage, ({ at, seed }) => {
      const { schema, version } = all[at]!;
      const value = generateMessage(schema, version, new SimRandom(seed));
      const encoded = bytesOf(schema, version, value);
      assert.deepEqual(interpretedBytes(schema, version, value), encoded);
      assert.deepEqual(decodeFrom(schema, version, new Reader(encoded)), value);
    }),
    { numRuns: 1000 },
  );
});

/** What a message says to a reader that holds numbers where the schema has plain int64. */
function asRead(fields: Fields, value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { kind, element, fields: inner }]) => {
      const given = value[name];
      if (kind === 'int64') return [name, saturated(given as Int64)];
      if (Array.isArray(given)) return [name, given.map((each) => elementAsRead(element, each))];
      if (kind !== 'struct' || given === null) return [name, given];
      return [name, asRead(inner ?? {}, given as Record<string, unknown>)];
    }),
  );
}

function elementAsRead(element: Field['element'], value: unknown): unknown {
  if (element === 'int64') return saturated(value as Int64);
  if (typeof element !== 'object') return value;
  return asRead(element, value as Record<string, unknown>);
}

test('an int64 of any size is read, at every version of every message', () => {
  let extremes = 0;
  for (const { schema, version } of all) {
    const wide = widened(schema);
    const random = new SimRandom(version * 1000 + schema.apiKey + 7);
    for (let run = 0; run < 2; run++) {
      const sent = generateMessage(wide, version, random);
      const encoded = interpretedBytes(wide, version, sent);
      const at = title(schema, version);
      const expected = asRead(schema.fields, sent);
      assert.deepEqual(decodeFrom(schema, version, new Reader(encoded)), expected, at);
      assert.deepEqual(interpretDecode(schema, version, new Reader(encoded)), expected, at);
      // What was read can be sent on.
      assert.deepEqual(
        decodeFrom(schema, version, new Reader(bytesOf(schema, version, expected))),
        expected,
        at,
      );
      if (!isDeepStrictEqual(sent, expected)) extremes++;
    }
  }
  assert.ok(extremes > 100, `${extremes} messages had numbers beyond 2^53`);
});

test('what an error says to a person can be sent, however long it is', () => {
  const long = 'é🚰'.repeat(50_000);
  const isText = (name: string) => /errormessage$/i.test(name);
  const withLongTexts = (fields: Fields): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([name, field]): [string, unknown][] => {
        const { kind, element, fields: inner } = field;
        if (isText(name)) return [[name, long]];
        if (kind === 'struct') return [[name, withLongTexts(inner ?? {})]];
        return typeof element === 'object' ? [[name, [withLongTexts(element)]]] : [];
      }),
    );
  const texts = (value: unknown): unknown[] => {
    if (Array.isArray(value)) return value.flatMap(texts);
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return [];
    return Object.entries(value).flatMap(([name, each]) => (isText(name) ? [each] : texts(each)));
  };
  let seen = 0;
  for (const { response } of apis) {
    for (const version of versionsOf(response)) {
      const input = withLongTexts(response.fields);
      const encoded = outcome(() => bytesOf(response, version, input));
      if (typeof encoded === 'string') {
        // Something else of this response has no place at the version.
        assert.match(encoded, /the version has no such field|null, where/);
        continue;
      }
      assert.deepEqual(interpretedBytes(response, version, input), encoded);
      for (const text of texts(decodeFrom(response, version, new Reader(encoded)))) {
        // Where the version has no such text.
        if (text === null || text === '') continue;
        seen++;
        assert.match(String(text), /^(é🚰)+é?\.\.\.$/);
        assert.ok(String(text).length <= 2000);
      }
    }
  }
  assert.ok(seen > 20, `${seen} texts`);
});

test('fields left out are sent as their defaults', () => {
  for (const { schema, version } of all) {
    const compiled = outcome(() => bytesOf(schema, version, {}));
    const slow = outcome(() => interpretedBytes(schema, version, {}));
    assert.deepEqual(compiled, slow, title(schema, version));
    if (typeof compiled === 'string') continue;
    const decoded = decodeFrom(schema, version, new Reader(compiled));
    assert.deepEqual(bytesOf(schema, version, decoded), compiled, title(schema, version));
  }
});

/** A value other than the default of a field. */
function otherValue(field: Field): unknown {
  if (field.kind === 'array') return [typeof field.element === 'object' ? {} : 'x'];
  if (field.kind === 'string') return 'other';
  if (field.kind === 'uuid') return 'QxgqVJ_1RDuLf1OyZPl4Zg';
  if (field.kind === 'bool') return field.default !== true;
  if (field.kind === 'bytes' || field.kind === 'records') return Buffer.from('x');
  if (field.kind !== 'struct') return 77;
  return Object.fromEntries(Object.entries(field.fields ?? {}).map(([k, f]) => [k, otherValue(f)]));
}

test('a value in a field that the version lacks is refused, or dropped where it may be', () => {
  const counts = { refused: 0, dropped: 0 };
  for (const { schema, version } of all) {
    const plain = outcome(() => bytesOf(schema, version, {}));
    if (typeof plain === 'string') continue;
    for (const [name, field] of Object.entries(schema.fields)) {
      const { lowest, highest } = parseVersions(field.versions);
      if (version >= lowest && version <= highest) continue;
      const input = { [name]: otherValue(field) };
      const result = outcome(() => bytesOf(schema, version, input));
      assert.deepEqual(
        result,
        outcome(() => interpretedBytes(schema, version, input)),
      );
      if (field.options.ignorable) {
        assert.deepEqual(result, plain);
        counts.dropped++;
      } else {
        assert.match(String(result), /the version has no such field/);
        counts.refused++;
      }
    }
  }
  assert.ok(counts.refused > 100 && counts.dropped > 100, JSON.stringify(counts));
});

/** The message with one more field in every struct, which nobody who has the message knows. */
function withUnknownTag(fields: Fields, versions: string): Fields {
  const extended: Record<string, Field> = {};
  for (const [name, field] of Object.entries(fields)) {
    const element =
      typeof field.element === 'object' ? withUnknownTag(field.element, versions) : field.element;
    const inner = field.fields && withUnknownTag(field.fields, versions);
    extended[name] = { ...field, element, fields: inner };
  }
  extended['unknown'] = bytes(versions, { tag: 9999, taggedVersions: versions });
  return extended;
}

function fillUnknown(
  fields: Fields,
  version: number,
  value: unknown,
  random: SimRandom,
): Record<string, unknown> {
  // Values come from the generator, so that a struct field holds a record of its fields.
  const filled: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  for (const { name, field, place } of layoutOf(fields, version, true)) {
    const { element } = field;
    const inner = filled[name];
    if (inner === null || place === 'absent') continue;
    if (field.fields) filled[name] = fillUnknown(field.fields, version, inner, random);
    if (typeof element === 'object' && Array.isArray(inner)) {
      filled[name] = inner.map((each) => fillUnknown(element, version, each, random));
    }
  }
  return { ...filled, unknown: random.bytes(1 + random.int(200)) };
}

test('an unknown tagged field in every struct of a flexible message is skipped', () => {
  let tried = 0;
  for (const { schema, version } of all) {
    if (!flexibleAt(schema, version)) continue;
    const { apiKey, name, type, validVersions, flexibleVersions } = schema;
    const fields = withUnknownTag(schema.fields, flexibleVersions);
    const newer = message({ apiKey, name, type, validVersions, flexibleVersions, fields });
    const random = new SimRandom(version);
    for (let run = 0; run < 3; run++) {
      const value = generateMessage(schema, version, random);
      const filled = fillUnknown(schema.fields, version, value, random);
      const encoded = interpretedBytes(newer, version, filled);
      assert.ok(encoded.includes(Buffer.from([0x8f, 0x4e])), 'the tag 9999 is on the wire');
      const reader = new Reader(encoded);
      assert.deepEqual(decodeFrom(schema, version, reader), value, title(schema, version));
      assert.equal(reader.remaining, 0);
      assert.deepEqual(interpretDecode(schema, version, new Reader(encoded)), value);
      tried++;
    }
  }
  assert.ok(tried > 300, `${tried}`);
});

test('a message cut short at any byte is a protocol error that names message and field', () => {
  const named = new Set([0, 1, 3, 11, 18, 19]);
  for (const { schema, version } of all) {
    if (!named.has(schema.apiKey)) continue;
    const value = generateMessage(schema, version, new SimRandom(version + 5));
    const encoded = bytesOf(schema, version, value);
    for (let size = 0; size < Math.min(encoded.length, 400); size++) {
      const cut = new Reader(encoded, 0, size);
      const result = outcome(() => decodeFrom(schema, version, cut));
      assert.equal(typeof result, 'string', `${title(schema, version)} cut at ${size} decoded`);
      assert.ok(String(result).startsWith(title(schema, version)), String(result));
    }
  }
});

/** Decodes bytes that may be anything; both codecs must agree, and fail only as protocol errors. */
function agree(schema: MessageSchema, version: number, data: Buffer): void {
  const fast = outcome(() => decodeFrom(schema, version, new Reader(data)));
  const slow = outcome(() => interpretDecode(schema, version, new Reader(data)));
  assert.deepEqual(fast, slow);
}

test('arbitrary bytes end in a value or a protocol error, the same from both codecs', () => {
  fc.assert(
    fc.property(fc.nat(all.length - 1), fc.uint8Array({ maxLength: 300 }), (at, data) => {
      const { schema, version } = all[at]!;
      agree(schema, version, Buffer.from(data));
    }),
    { numRuns: 2000 },
  );
});

test('damaged messages end in a value or a protocol error, the same from both codecs', () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.nat(255), ({ at, seed }, where, byte) => {
      const { schema, version } = all[at]!;
      const encoded = bytesOf(
        schema,
        version,
        generateMessage(schema, version, new SimRandom(seed)),
      );
      if (encoded.length > 0) encoded[where % encoded.length] = byte;
      agree(schema, version, encoded);
    }),
    { numRuns: 2000 },
  );
});

test('the errors of encoding name the message, the version and the field', () => {
  const { request } = apis.find(({ name }) => name === 'Produce')!;
  const topicData = [{}, { partitionData: [{ index: 1.5 }] }];
  assert.equal(
    outcome(() => encode(request, 3, { topicData })),
    'ProduceRequest v3, topicData[1].partitionData[0].index: 1.5 is not a value of type int32',
  );
  assert.equal(
    outcome(() => encode(request, 3, { topicData: null })),
    'ProduceRequest v3, topicData: null, where this version allows none',
  );
  assert.equal(
    outcome(() => encode(request, 99, {})),
    'ProduceRequest has no version 99',
  );
});

test('encoding into a writer appends', () => {
  const { response } = apis.find(({ name }) => name === 'Heartbeat')!;
  const writer = new Writer();
  writer.int16(7);
  encodeTo(response, 0, { errorCode: 3 }, writer);
  assert.deepEqual(Buffer.concat(writer.finish()), Buffer.from([0, 7, 0, 3]));
});
