// If this breaks, Kafka and Sluice cannot read each other's nodes in one ZooKeeper.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parentPath } from './store.ts';
import {
  brokerNode,
  clusterIdNode,
  configChangeNode,
  configNode,
  controllerEpochNode,
  controllerNode,
  deleteTopicNode,
  isrChangeNode,
  logDirEventNode,
  PERSISTENT_PATHS,
  partitionStateNode,
  producerIdBlockNode,
  topicNode,
  ZnodeError,
} from './znodes.ts';

// If one of these changes, tools that read ZooKeeper and Kafka brokers of the same cluster no longer
// understand what Sluice writes there. The texts are what a Kafka 3.9 broker stores.
const id = 'zp0Qs2fGSeSUyP4hkuDh-A';

test('the controller and its epoch', () => {
  const text = '{"version":2,"brokerid":3,"timestamp":"1700000000000","kraftControllerEpoch":-1}';
  assert.equal(
    controllerNode.encode({ brokerId: 3, timestampMs: 1_700_000_000_000 }).toString(),
    text,
  );
  assert.equal(controllerNode.decode(Buffer.from(text)).brokerId, 3);
  // Kafka before 3.4 wrote version 1, without the last field.
  const old = '{"version":1,"brokerid":0,"timestamp":"1600000000000"}';
  assert.deepEqual(controllerNode.decode(Buffer.from(old)), {
    brokerId: 0,
    timestampMs: 1_600_000_000_000,
  });
  assert.equal(controllerEpochNode.encode(17).toString(), '17');
  assert.equal(controllerEpochNode.decode(Buffer.from('17')), 17);
});

test('a broker with listeners of its own names, IPv6 and a rack', () => {
  const broker = {
    endpoints: [
      { listener: 'INTERNAL', securityProtocol: 'SASL_SSL', host: 'b1.example', port: 9093 },
      { listener: 'EXTERNAL', securityProtocol: 'PLAINTEXT', host: '::1', port: 9092 },
    ],
    rack: 'r1',
    jmxPort: -1,
    timestampMs: 1_700_000_000_000,
  };
  const json = JSON.parse(brokerNode.encode(broker).toString());
  assert.deepEqual(json, {
    features: {},
    listener_security_protocol_map: { INTERNAL: 'SASL_SSL', EXTERNAL: 'PLAINTEXT' },
    endpoints: ['INTERNAL://b1.example:9093', 'EXTERNAL://[::1]:9092'],
    jmx_port: -1,
    rack: 'r1',
    port: 9092,
    host: '::1',
    version: 5,
    timestamp: '1700000000000',
  });
  assert.deepEqual(brokerNode.decode(brokerNode.encode(broker), 1), broker);
  const noPlaintext = { ...broker, endpoints: broker.endpoints.slice(0, 1), rack: null };
  const bare = JSON.parse(brokerNode.encode(noPlaintext).toString());
  assert.deepEqual([bare.host, bare.port, 'rack' in bare], [null, -1, false]);
  assert.deepEqual(brokerNode.decode(brokerNode.encode(noPlaintext), 1), noPlaintext);
});

test('brokers registered by older Kafkas', () => {
  const v1 =
    '{"version":1,"host":"localhost","port":9092,"jmx_port":9999,"timestamp":"2233345666"}';
  assert.deepEqual(brokerNode.decode(Buffer.from(v1), 1).endpoints, [
    { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: 'localhost', port: 9092 },
  ]);
  const v2 =
    '{"version":2,"host":"h","port":1,"jmx_port":-1,"timestamp":"1","endpoints":["PLAINTEXT://h:1","SSL://h:2"]}';
  assert.deepEqual(
    brokerNode.decode(Buffer.from(v2), 1).endpoints.map(({ securityProtocol }) => securityProtocol),
    ['PLAINTEXT', 'SSL'],
  );
});

test('a topic with an id, and a reassignment under way', () => {
  const plain = { addingReplicas: [], removingReplicas: [] };
  const topic = { topicId: id, partitions: [{ replicas: [1, 2], ...plain }] };
  assert.equal(
    topicNode.encode(topic).toString(),
    `{"removing_replicas":{},"partitions":{"0":[1,2]},"topic_id":"${id}","adding_replicas":{},"version":3}`,
  );
  const moving = {
    topicId: id,
    partitions: [
      ...topic.partitions,
      { replicas: [3, 1], addingReplicas: [3], removingReplicas: [1] },
    ],
  };
  assert.deepEqual(topicNode.decode(topicNode.encode(moving), 't'), moving);
  const v1 = '{"version":1,"partitions":{"1":[0],"0":[1]}}';
  assert.deepEqual(topicNode.decode(Buffer.from(v1), 't'), {
    topicId: null,
    partitions: [
      { replicas: [1], ...plain },
      { replicas: [0], ...plain },
    ],
  });
  const many = Array.from({ length: 12 }, (_, index) => ({ replicas: [index], ...plain }));
  const decoded = topicNode.decode(topicNode.encode({ topicId: id, partitions: many }), 't');
  assert.deepEqual(decoded.partitions, many);
  const gap = Buffer.from('{"version":1,"partitions":{"0":[1],"2":[1]}}');
  assert.throws(() => topicNode.decode(gap, 't'), ZnodeError);
});

test('the state of a partition', () => {
  const state = { leader: 1, leaderEpoch: 4, isr: [1, 2], controllerEpoch: 9 };
  assert.equal(
    partitionStateNode.encode(state).toString(),
    '{"controller_epoch":9,"leader":1,"version":1,"leader_epoch":4,"isr":[1,2]}',
  );
  assert.deepEqual(partitionStateNode.decode(partitionStateNode.encode(state), 't', 0), state);
  assert.equal(partitionStateNode.path('t', 7), '/brokers/topics/t/partitions/7/state');
});

test('configs, their change notifications and deletions', () => {
  const configs = new Map([
    ['retention.ms', '1000'],
    ['cleanup.policy', 'compact'],
  ]);
  const text = '{"version":1,"config":{"retention.ms":"1000","cleanup.policy":"compact"}}';
  assert.equal(configNode.encode(configs).toString(), text);
  assert.deepEqual(configNode.decode(Buffer.from(text), 'x'), configs);
  assert.deepEqual(configNode.decode(null, 'x'), new Map());
  assert.equal(configNode.path('brokers', '<default>'), '/config/brokers/<default>');
  assert.equal(
    configChangeNode.encode('topics', 't').toString(),
    '{"version":2,"entity_path":"topics/t"}',
  );
  assert.equal(deleteTopicNode.path('t'), '/admin/delete_topics/t');
});

test('producer ids, cluster id and notifications', () => {
  const block = { brokerId: 2, first: 1000, last: 1999 };
  const text = '{"version":1,"broker":2,"block_start":"1000","block_end":"1999"}';
  assert.equal(producerIdBlockNode.encode(block).toString(), text);
  assert.deepEqual(producerIdBlockNode.decode(Buffer.from(text)), block);
  assert.equal(producerIdBlockNode.decode(null), undefined);
  assert.equal(producerIdBlockNode.decode(Buffer.alloc(0)), undefined);
  assert.equal(clusterIdNode.encode(id).toString(), `{"version":"1","id":"${id}"}`);
  assert.equal(clusterIdNode.decode(clusterIdNode.encode(id)), id);
  const partitions = [{ topic: 't', partition: 3 }];
  assert.equal(
    isrChangeNode.encode(partitions).toString(),
    '{"version":1,"partitions":[{"topic":"t","partition":3}]}',
  );
  assert.deepEqual(isrChangeNode.decode(isrChangeNode.encode(partitions)), partitions);
  assert.equal(logDirEventNode.encode(5).toString(), '{"version":1,"broker":5,"event":1}');
  assert.equal(logDirEventNode.decode(logDirEventNode.encode(5)), 5);
});

test('content that is not ours is refused with the path', () => {
  for (const data of [
    null,
    Buffer.alloc(0),
    Buffer.from('[]'),
    Buffer.from('{'),
    Buffer.from('7'),
  ]) {
    assert.throws(() => partitionStateNode.decode(data, 't', 0), ZnodeError);
    assert.throws(() => controllerNode.decode(data), ZnodeError);
  }
  const text = Buffer.from('{"leader":"1","leader_epoch":0,"isr":[1],"controller_epoch":1}');
  assert.throws(() => partitionStateNode.decode(text, 't', 0), ZnodeError);
  assert.throws(() => controllerEpochNode.decode(Buffer.from('x')), ZnodeError);
});

test('the nodes that always exist are listed parents first', () => {
  const seen = new Set(['/']);
  for (const path of PERSISTENT_PATHS) {
    assert.ok(seen.has(parentPath(path)), path);
    seen.add(path);
  }
});
