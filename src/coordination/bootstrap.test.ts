// If this breaks, two brokers get one id, or a cluster another id at the next start.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { NodeClock } from '../base/node/node-clock.ts';
import { SimFileSystem } from '../base/testing/sim-file-system.ts';
import { SimRandom } from '../base/testing/sim-random.ts';
import {
  BrokerIdInUse,
  ensurePersistentPaths,
  generateBrokerId,
  registerBroker,
  resolveClusterId,
} from './bootstrap.ts';
import { openEmbeddedStore } from './embedded/embedded-store.ts';
import { PERSISTENT_PATHS } from './znodes.ts';

const open = (fileSystem = new SimFileSystem()) =>
  openEmbeddedStore({ clock: new NodeClock(), fileSystem, logger: silentLogger, folder: '/store' });

test('the standing nodes are made once, by however many brokers start', async () => {
  const store = open();
  const sessions = [store.openSession(), store.openSession(), store.openSession()];
  await Promise.all(sessions.map((session) => ensurePersistentPaths(session)));
  for (const path of PERSISTENT_PATHS) assert.ok(await sessions[0]?.exists(path), path);
  await store.close();
});

test('the cluster id is made once and kept', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  const [one, two] = [store.openSession(), store.openSession()];
  const random = new SimRandom(1);
  const ids = await Promise.all([
    resolveClusterId(one, { random }),
    resolveClusterId(two, { random }),
  ]);
  assert.equal(ids[0], ids[1]);
  assert.match(ids[0], /^[\w-]{22}$/);
  await store.close();
  const again = open(disk);
  const kept = await resolveClusterId(again.openSession(), { random, preferred: 'other' });
  assert.equal(kept, ids[0]);
  await again.close();
  const fresh = open();
  const taken = await resolveClusterId(fresh.openSession(), { random, preferred: 'from-meta' });
  assert.equal(taken, 'from-meta');
  await fresh.close();
});

test('generated broker ids are above the reserved ones and never repeat', async () => {
  const store = open();
  const session = store.openSession();
  await ensurePersistentPaths(session);
  assert.equal(await generateBrokerId(session, 1000), 1001);
  assert.equal(await generateBrokerId(session, 1000), 1002);
  await store.close();
});

test('a broker id can be registered once, and again when its session is over', async () => {
  const store = open();
  const [one, two] = [store.openSession(), store.openSession()];
  await ensurePersistentPaths(one);
  const broker = { endpoints: [], rack: null, jmxPort: -1, timestampMs: 0 };
  const epoch = await registerBroker(one, 1, broker);
  await assert.rejects(registerBroker(two, 1, broker), BrokerIdInUse);
  await one.close();
  assert.ok((await registerBroker(two, 1, broker)) > epoch);
  await store.close();
});
