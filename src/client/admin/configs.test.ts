// If this breaks, the tools alter settings that nobody named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
} from '../../protocol/messages/32-describe-configs.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/44-incremental-alter-configs.ts';
import { Cluster } from '../cluster.ts';
import { code, FakeBroker } from '../testing/fake-broker.ts';
import { alterConfigs, describeConfigs } from './configs.ts';

// If these break, the configs tool waits half a minute for a topic whose name was mistyped.

const TOPIC = { type: 'topic', name: 'nowhere' } as const;
const result = {
  ...{ resourceType: 2, resourceName: 'nowhere', errorMessage: null },
  errorCode: code('UNKNOWN_TOPIC_OR_PARTITION'),
};

test('a topic that does not exist is asked for once', async () => {
  const broker = new FakeBroker();
  const cluster = new Cluster(broker.ports, { bootstrap: [broker.endpoint] });
  broker.reply(DescribeConfigsResponse, () => ({ results: [{ ...result, configs: [] }] }));
  broker.reply(IncrementalAlterConfigsResponse, () => ({ responses: [result] }));
  const unknown = { error: 'UNKNOWN_TOPIC_OR_PARTITION' };
  await assert.rejects(broker.until(describeConfigs(cluster, [TOPIC])), unknown);
  await assert.rejects(broker.until(alterConfigs(cluster, TOPIC, [])), unknown);
  assert.equal(broker.requests(DescribeConfigsRequest.name).length, 1);
  assert.equal(broker.requests(IncrementalAlterConfigsRequest.name).length, 1);
  await cluster.close();
});
