// If this breaks, whoever reads the log does not learn what the broker did, or what it found.
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { JoinGroupRequest, JoinGroupResponse } from '../../src/protocol/messages/11-join-group.ts';
import {
  LeaveGroupRequest,
  LeaveGroupResponse,
} from '../../src/protocol/messages/13-leave-group.ts';
import { SyncGroupRequest, SyncGroupResponse } from '../../src/protocol/messages/14-sync-group.ts';
import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '../../src/protocol/messages/20-delete-topics.ts';
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/protocol/messages/44-incremental-alter-configs.ts';
import { LogCapture } from '../support/log-capture.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestBroker } from '../support/test-broker.ts';
import { batchOf, createTopic, fetch, produce } from '../support/topics.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-logging-'));
after(() => rmSync(work, { recursive: true, force: true }));

/** What a person reads at the default level. */
function sentences(log: LogCapture): string[] {
  return log.lines.flatMap(({ level, msg }) => (level === 'debug' ? [] : [`${level} ${msg}`]));
}

test('a quiet life is a few sentences: start, topic, group, stop', async () => {
  const log = new LogCapture();
  const broker = await startTestBroker({ logger: log, config: { 'node.id': '7' } });
  const client = await RawClient.connect(broker);
  await createTopic(client, 'orders', { partitions: 5 });
  await produce(client, 'orders', batchOf(['a', 'b']));
  await fetch(client, 'orders', 0);
  const joined = await client.call(JoinGroupRequest, JoinGroupResponse, 3, {
    groupId: 'readers',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  });
  // There is no coordinator before somebody asked for one, so nothing of a group is in the log yet.
  assert.notEqual(joined.errorCode, 0);
  await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 5, {
    topicNames: ['orders'],
    timeoutMs: 10_000,
  });
  client.close();
  await broker.stop();
  assert.deepEqual(sentences(log), [
    'info became the controller',
    `info broker 7 listens on PLAINTEXT://127.0.0.1:${broker.port}`,
    'info created topic orders',
    'info deleted topic orders',
    'info no longer the controller',
  ]);
  const created = log.lines.find(({ msg }) => msg === 'created topic orders');
  assert.equal(created?.['partitions'], 5);
});

test('a partition that was never written to is no damage after a clean stop', async () => {
  const first = await startTestBroker();
  const client = await RawClient.connect(first);
  await createTopic(client, 'empty');
  client.close();
  await first.broker.stop();
  const log = new LogCapture();
  const second = await startTestBroker({ logger: log, folder: first.folder });
  await second.stop();
  assert.deepEqual(log.takeComplaints(), []);
});

test('a group says what happens to it and why', async () => {
  const log = new LogCapture();
  const broker = await startTestBroker({ logger: log });
  const client = await RawClient.connect(broker);
  await createTopic(client, '__consumer_offsets', { partitions: 4 });
  const join = {
    groupId: 'readers',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  };
  const { memberId } = await client.call(JoinGroupRequest, JoinGroupResponse, 3, join);
  const member = { groupId: 'readers', memberId };
  await client.call(SyncGroupRequest, SyncGroupResponse, 2, {
    ...member,
    generationId: 1,
    assignments: [{ memberId, assignment: Buffer.of(1) }],
  });
  await client.call(LeaveGroupRequest, LeaveGroupResponse, 1, member);
  const ours = log.lines.filter(({ group }) => group === 'readers');
  assert.deepEqual(
    ours.map(({ msg }) => msg),
    [
      `group readers goes from Empty to PreparingRebalance: member ${memberId} joins`,
      'group readers goes from PreparingRebalance to CompletingRebalance: all members are in',
      'group readers goes from CompletingRebalance to Stable: the assignment is committed',
      `group readers goes from Stable to PreparingRebalance: member ${memberId} leaves`,
      'group readers goes from PreparingRebalance to Empty: the last member is gone',
    ],
  );
  assert.deepEqual(
    ours.map(({ generation }) => generation),
    [0, 1, 1, 1, 2],
  );
  client.close();
  await broker.stop();
});

test('after a crash the log names the file, the position and the bytes that were cut off', async () => {
  const crashed = join(work, 'crashed');
  const first = await startTestBroker();
  const client = await RawClient.connect(first);
  await createTopic(client, 'orders');
  await produce(client, 'orders', batchOf(['a', 'b']));
  // The files as they are in mid-life are what a killed process leaves.
  const isSocket = (path: string) => basename(path) === '.lock.socket';
  cpSync(first.folder, crashed, { recursive: true, filter: (path) => !isSocket(path) });
  client.close();
  await first.stop();
  const file = join(crashed, 'orders-0', '00000000000000000000.log');
  const position = statSync(file).size;
  appendFileSync(file, Buffer.alloc(30, 1));

  const log = new LogCapture();
  const second = await startTestBroker({ logger: log, folder: crashed });
  const reader = await RawClient.connect(second);
  assert.deepEqual((await fetch(reader, 'orders', 0)).values, ['a', 'b']);
  reader.close();
  await second.broker.stop();
  const [warning, ...others] = log.lines.filter(({ level }) => level === 'warn');
  assert.deepEqual(others, []);
  assert.match(warning?.msg ?? '', /^cutting off an unfinished write/);
  assert.equal(warning?.['path'], file);
  assert.equal(warning?.['position'], position);
  assert.equal(warning?.['bytes'], 30);
  assert.ok(sentences(log).includes('info recovered 1 log after an unclean shutdown'));

  const clean = new LogCapture();
  const third = await startTestBroker({ logger: clean, folder: crashed });
  await third.stop();
  assert.ok(sentences(clean).includes('info loaded 1 log'));
  assert.deepEqual(clean.takeComplaints(), []);
});

test('a directory that cannot be used is one line, and the others serve', async () => {
  const bad = join(work, 'file');
  appendFileSync(bad, '');
  const good = join(work, 'good');
  const log = new LogCapture();
  const broker = await startTestBroker({ logger: log, config: { 'log.dirs': `${good},${bad}` } });
  const complaints = log.takeComplaints();
  assert.equal(complaints.length, 1, JSON.stringify(complaints));
  assert.match(
    complaints[0]?.msg ?? '',
    new RegExp(`^log directory ${bad} failed .* exists already`),
  );
  const client = await RawClient.connect(broker);
  await createTopic(client, 'orders');
  assert.equal((await produce(client, 'orders', batchOf(['a']))).errorCode, 0);
  assert.deepEqual(broker.broker.logDirs(), { online: [good], offline: [bad] });
  client.close();
  await broker.stop();
});

test('data without the topics that it belongs to is pointed out, not dropped', async () => {
  const elsewhere = await startTestBroker({ folder: join(work, 'elsewhere') });
  const client = await RawClient.connect(elsewhere);
  await createTopic(client, 'orders', { partitions: 2 });
  client.close();
  await elsewhere.broker.stop();
  const folder = join(work, 'orphans');
  const first = await startTestBroker({ folder });
  const other = await RawClient.connect(first);
  await createTopic(other, 'known');
  other.close();
  await first.broker.stop();
  for (const name of ['orders-0', 'orders-1']) {
    cpSync(join(elsewhere.folder, name), join(folder, name), { recursive: true });
  }
  const log = new LogCapture();
  const second = await startTestBroker({ logger: log, folder });
  const complaints = log.takeComplaints().map(({ msg }) => msg);
  await second.broker.stop();
  assert.deepEqual(complaints, [
    '2 partition folders belong to no topic and are not served, orders-0 for one',
  ]);
  assert.ok(readdirSync(folder).includes('orders-1'));
});

test('a second broker on the same data is refused by the name of the owner', async () => {
  const owner = await startTestBroker();
  await assert.rejects(startTestBroker({ folder: owner.folder }), (error: Error) => {
    assert.match(error.message, new RegExp(`${owner.folder} is in use by process ${process.pid} `));
    return true;
  });
  await owner.stop();
});

test('a key that protects nothing yet is a warning when it is set at run time, once, and at each start', async () => {
  const log = new LogCapture();
  let broker = await startTestBroker({ logger: log, config: { 'node.id': '7' } });
  const client = await RawClient.connect(broker);
  const set = async (name: string, value: string) => {
    const { responses } = await client.call(
      IncrementalAlterConfigsRequest,
      IncrementalAlterConfigsResponse,
      1,
      {
        resources: [
          {
            resourceType: 4,
            resourceName: '7',
            configs: [{ name, configOperation: 0, value }],
          },
        ],
        validateOnly: false,
      },
    );
    assert.equal(responses[0]?.errorCode, 0, responses[0]?.errorMessage ?? '');
  };
  const warnings = () => sentences(log).filter((line) => line.includes('has no effect'));
  await set('ssl.client.auth', 'required');
  await set('log.cleaner.backoff.ms', '15001');
  const told = [
    'warn ssl.client.auth = required has no effect in this version: nothing is encrypted, and nobody is asked for a certificate',
  ];
  assert.deepEqual(warnings(), told);
  client.close();
  broker = await broker.restart();
  assert.deepEqual(warnings(), [...told, ...told]);
  await broker.stop();
});
