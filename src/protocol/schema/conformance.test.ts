// If this breaks, our messages are not Kafka's any more, field for field.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ZERO_UUID } from '../../base/random.ts';
import { apis } from '../messages/index.ts';
import * as stateRecords from '../state-records/index.ts';
import type { Field, Fields, MessageSchema } from './index.ts';
import { fullName } from './index.ts';
import type { VersionRange } from './versions.ts';
import { intersectVersions, parseVersions } from './versions.ts';

// If a declaration differs from Kafka's in one field, a client of that version reads garbage.

/** Kafka's own schemas, where someone has laid them beside the checkout. */
const folder = process.env['KAFKA_MESSAGES'] ?? '../shared/kafka-messages';
const absent = existsSync(folder)
  ? false
  : `SKIPPED: no schemas of Kafka at ${folder}, so none of ours was compared with them`;
if (absent !== false) console.log(absent);

interface KafkaField {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean;
  readonly ignorable?: boolean | string;
  readonly flexibleVersions?: string;
  readonly fields?: readonly KafkaField[];
}

interface KafkaMessage {
  readonly apiKey?: number;
  readonly name: string;
  readonly type: string;
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly KafkaField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: KafkaField[] }[];
}

function load(name: string): KafkaMessage | undefined {
  const file = [join(folder, `${name}.json`), join(folder, 'state', `${name}.json`)].find(
    existsSync,
  );
  if (file === undefined) return undefined;
  // The files are JSON with line comments; the shape is asserted field by field below.
  return JSON.parse(readFileSync(file, 'utf8').replace(/^\s*\/\/.*$/gm, '')) as KafkaMessage;
}

const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

function kafkaDefault(field: KafkaField): unknown {
  const { type, default: given } = field;
  if (String(given) === 'null') return null;
  if (type === 'records') return null;
  if (type === 'string') return given ?? '';
  if (type === 'bool') return String(given ?? 'false') === 'true';
  if (type === 'uuid') return ZERO_UUID;
  if (/^(u?int\d+|float64)$/.test(type)) return Number(given ?? 0);
  return undefined;
}

/** What the test compares, in one shape for both sides, seen only at the versions Kafka's file has. */
function facts(
  field: {
    readonly type: string;
    readonly versions: string;
    readonly nullable: string;
    readonly tagged: string;
    readonly tag: number | undefined;
    readonly default: unknown;
    readonly flexible: string | undefined;
    readonly ignorable: boolean;
  },
  valid: VersionRange,
): Record<string, unknown> {
  const versions = intersectVersions(parseVersions(field.versions), valid);
  const always = versions.lowest <= valid.lowest && versions.highest >= valid.highest;
  const tagged = intersectVersions(parseVersions(field.tagged), versions);
  return {
    type: field.type,
    versions,
    nullable: intersectVersions(parseVersions(field.nullable), versions),
    tagged,
    tag: tagged.highest < tagged.lowest ? undefined : field.tag,
    default: field.default,
    flexible: field.flexible,
    // A field that no version of theirs lacks can be ignorable for the sake of our newer versions.
    ignorable: always ? 'never lacked' : field.ignorable,
  };
}

/** How a value of 64 bits is held is our own affair. */
function kafkaKind(kind: string): string {
  return kind === 'exactInt64' ? 'int64' : kind;
}

function kindOf(field: Field): string {
  const { kind, element } = field;
  if (kind !== 'array') return kafkaKind(kind);
  return typeof element === 'string' ? `[]${kafkaKind(element)}` : '[]struct';
}

function compareFields(
  ours: Fields,
  all: readonly KafkaField[],
  message: KafkaMessage,
  valid: VersionRange,
  path: string,
): void {
  const theirs = all.filter((field) => {
    const versions = parseVersions(field.versions ?? field.taggedVersions ?? 'none');
    const { lowest, highest } = intersectVersions(versions, valid);
    return highest >= lowest;
  });
  const known = new Set(theirs.map(({ name }) => camel(name)));
  for (const [name, field] of Object.entries(ours)) {
    if (known.has(name)) continue;
    const { highest, lowest } = intersectVersions(parseVersions(field.versions), valid);
    assert.ok(highest < lowest, `${path}.${name} is not in Kafka's schema at ${lowest}-${highest}`);
  }
  const order = Object.keys(ours).filter((name) => known.has(name));
  assert.deepEqual(
    order,
    theirs.map(({ name }) => camel(name)),
    `order of fields of ${path}`,
  );

  for (const their of theirs) {
    const name = camel(their.name);
    const our = ours[name]!;
    const element = their.type.replace('[]', '');
    const struct = /^[A-Z]/.test(element);
    const at = `${path}.${name}`;
    const theirFacts = facts(
      {
        type: struct ? their.type.replace(element, 'struct') : their.type,
        versions: their.versions ?? their.taggedVersions ?? 'none',
        nullable: their.nullableVersions ?? 'none',
        tagged: their.taggedVersions ?? 'none',
        tag: their.tag,
        default: kafkaDefault(their),
        flexible: their.flexibleVersions,
        ignorable: String(their.ignorable) === 'true',
      },
      valid,
    );
    const ourFacts = facts(
      {
        type: kindOf(our),
        versions: our.versions,
        nullable: our.options.nullable ?? 'none',
        tagged: our.options.taggedVersions ?? 'none',
        tag: our.options.tag,
        default: our.default,
        flexible: our.options.flexibleVersions,
        ignorable: our.options.ignorable ?? false,
      },
      valid,
    );
    assert.deepEqual(ourFacts, theirFacts, at);
    if (!struct) continue;
    const ourInner = typeof our.element === 'object' ? our.element : our.fields;
    const common = message.commonStructs?.find((each) => each.name === element)?.fields;
    const theirInner = their.fields?.length ? their.fields : common;
    assert.ok(ourInner && theirInner, at);
    // Inside a struct only the versions count that have the struct.
    const inner = intersectVersions(parseVersions(our.versions), valid);
    compareFields(ourInner, theirInner, message, inner, at);
  }
}

function compare(ours: MessageSchema, theirs: KafkaMessage): void {
  const name = fullName(ours);
  assert.equal(name, theirs.name);
  assert.equal(ours.type, theirs.type, name);
  assert.equal(ours.apiKey, theirs.apiKey ?? -1, name);
  const valid = intersectVersions(
    parseVersions(ours.validVersions),
    parseVersions(theirs.validVersions),
  );
  // Schemas of another release, given by hand, may have versions that are not ours yet.
  if (process.env['KAFKA_MESSAGES'] === undefined) {
    const lacking = `${name} lacks some of the versions ${theirs.validVersions}`;
    assert.deepEqual(valid, parseVersions(theirs.validVersions), lacking);
  }
  assert.equal(ours.flexibleVersions, theirs.flexibleVersions, name);
  compareFields(ours.fields, theirs.fields, theirs, valid, name);
}

test('every message equals its schema in Kafka, field for field', { skip: absent }, () => {
  const missing: string[] = [];
  let compared = 0;
  for (const api of apis) {
    for (const schema of [api.request, api.response]) {
      const theirs = load(fullName(schema));
      if (theirs === undefined) missing.push(fullName(schema));
      else if (theirs.validVersions !== 'none') {
        compare(schema, theirs);
        compared++;
      }
    }
  }
  assert.deepEqual(missing, []);
  assert.ok(compared >= 90, `only ${compared} messages were compared`);
});

test('every record of the internal topics equals its schema in Kafka', { skip: absent }, () => {
  const schemas: MessageSchema[] = Object.values(stateRecords);
  for (const schema of schemas) {
    const theirs = load(fullName(schema));
    // The jar of Kafka's clients, which KAFKA_MESSAGES may point to, has no state records.
    if (theirs !== undefined) compare(schema, theirs);
    else assert.ok(process.env['KAFKA_MESSAGES'], `no schema for ${fullName(schema)}`);
  }
});

test('every API of the first release is declared from version 0 up', () => {
  const keys = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 37, 42];
  for (const key of [...keys, 44, 46, 47, 60]) {
    const api = apis.find((each) => each.key === key);
    assert.ok(api, `key ${key}`);
    assert.equal(parseVersions(api.request.validVersions).lowest, 0, api.name);
    assert.equal(api.request.validVersions, api.response.validVersions, api.name);
    assert.equal(api.request.flexibleVersions, api.response.flexibleVersions, api.name);
  }
});

test('names, keys and versions of the declarations are consistent', () => {
  for (const { key, name, request, response } of apis) {
    assert.equal(response.apiKey, key);
    assert.equal(response.name, name);
    assert.equal(request.type, 'request');
    assert.equal(response.type, 'response');
  }
  assert.equal(new Set(apis.map(({ key }) => key)).size, apis.length);
});
