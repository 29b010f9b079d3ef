// If this breaks, a test suite scripts a fault for its client, and another one happens, or none.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startTestBroker, type TestBroker } from '../../src/embed/testing/index.ts';
import { EmbedClient, endOrFail } from '../support/embed-client.ts';

let broker: TestBroker;
const clients: EmbedClient[] = [];

before(async () => {
  broker = await startTestBroker({ logLevel: 'silent' });
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

async function connect(clientId?: string): Promise<EmbedClient> {
  const client = await EmbedClient.connect(broker, clientId);
  clients.push(client);
  return client;
}

const values = async (topic: string) =>
  (await broker.records(topic)).map(({ value }) => String(value));

test('an error answers the next requests of its API, in the order of the script, and nothing is done', async () => {
  await broker.createTopic('orders');
  const client = await connect();
  const first = broker.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER', { times: 2 });
  broker.faults.error('Produce', 'MESSAGE_TOO_LARGE');
  assert.deepEqual(await client.metadata('orders'), ['NONE'], 'other APIs are left alone');
  const errors = [];
  for (const value of ['a', 'b', 'c', 'd']) errors.push(await client.produce('orders', [value]));
  const twice = 'NOT_LEADER_OR_FOLLOWER';
  assert.deepEqual(errors, [twice, twice, 'MESSAGE_TOO_LARGE', 'NONE']);
  assert.deepEqual(await values('orders'), ['d']);
  assert.deepEqual({ hits: first.hits, remaining: first.remaining }, { hits: 2, remaining: 0 });
});

test('a fault may be for one client, or for one topic', async () => {
  await broker.createTopic('orders');
  await broker.createTopic('other');
  const [mine, theirs] = [await connect('mine'), await connect('theirs')];
  broker.faults.error('Produce', 'CORRUPT_MESSAGE', { clientId: 'mine', topic: 'orders' });
  assert.equal(await theirs.produce('orders', ['1']), 'NONE');
  assert.equal(await mine.produce('other', ['2']), 'NONE');
  assert.equal(await mine.produce('orders', ['3']), 'CORRUPT_MESSAGE');
  assert.equal(await mine.produce('orders', ['4']), 'NONE');
  const wide = broker.faults.error('Metadata', 'LEADER_NOT_AVAILABLE', {
    topic: 'other',
    times: Number.POSITIVE_INFINITY,
  });
  assert.deepEqual(await mine.metadata('orders'), ['NONE']);
  assert.deepEqual(await mine.metadata('other'), ['LEADER_NOT_AVAILABLE']);
  assert.deepEqual(await theirs.metadata('other'), ['LEADER_NOT_AVAILABLE']);
  wide.remove();
  assert.deepEqual(await theirs.metadata('other'), ['NONE']);
});

test('a fetch fails in its partitions, also in a session whose requests name no topic', async () => {
  await broker.createTopic('orders');
  const client = await connect();
  await client.produce('orders', ['a']);
  const opened = await client.fetch(['orders'], { id: 0, epoch: 0 });
  assert.deepEqual(opened.topics, [{ topic: 'orders', error: 'NONE' }]);
  broker.faults.error('Fetch', 'OFFSET_OUT_OF_RANGE', { topic: 'orders' });
  const failed = await client.fetch([], { id: opened.sessionId, epoch: 1 });
  assert.deepEqual(failed, {
    error: 'NONE',
    sessionId: 0,
    topics: [{ topic: 'orders', error: 'OFFSET_OUT_OF_RANGE' }],
  });
  broker.faults.error('Fetch', 'FETCH_SESSION_ID_NOT_FOUND');
  assert.equal((await client.fetch(['orders'])).error, 'FETCH_SESSION_ID_NOT_FOUND');
  broker.faults.error('Fetch', 'NOT_LEADER_OR_FOLLOWER');
  const old = await client.fetch(['orders'], undefined, 4);
  assert.deepEqual(old.topics, [{ topic: 'orders', error: 'NOT_LEADER_OR_FOLLOWER' }]);
});

test('a disconnect loses the request, or only its answer', async () => {
  await broker.createTopic('orders');
  broker.faults.disconnect('Produce');
  const first = await connect();
  await assert.rejects(first.produce('orders', ['lost']), /closed/);
  assert.ok(!first.isOpen);
  broker.faults.disconnect('Produce', { lose: 'answer' });
  const second = await connect();
  await assert.rejects(second.produce('orders', ['stored']), /closed/);
  assert.deepEqual(await values('orders'), ['stored']);
});

test('a black hole never answers: the client gives up by its own time', async () => {
  await broker.createTopic('orders');
  for (const lose of ['request', 'answer'] as const) {
    broker.faults.blackHole('Produce', { lose });
    const client = await connect();
    const lost = client.produce('orders', [`without its ${lose}`]);
    const outcome = assert.rejects(lost, /30000 ms/);
    if (lose === 'answer') await broker.waitForRecords('orders', 1);
    else await broker.waitForRequests('Produce', 1);
    client.clock.advance(30_000);
    await outcome;
  }
  assert.deepEqual(await values('orders'), ['without its answer']);
});

test("a delay is in the broker's time", async () => {
  await broker.createTopic('orders');
  const client = await connect();
  broker.clock.stop();
  broker.faults.delay('Produce', 3_600_000);
  let isAnswered = false;
  const answer = client.produce('orders', ['late']).finally(() => {
    isAnswered = true;
  });
  await broker.waitForRequests('Produce', 1);
  await broker.clock.advance(3_599_999);
  assert.deepEqual(await values('orders'), []);
  assert.equal(isAnswered, false);
  await broker.clock.advance(1);
  assert.equal(await answer, 'NONE');
  assert.deepEqual(await values('orders'), ['late']);
});

test('who waits in vain does not hold up the end of the broker, and a delayed request dies with its client', async (t) => {
  const own = await startTestBroker({ logLevel: 'silent' });
  t.after(() => own.stop());
  await own.createTopic('orders');
  own.faults.blackHole('Produce', { times: 1 });
  own.faults.delay('Produce', 1_000_000, { times: 2 });
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => EmbedClient.connect(own)));
  const lost = [one, two, three].map((client) => client?.produce('orders', ['x']));
  const outcomes = Promise.allSettled(lost);
  await own.waitForRequests('Produce', 3);
  three?.close();
  own.clock.stop();
  await own.stop();
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
});

test('a script that makes no sense is refused at once', () => {
  const { faults } = broker;
  assert.throws(
    () => faults.error('Produce', 'UNKNOWN_SERVER_ERROR', { times: 0 }),
    /times = 0 must be a whole number of at least 1, or Infinity/,
  );
  assert.throws(
    () => faults.disconnect('Produse' as 'Produce'),
    /api = 'Produse' must be one of the known names; did you mean Produce\?/,
  );
});
