// If this breaks, kafka-configs shows or changes settings otherwise than Kafka's does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigEntry } from '../client/index.ts';
import {
  completedLine,
  configLines,
  entityLine,
  parseAddedConfigs,
  shownConfigs,
} from './configs-output.ts';

// If these break, scripts that read `configs --describe` read something else. The lines are those of
// Kafka 3.9's own tool.

const entry = (name: string, value: string | null, source: number): ConfigEntry => ({
  name,
  value,
  source,
  readOnly: false,
  isDefault: source === 5,
  isSensitive: false,
  synonyms: [
    { name, value, source },
    { name: `log.${name}`, value: 'x', source: 5 },
  ],
});
const TOPIC = { type: 'topics', name: 'a' } as const;
const ENTRIES = [entry('retention.ms', '1000', 1), entry('flush.ms', '9', 5), entry('a', null, 1)];

test('only what was set for the entity, by name; with --all everything', () => {
  const names = (all: boolean) => shownConfigs(TOPIC, ENTRIES, all).map(({ name }) => name);
  assert.deepEqual(names(false), ['a', 'retention.ms']);
  assert.deepEqual(names(true), ['a', 'flush.ms', 'retention.ms']);
  const broker = [entry('x', '1', 2), entry('y', '1', 3), entry('z', '1', 4)];
  const own = (name: string) => shownConfigs({ type: 'brokers', name }, broker, false);
  assert.deepEqual(
    own('1').map(({ name }) => name),
    ['x'],
  );
  assert.deepEqual(
    own('').map(({ name }) => name),
    ['y'],
  );
});

test('the lines', () => {
  assert.equal(
    configLines([ENTRIES[0]!]),
    '  retention.ms=1000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000, DEFAULT_CONFIG:log.retention.ms=x}\n',
  );
  assert.match(configLines([{ ...ENTRIES[2]!, synonyms: [] }]), /^ {2}a=null .* synonyms=\{\}\n$/);
  assert.equal(entityLine(TOPIC, false), 'Dynamic configs for topic a are:\n');
  assert.equal(entityLine(TOPIC, true), 'All configs for topic a are:\n');
  const defaults = { type: 'brokers', name: '' } as const;
  assert.equal(entityLine(defaults, true), 'Default configs for brokers in the cluster are:\n');
  assert.equal(completedLine(TOPIC), 'Completed updating config for topic a.\n');
  assert.equal(
    completedLine(defaults),
    'Completed updating default config for brokers in the cluster.\n',
  );
});

test('commas inside brackets belong to the value', () => {
  assert.deepEqual(parseAddedConfigs('k1=v1,k2=[a,b,c], k3 = d ,k4='), {
    k1: 'v1',
    k2: 'a,b,c',
    k3: 'd',
    k4: '',
  });
  assert.throws(() => parseAddedConfigs('k1'), /must be in the format "key=val"/);
});
