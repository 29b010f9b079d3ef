// If this breaks, a changed setting is lost, half applied, or takes effect on the wrong topic or broker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerConfig } from '../../config/index.ts';
import { configValidator } from './config-validator.ts';
import type { ConfigChange, ConfigResource } from './requests.ts';
import { ClusterFixture, really, topicRequest } from './testing/cluster-fixture.ts';

async function withTopic() {
  const cluster = new ClusterFixture();
  const broker = await cluster.startBroker(1);
  const configs = [{ name: 'retention.ms', value: '5' }];
  await broker.controller.createTopics([topicRequest('t', { configs })], really);
  return { cluster, ...broker };
}

const topic: ConfigResource = { type: 'topic', name: 't' };
const set = (name: string, value: string): ConfigChange => ({ name, operation: 'set', value });

test('incremental changes apply to what is there, and tell everybody', async () => {
  const { cluster, controller, session, metadata } = await withTopic();
  let heard = 0;
  metadata.subscribe((_next, change) => {
    if (change.topicConfigs.has('t')) heard++;
  });
  const changes: ConfigChange[] = [
    set('max.message.bytes', '100'),
    { name: 'retention.ms', operation: 'delete', value: null },
  ];
  const [result] = await controller.incrementalAlterConfigs([{ resource: topic, changes }], really);
  assert.deepEqual(result, { resource: topic, error: 'NONE', detail: null });
  const expected = { 'max.message.bytes': '100' };
  assert.deepEqual(Object.fromEntries(metadata.snapshot.topicConfigs.get('t') ?? []), expected);
  const node = await session.get('/config/topics/t');
  assert.deepEqual(JSON.parse(String(node?.data)), { version: 1, config: expected });
  assert.equal(heard, 1);
  const [notification = ''] = (await session.children('/config/changes')) ?? [];
  const told = await session.get(`/config/changes/${notification}`);
  assert.deepEqual(JSON.parse(String(told?.data)), { version: 2, entity_path: 'topics/t' });
  await cluster.close();
});

test('one bad change leaves its resource as it was, and the others are changed', async () => {
  const { cluster, controller, metadata } = await withTopic();
  await controller.createTopics([topicRequest('u')], really);
  const results = await controller.incrementalAlterConfigs(
    [
      { resource: topic, changes: [set('retention.ms', '6'), set('bad', '1')] },
      { resource: { type: 'topic', name: 'u' }, changes: [set('retention.ms', '7')] },
    ],
    really,
  );
  assert.deepEqual(
    results.map(({ error }) => error),
    ['INVALID_CONFIG', 'NONE'],
  );
  assert.equal(metadata.snapshot.topicConfigs.get('t')?.get('retention.ms'), '5');
  assert.equal(metadata.snapshot.topicConfigs.get('u')?.get('retention.ms'), '7');
  await cluster.close();
});

test('a full change replaces everything', async () => {
  const { cluster, controller, metadata } = await withTopic();
  const replace = async (configs: { name: string; value: string }[]) =>
    (await controller.alterConfigs([{ resource: topic, configs }], really))[0]?.error;
  assert.equal(await replace([{ name: 'segment.bytes', value: '1' }]), 'NONE');
  assert.deepEqual([...(metadata.snapshot.topicConfigs.get('t') ?? [])], [['segment.bytes', '1']]);
  const twice = { name: 'segment.bytes', value: '2' };
  assert.equal(await replace([twice, twice]), 'INVALID_REQUEST');
  assert.equal(await replace([{ name: 'bad', value: '2' }]), 'INVALID_CONFIG');
  assert.equal(await replace([]), 'NONE');
  assert.equal(metadata.snapshot.topicConfigs.has('t'), false);
  await cluster.close();
});

test('validate only changes nothing', async () => {
  const { cluster, controller, session, metadata } = await withTopic();
  const before = metadata.snapshot;
  const request = { resource: topic, changes: [set('retention.ms', '6')] };
  const [result] = await controller.incrementalAlterConfigs([request], { validateOnly: true });
  assert.equal(result?.error, 'NONE');
  assert.equal(metadata.snapshot, before);
  assert.deepEqual(await session.children('/config/changes'), []);
  await cluster.close();
});

test('setting what is set already writes nothing and tells nobody', async () => {
  const { cluster, controller, session, metadata } = await withTopic();
  const before = metadata.snapshot;
  const same = { resource: topic, changes: [set('retention.ms', '5')] };
  const replaced = { resource: topic, configs: [{ name: 'retention.ms', value: '5' }] };
  const incremental = await controller.incrementalAlterConfigs([same], really);
  assert.deepEqual(incremental, [{ resource: topic, error: 'NONE', detail: null }]);
  const full = await controller.alterConfigs([replaced], really);
  assert.deepEqual(full, [{ resource: topic, error: 'NONE', detail: null }]);
  assert.equal(metadata.snapshot, before);
  assert.deepEqual(await session.children('/config/changes'), []);
  await cluster.close();
});

test('brokers and their common default are changed in their own places', async () => {
  const { cluster, controller, session, metadata } = await withTopic();
  const results = await controller.incrementalAlterConfigs(
    [
      { resource: { type: 'broker', name: '1' }, changes: [set('a', '1')] },
      { resource: { type: 'broker', name: '' }, changes: [set('a', '2')] },
      { resource: { type: 'broker', name: 'x' }, changes: [set('a', '3')] },
      { resource: { type: 'topic', name: '' }, changes: [] },
      { resource: { type: 'topic', name: 'missing' }, changes: [] },
    ],
    really,
  );
  assert.deepEqual(
    results.map(({ error }) => error),
    ['NONE', 'NONE', 'INVALID_REQUEST', 'INVALID_REQUEST', 'UNKNOWN_TOPIC_OR_PARTITION'],
  );
  assert.equal(metadata.snapshot.brokerConfigs.get(1)?.get('a'), '1');
  assert.equal(metadata.snapshot.defaultBrokerConfig.get('a'), '2');
  assert.deepEqual(await session.children('/config/brokers'), ['1', '<default>']);
  await cluster.close();
});

test('notifications of changes do not pile up', async () => {
  const { cluster, controller, session } = await withTopic();
  const change = (value: string) =>
    controller.incrementalAlterConfigs(
      [{ resource: topic, changes: [set('retention.ms', value)] }],
      really,
    );
  await change('1');
  await change('2');
  assert.equal((await session.children('/config/changes'))?.length, 2);
  cluster.clock.advance(15 * 60 * 1000 + 1);
  await change('3');
  assert.equal((await session.children('/config/changes'))?.length, 1);
  await cluster.close();
});

test('the declared configs are behind the validator', () => {
  const validator = configValidator(() => brokerConfig({}));
  assert.equal(validator.topicProblem(new Map([['retention.ms', '1000']])), undefined);
  assert.match(validator.topicProblem(new Map([['no.such.key', '1']])) ?? '', /no\.such\.key/);
  const append: ConfigChange = { name: 'cleanup.policy', operation: 'append', value: 'compact' };
  const verdict = validator.change('topic', new Map(), [append]);
  assert.ok('configs' in verdict);
  assert.equal(verdict.configs.get('cleanup.policy'), 'delete,compact');
  const bad = validator.replace('topic', [{ name: 'retention.ms', value: 'soon' }]);
  assert.ok('error' in bad && bad.error === 'INVALID_CONFIG');
  const readOnly = validator.change('broker', new Map(), [set('broker.id', '9')]);
  assert.ok('error' in readOnly);
});
