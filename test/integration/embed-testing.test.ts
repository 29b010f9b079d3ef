// If this breaks, a test suite waits for something that has happened, is told nothing when it has not,
// or finds the remains of the test before.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startTestBroker, type TestBroker } from '../../src/embed/testing/index.ts';
import { EmbedClient, endOrFail } from '../support/embed-client.ts';

let broker: TestBroker;
const clients: EmbedClient[] = [];

before(async () => {
  broker = await startTestBroker({ logLevel: 'error' });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  broker.clock.resume();
  await broker.reset();
});

after(async () => {
  endOrFail();
  await broker.stop();
});

async function connect(): Promise<EmbedClient> {
  const client = await EmbedClient.connect(broker);
  clients.push(client);
  return client;
}

test('waiting for records ends with the last of them, and shows them', async () => {
  const client = await connect();
  const waiting = broker.waitForRecords('orders', 3);
  await broker.createTopic('orders', { partitions: 2 });
  await client.produce('orders', ['a', 'b']);
  await client.produce('orders', ['c'], 1);
  const records = await waiting;
  assert.deepEqual(
    records.map(({ topic, partition, offset, key, value }) => [
      topic,
      partition,
      offset,
      String(key),
      String(value),
    ]),
    [
      ['orders', 0, 0, 'k', 'a'],
      ['orders', 0, 1, 'k', 'b'],
      ['orders', 1, 0, 'k', 'c'],
    ],
  );
  assert.deepEqual(await broker.waitForRecords('orders', 1), records, 'at once when it is true');
});

test('waiting for records sees those that nobody waits to have acknowledged', async () => {
  await broker.createTopic('orders');
  const client = await connect();
  const waiting = broker.waitForRecords('orders', 1);
  client.fire('orders', ['a']);
  assert.equal((await waiting).length, 1);
});

test('a wait that ends in vain says what was there instead', async () => {
  const client = await connect();
  const timeoutMs = 1;
  await assert.rejects(broker.waitForRecords('orders', 1, { timeoutMs }), {
    name: 'WaitTimeoutError',
    message:
      '1 ms went by without 1 records in orders: 0 came; there is no topic orders; there are no topics; no client sent anything meanwhile',
  });
  await broker.createTopic('orders');
  await client.produce('orders', ['a']);
  await assert.rejects(broker.waitForRecords('orders', 2, { timeoutMs }), {
    message: /without 2 records in orders: 1 came; orders-0 has offsets 0 to 1; no client/,
  });
  await assert.rejects(broker.waitForTopic('nothing', { timeoutMs }), {
    message: /without topic nothing: there is no topic nothing; topics: orders;/,
  });
  const member = await client.join('readers');
  await assert.rejects(broker.waitForGroup('writers', 'Stable', { timeoutMs }), {
    message:
      /without group writers being Stable: there is no group writers; groups: readers \(Stable\)/,
  });
  await assert.rejects(broker.waitForGroup('readers', 'Stable', { members: 2, timeoutMs }), {
    message: /readers being Stable with 2 members: it is Stable with 1 members \(app\)/,
  });
  await client.commit(member, 'orders', 0);
  await assert.rejects(broker.waitForConsumed('readers', 'orders', { timeoutMs }), {
    message: /without group readers having consumed orders: .*0 of 1 is committed for orders-0;/,
  });
  await assert.rejects(broker.waitForRequests('Fetch', 1, { timeoutMs }), {
    message:
      /without 1 Fetch requests: requests meanwhile: .*Produce 1, FindCoordinator 1, JoinGroup 1/,
  });
});

test('waiting for a group follows it from its first member to its last', async () => {
  const client = await connect();
  const stable = broker.waitForGroup('readers', 'Stable', { members: 1 });
  const member = await client.join('readers');
  const { members } = await stable;
  assert.deepEqual(
    members.map(({ memberId, clientId }) => ({ memberId, clientId })),
    [{ memberId: member.memberId, clientId: 'app' }],
  );
  const empty = broker.waitForGroup('readers', 'Empty');
  assert.equal(await client.leave(member), 'NONE');
  await empty;
});

test('waiting for consumption ends with the commit of the last record', async () => {
  const client = await connect();
  await broker.createTopic('orders', { partitions: 2 });
  await client.produce('orders', ['a', 'b']);
  const member = await client.join('readers');
  let isOver = false;
  const consumed = broker.waitForConsumed('readers', 'orders').then(() => {
    isOver = true;
  });
  await client.commit(member, 'orders', 1);
  assert.equal(isOver, false);
  await client.commit(member, 'orders', 2);
  await consumed;
});

test('a session times out, and offsets expire, when the test says so', async () => {
  const client = await connect();
  await broker.createTopic('orders');
  await client.produce('orders', ['a']);
  const member = await client.join('readers');
  await client.commit(member, 'orders', 1);
  await broker.clock.advance(9_000);
  await broker.waitForGroup('readers', 'Stable');
  await broker.clock.advance(1_001);
  await broker.waitForGroup('readers', 'Empty', { members: 0 });
  await broker.waitForConsumed('readers', 'orders');
  const dead = broker.waitForGroup('readers', 'Dead');
  await broker.clock.advance(8 * 24 * 3_600_000);
  await dead;
});

test('a rebalance that nobody answers ends when the test says so, and who waits is told', async () => {
  const first = await connect();
  await first.join('readers');
  const second = await connect();
  broker.clock.stop();
  const joined = second.enter('readers');
  await broker.waitForGroup('readers', 'PreparingRebalance', { members: 2 });
  const completing = broker.waitForGroup('readers', 'CompletingRebalance', { members: 1 });
  await broker.clock.advance(5_000);
  const { memberId } = await joined;
  assert.deepEqual(
    (await completing).members.map((member) => member.memberId),
    [memberId],
  );
});

test('retention removes old records when the test says so', async () => {
  const config = {
    'retention.ms': 320_000,
    'segment.ms': 30_000,
    'message.timestamp.type': 'LogAppendTime',
  };
  await broker.createTopic('orders', { config });
  const client = await connect();
  broker.clock.stop();
  await client.produce('orders', ['old']);
  await broker.clock.advance(45_000);
  await client.produce('orders', ['young']);
  assert.equal((await broker.records('orders')).length, 2);
  // The check comes every five minutes.
  await broker.clock.advance(300_000);
  const left = await broker.records('orders');
  assert.deepEqual(
    left.map(({ value }) => String(value)),
    ['young'],
  );
});

test('a wait looks again only when the broker did something', async () => {
  await broker.createTopic('orders');
  const client = await connect();
  broker.clock.stop();
  const waiting = broker.waitForRecords('orders', 1);
  broker.faults.delay('Produce', 5_000);
  const produced = client.produce('orders', ['a']);
  await broker.waitForRequests('Produce', 1);
  await broker.clock.advance(5_000);
  assert.equal((await waiting).length, 1);
  assert.equal(await produced, 'NONE');
});

test('after a reset nothing of the test before is left, and everybody goes on', async () => {
  const client = await connect();
  await broker.createTopic('orders', { partitions: 3, config: { 'retention.ms': 1_000 } });
  await client.produce('orders', ['a']);
  const member = await client.join('readers');
  assert.equal(await client.commit(member, 'orders', 1), 'NONE');
  broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER', { times: 5 });
  await broker.reset();
  await assert.rejects(broker.waitForRequests('Produce', 1, { timeoutMs: 1 }));
  assert.deepEqual(await client.metadata('orders'), ['UNKNOWN_TOPIC_OR_PARTITION']);
  assert.notEqual(await client.commit(member, 'orders', 1), 'NONE');
  await broker.createTopic('orders');
  assert.equal(await client.produce('orders', ['b']), 'NONE');
  await client.join('readers');
  await assert.rejects(broker.waitForConsumed('readers', 'orders', { timeoutMs: 1 }), {
    message: /nothing is committed for orders-0, which ends at 1/,
  });
  assert.deepEqual(
    (await broker.records('orders')).map(({ value, offset }) => [String(value), offset]),
    [['b', 0]],
  );
});

test('a wait ends when the broker is stopped', async (t) => {
  const own = await startTestBroker();
  t.after(() => own.stop());
  const waiting = assert.rejects(own.waitForTopic('never'), { message: /the broker was stopped/ });
  await own.stop();
  await waiting;
});

test('a topic that cannot be made says why', async () => {
  await broker.createTopic('orders');
  await assert.rejects(broker.createTopic('orders'), { error: 'TOPIC_ALREADY_EXISTS' });
  await assert.rejects(broker.createTopic('other', { config: { 'retention.ms': 'soon' } }), {
    error: 'INVALID_CONFIG',
  });
});
