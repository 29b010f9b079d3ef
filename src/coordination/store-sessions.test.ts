// If this breaks, a broker whose session was lost is never seen again by its cluster.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { SimClock } from '../base/testing/sim-clock.ts';
import { SimFileSystem } from '../base/testing/sim-file-system.ts';
import { openEmbeddedStore } from './embedded/embedded-store.ts';
import type { Store } from './store.ts';
import { StoreSessions } from './store-sessions.ts';

async function start() {
  const clock = new SimClock();
  const store = openEmbeddedStore({
    clock,
    fileSystem: new SimFileSystem(),
    logger: silentLogger,
    folder: '/store',
  });
  let isGone = false;
  const open = () => (isGone ? undefined : store.openSession());
  const sessions = new StoreSessions(store.openSession(), { clock, logger: silentLogger, open });
  const told: Store[] = [];
  sessions.onSession((session) => told.push(session));
  return { clock, store, sessions, told, leave: () => (isGone = true) };
}

async function settle(clock: SimClock, ms = 0): Promise<void> {
  clock.advance(ms);
  await clock.settle();
}

test('another session takes the place of a lost one, prepared as the first was', async () => {
  const { clock, store, sessions, told } = await start();
  const first = sessions.current;
  const register = sessions.prepare(async (session) => {
    await session.create('/me', null, 'ephemeral');
  });
  await settle(clock);
  await register;
  const expired = store.expireSession(first);
  await settle(clock);
  await settle(clock);
  await expired;
  assert.notEqual(sessions.current, first);
  assert.deepEqual(told, [sessions.current]);
  const found = sessions.current.exists('/me');
  await settle(clock);
  assert.ok(await found, 'registered again');
});

test('where it cannot be prepared it is tried again, less and less often', async () => {
  const { clock, store, sessions, told } = await start();
  let tries = 0;
  await sessions.prepare(async () => {
    if (tries++ > 0 && tries < 4) throw new Error('somebody else has the id');
  });
  const expired = store.expireSession(sessions.current);
  await settle(clock);
  await expired;
  assert.deepEqual([tries, told.length], [2, 0]);
  await settle(clock, 100);
  assert.deepEqual([tries, told.length], [3, 0]);
  await settle(clock, 199);
  assert.equal(tries, 3);
  await settle(clock, 1);
  assert.deepEqual([tries, told.length], [4, 1]);
});

test('a store that is gone for good, or a broker that stops, is left alone', async () => {
  for (const end of ['gone', 'closed'] as const) {
    const { clock, store, sessions, told, leave } = await start();
    if (end === 'gone') leave();
    else sessions.close();
    const expired = store.expireSession(sessions.current);
    await settle(clock);
    await expired;
    assert.equal(told.length, 0);
    assert.equal(clock.pendingTimers, 0);
  }
});
