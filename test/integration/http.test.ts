// If this breaks, whoever watches a running broker sees wrong numbers, or that it is well when it is not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { NodeClock } from '../../src/base/node/node-clock.ts';
import { type BrokerHttp, serveBrokerHttp } from '../../src/http/broker-http.ts';
import {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../src/protocol/messages/08-offset-commit.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch as fetchRecords, produce } from '../support/topics.ts';

let broker: TestBroker;
let client: RawClient;
let http: BrokerHttp;
let base: string;
before(async () => {
  broker = await startTestBroker();
  client = await RawClient.connect(broker);
  http = await serveBrokerHttp([{ host: '127.0.0.1', port: 0 }], {
    broker: broker.broker,
    clock: new NodeClock(),
    logger: silentLogger,
    version: '1.2.3',
  });
  base = `http://127.0.0.1:${http.endpoints[0]!.port}`;
});
after(async () => {
  client.close();
  await http.stop();
  await broker.stop();
});

/** Samples as they are scraped, by name with labels: `sluice_topic_bytes_in_total{topic="a"}`. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${base}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const samples = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const sample = /^([a-z]\S*?(?:\{.*\})?) (\S+)$/.exec(line);
    if (sample) samples.set(sample[1]!, Number(sample[2]));
  }
  return samples;
}

async function commit(groupId: string, topic: string, offset: number): Promise<void> {
  const { topics } = await client.call(OffsetCommitRequest, OffsetCommitResponse, 2, {
    groupId,
    topics: [
      {
        name: topic,
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }],
      },
    ],
  });
  assert.equal(topics[0]?.partitions[0]?.errorCode, 0);
}

test('what clients do is counted: requests, time, bytes, records', async () => {
  await createTopic(client, 'counted');
  const before = await scrape();
  const batch = batchOf(['a', 'b', 'c']);
  for (let times = 2; times > 0; times--) await produce(client, 'counted', batch);
  await produce(client, 'counted', batch.subarray(0, batch.length - 1));
  const { records } = await fetchRecords(client, 'counted', 0);
  const now = await scrape();
  const grown = (name: string) => (now.get(name) ?? 0) - (before.get(name) ?? 0);

  assert.equal(grown('sluice_requests_total{api="Produce"}'), 3);
  assert.ok(grown('sluice_request_bytes_total{api="Produce"}') > 3 * batch.length - 10);
  assert.equal(grown('sluice_request_duration_seconds_count{api="Produce"}'), 3);
  assert.ok(grown('sluice_request_duration_seconds_sum{api="Produce"}') > 0);
  assert.equal(grown('sluice_request_duration_seconds_bucket{api="Produce",le="+Inf"}'), 3);
  assert.equal(grown('sluice_topic_records_in_total{topic="counted"}'), 6);
  assert.equal(grown('sluice_topic_bytes_in_total{topic="counted"}'), 2 * batch.length);
  assert.equal(grown('sluice_topic_produce_refused_total{topic="counted"}'), 1);
  assert.equal(grown('sluice_topic_bytes_out_total{topic="counted"}'), records?.length);
  assert.ok(grown('sluice_network_received_bytes_total') > 3 * batch.length);
  assert.ok(grown('sluice_network_sent_bytes_total') > 2 * batch.length);
  assert.equal(now.get('sluice_connections'), 1);
});

test('topics, partitions and their sizes are as they are', async () => {
  const before = await scrape();
  await createTopic(client, 'sized', { partitions: 3 });
  const batch = batchOf(['x']);
  await produce(client, 'sized', batch, { partition: 2 });
  const now = await scrape();
  const grown = (name: string) => (now.get(name) ?? 0) - (before.get(name) ?? 0);
  assert.equal(grown('sluice_topics'), 1);
  assert.equal(grown('sluice_partitions'), 3);
  assert.equal(now.get('sluice_partitions_offline'), 0);
  assert.equal(now.get('sluice_log_bytes{topic="sized"}'), batch.length);
  assert.equal(now.get('sluice_partition_end_offset{topic="sized",partition="2"}'), 1);
  assert.equal(now.get('sluice_partition_end_offset{topic="sized",partition="0"}'), 0);
});

test('a topic tells why its data is still there', async () => {
  await createTopic(client, 'kept', { configs: { 'retention.ms': '-1' } });
  await produce(client, 'kept', batchOf(['x']));
  const answer = await fetch(`${base}/topics/kept/retention`);
  const { partitions } = (await answer.json()) as {
    partitions: { highWatermark: number; segments: { reasons: string[] }[] }[];
  };
  assert.equal(partitions[0]?.highWatermark, 1);
  assert.deepEqual(partitions[0]?.segments[0]?.reasons, [
    'retention.ms is -1: time removes nothing.',
  ]);
  assert.equal((await fetch(`${base}/topics/missing/retention`)).status, 404);
  assert.equal((await scrape()).get('sluice_cleaner_uncleanable_partitions'), 0);
});

test("a group's lag is what it has not committed yet", async () => {
  await createTopic(client, '__consumer_offsets', { partitions: 4 });
  await createTopic(client, 'lagging');
  await produce(client, 'lagging', batchOf(['a', 'b', 'c']));
  const lag = 'sluice_group_lag{group="slow",topic="lagging",partition="0"}';
  await commit('slow', 'lagging', 1);
  assert.equal((await scrape()).get(lag), 2);
  await produce(client, 'lagging', batchOf(['d']));
  assert.equal((await scrape()).get(lag), 3);
  await commit('slow', 'lagging', 4);
  const samples = await scrape();
  assert.equal(samples.get(lag), 0);
  assert.equal(samples.get('sluice_groups{state="Empty"}'), 1);
});

test('bad input is counted', async () => {
  const before = (await scrape()).get('sluice_connections_refused_total') ?? 0;
  const bad = await RawClient.connect(broker);
  bad.sendBytes(Buffer.from('ffffffff', 'hex'));
  await bad.closed;
  assert.equal((await scrape()).get('sluice_connections_refused_total'), before + 1);
});

test('every metric is described in docs/operations.md, and nothing there is made up', async () => {
  const documented = new Set(
    readFileSync('docs/operations.md', 'utf8').match(/(?<=`)sluice_[a-z_]+(?=[`{])/g),
  );
  const registered = Array.from(broker.broker.metrics.all(), ({ name }) => name);
  // That something was left out is said by whoever leaves it out.
  registered.push('sluice_metrics_cut');
  assert.deepEqual([...documented].sort(), registered.sort());
});

test('health tells what does not work, and is bad without any disk that does', async () => {
  let dirs = { online: ['/a'], offline: [] as string[] };
  let troubles = ['producers must wait: /a is full'];
  const other = await serveBrokerHttp([{ host: '127.0.0.1', port: 0 }], {
    broker: { ...broker.broker, logDirs: () => dirs, troubles: () => troubles },
    clock: new NodeClock(),
    logger: silentLogger,
  });
  const health = async () => {
    const response = await fetch(`http://127.0.0.1:${other.endpoints[0]!.port}/healthz`);
    const { status, reasons, offlineLogDirs } = (await response.json()) as Record<string, unknown>;
    return [response.status, status, reasons, offlineLogDirs];
  };
  assert.deepEqual(await health(), [200, 'degraded', troubles, undefined]);
  dirs = { online: ['/a'], offline: ['/b'] };
  troubles = ['log directory /b is offline: EIO'];
  assert.deepEqual(await health(), [200, 'degraded', troubles, ['/b']]);
  dirs = { online: [], offline: ['/a', '/b'] };
  assert.deepEqual(await health(), [503, 'failed', troubles, ['/a', '/b']]);
  await other.stop();
});

test('health says who the broker is, and that it is about to stop', async () => {
  const well = await fetch(`${base}/healthz`);
  assert.equal(well.status, 200);
  const { uptimeSeconds, ...details } = (await well.json()) as Record<string, unknown>;
  assert.equal(typeof uptimeSeconds, 'number');
  const { brokerId, clusterId } = broker.broker;
  assert.deepEqual(details, {
    status: 'ok',
    version: '1.2.3',
    brokerId,
    clusterId,
    listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: broker.port }],
  });
  http.markStopping();
  const stopping = await fetch(`${base}/healthz`);
  assert.equal(stopping.status, 503);
  assert.equal(((await stopping.json()) as { status: string }).status, 'stopping');
});
