// If this breaks, an API does something for clients that Kafka would have asked an ACL about, or asks for a
// right that administrators of Kafka never give.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Api } from '../../src/broker/network/api.ts';
import type { QuotaKind } from '../../src/broker/quota/quotas.ts';
import type { Right } from '../../src/broker/security/rights.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';

/** "Operations and Resources on Protocols" of Kafka's documentation, by API key, as of 3.9. */
const KAFKA: Readonly<Record<number, readonly string[]>> = {
  0: ['WRITE TRANSACTIONAL_ID', 'IDEMPOTENT_WRITE CLUSTER', 'WRITE TOPIC'],
  1: ['CLUSTER_ACTION CLUSTER', 'READ TOPIC'],
  2: ['DESCRIBE TOPIC'],
  3: ['DESCRIBE TOPIC', 'CREATE CLUSTER', 'CREATE TOPIC'],
  8: ['READ GROUP', 'READ TOPIC'],
  9: ['DESCRIBE GROUP', 'DESCRIBE TOPIC'],
  10: ['DESCRIBE GROUP', 'DESCRIBE TRANSACTIONAL_ID'],
  11: ['READ GROUP'],
  12: ['READ GROUP'],
  13: ['READ GROUP'],
  14: ['READ GROUP'],
  15: ['DESCRIBE GROUP'],
  16: ['DESCRIBE CLUSTER', 'DESCRIBE GROUP'],
  17: [],
  18: [],
  19: ['CREATE CLUSTER', 'CREATE TOPIC'],
  20: ['DELETE TOPIC'],
  21: ['DELETE TOPIC'],
  22: ['WRITE TRANSACTIONAL_ID', 'IDEMPOTENT_WRITE CLUSTER'],
  23: ['CLUSTER_ACTION CLUSTER', 'DESCRIBE TOPIC'],
  24: ['WRITE TRANSACTIONAL_ID', 'WRITE TOPIC'],
  25: ['WRITE TRANSACTIONAL_ID', 'READ GROUP'],
  26: ['WRITE TRANSACTIONAL_ID'],
  27: ['ALTER CLUSTER', 'CLUSTER_ACTION CLUSTER'],
  28: ['WRITE TRANSACTIONAL_ID', 'READ GROUP', 'READ TOPIC'],
  29: ['DESCRIBE CLUSTER'],
  30: ['ALTER CLUSTER'],
  31: ['ALTER CLUSTER'],
  32: ['DESCRIBE_CONFIGS CLUSTER', 'DESCRIBE_CONFIGS TOPIC'],
  33: ['ALTER_CONFIGS CLUSTER', 'ALTER_CONFIGS TOPIC'],
  34: ['ALTER CLUSTER'],
  35: ['DESCRIBE CLUSTER'],
  36: [],
  37: ['ALTER TOPIC'],
  38: ['CREATE_TOKENS USER'],
  39: [],
  40: [],
  41: ['DESCRIBE DELEGATION_TOKEN', 'DESCRIBE_TOKENS USER'],
  42: ['DELETE GROUP'],
  43: ['CLUSTER_ACTION CLUSTER'],
  44: ['ALTER_CONFIGS CLUSTER', 'ALTER_CONFIGS TOPIC'],
  45: ['ALTER CLUSTER'],
  46: ['DESCRIBE CLUSTER'],
  47: ['DELETE GROUP', 'READ TOPIC'],
  48: ['DESCRIBE_CONFIGS CLUSTER'],
  49: ['ALTER_CONFIGS CLUSTER'],
  50: ['DESCRIBE CLUSTER'],
  51: ['ALTER CLUSTER'],
  57: ['ALTER CLUSTER'],
  60: ['DESCRIBE CLUSTER'],
  61: ['READ TOPIC'],
  65: ['DESCRIBE TRANSACTIONAL_ID'],
  66: ['DESCRIBE TRANSACTIONAL_ID'],
  75: ['DESCRIBE TOPIC'],
};

interface Exception {
  readonly why: string;
  readonly more?: readonly string[];
  readonly less?: readonly string[];
}

const NOT_OFFERED: Exception = {
  why: 'it is answered with an error, whoever asks',
  less: ['every one'],
};

/** Where what Kafka 3.9 does is not what its table says, or something does not exist here. */
const EXCEPTIONS: Readonly<Record<number, Exception>> = {
  0: { why: 'since KIP-679 WRITE covers it', less: ['IDEMPOTENT_WRITE CLUSTER'] },
  3: { why: 'its authorized operations (KIP-430)', more: ['DESCRIBE CLUSTER'] },
  19: { why: 'the configs in its answer (KIP-525)', more: ['DESCRIBE_CONFIGS TOPIC'] },
  20: { why: 'the name in its answer to an id (KIP-516)', more: ['DESCRIBE TOPIC'] },
  22: { why: 'since KIP-679 it will do for any topic', more: ['WRITE TOPIC'] },
  24: NOT_OFFERED,
  25: NOT_OFFERED,
  26: NOT_OFFERED,
  27: NOT_OFFERED,
  28: NOT_OFFERED,
  34: NOT_OFFERED,
  38: { why: 'refused before it asks on a plaintext listener', less: ['every one'] },
  41: { why: 'refused before it asks on a plaintext listener', less: ['every one'] },
  43: {
    why: 'KIP-460 and the code have this one',
    less: ['CLUSTER_ACTION CLUSTER'],
    more: ['ALTER CLUSTER'],
  },
  49: NOT_OFFERED,
  51: NOT_OFFERED,
  66: { why: 'there never is a transaction to list', less: ['every one'] },
};

/** What counts against a quota of its own; everything else uses up the broker's time only. */
const QUOTAS: Readonly<Record<number, QuotaKind>> = {
  0: 'produce',
  1: 'fetch',
  19: 'controllerMutation',
  20: 'controllerMutation',
  37: 'controllerMutation',
};

let broker: TestBroker;
let apis: readonly Api[] = [];
before(async () => {
  broker = await startTestBroker({
    onParts: (_parts, all) => {
      apis = all;
    },
  });
});
after(() => broker.stop());

const textOf = ({ operation, resource }: Right) => `${operation} ${resource}`;

test('every API declares the rights of Kafka for it, and only these', () => {
  assert.ok(apis.length > 50);
  for (const { key, name, rights } of apis) {
    const documented = KAFKA[key];
    assert.ok(documented, `${name} is not in Kafka's table`);
    const { less = [], more = [] } = EXCEPTIONS[key] ?? {};
    const expected = less.includes('every one')
      ? []
      : [...documented.filter((right) => !less.includes(right)), ...more];
    const declared = [...(rights.needs ?? []), ...(rights.asks ?? [])].map(textOf);
    assert.deepEqual(declared.sort(), expected.sort(), name);
  }
});

test('a right to anything but the cluster says to what', () => {
  for (const { name, rights } of apis) {
    for (const needed of rights.needs ?? []) {
      const isCluster = needed.resource === 'CLUSTER';
      assert.equal(needed.name === undefined, isCluster, `${name}: ${textOf(needed)}`);
    }
  }
});

test('every API counts against the quota that it counts against in Kafka', () => {
  for (const { key, name, quota, mutations } of apis) {
    assert.equal(quota, QUOTAS[key] ?? 'request', name);
    assert.equal(mutations !== undefined, quota === 'controllerMutation', name);
  }
});
