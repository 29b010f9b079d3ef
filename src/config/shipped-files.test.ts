// If this breaks, a file that works with Kafka stops here with a complaint, or one that asks for more starts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBrokerConfig, parseServerProperties } from './index.ts';

const COMMON = `num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.retention.check.interval.ms=300000
`;
const KRAFT = `${COMMON}log.dirs=/tmp/kraft-combined-logs
log.segment.bytes=1073741824
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
`;

/** The settings of the files that Kafka's releases and images ship. */
const FILES: Readonly<Record<string, string>> = {
  '2.7 server.properties': `${COMMON}broker.id=0
log.dirs=/tmp/kafka-logs
log.segment.bytes=1073741824
zookeeper.connect=localhost:2181
zookeeper.connection.timeout.ms=18000
group.initial.rebalance.delay.ms=0
`,
  '0.8 server.properties': `broker.id=0
port=9092
num.network.threads=3
num.io.threads=8
log.dirs=/tmp/kafka-logs
log.cleaner.enable=false
log.retention.hours=168
zookeeper.connect=localhost:2181/kafka
zookeeper.connection.timeout.ms=6000
`,
  '3.9 kraft/server.properties': `${KRAFT}controller.quorum.voters=1@localhost:9093
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
`,
  '4.3 server.properties': `${KRAFT}controller.quorum.bootstrap.servers=localhost:9093
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
`,
  'an image with two client listeners': `${COMMON}process.roles=broker,controller
node.id=1
listeners=CONTROLLER://localhost:9091,HOST://0.0.0.0:9092,DOCKER://0.0.0.0:9093
advertised.listeners=HOST://localhost:9092,DOCKER://kafka:9093
controller.listener.names=CONTROLLER
inter.broker.listener.name=DOCKER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,DOCKER:PLAINTEXT,HOST:PLAINTEXT
controller.quorum.voters=1@localhost:9091
log.dirs=/tmp/kafka-logs
`,
};

test('every key of the files that Kafka ships is known, and their values are taken', () => {
  for (const [name, text] of Object.entries(FILES)) {
    const { config, warnings } = loadBrokerConfig(parseServerProperties(text));
    assert.deepEqual(warnings, [], name);
    assert.ok(
      config.parsedListeners.every(({ protocol }) => protocol === 'PLAINTEXT'),
      name,
    );
    assert.ok(!config.parsedListeners.some((one) => one.name === 'CONTROLLER'), name);
    assert.equal(config.offsetsTopicReplicationFactor, 1, name);
  }
});
