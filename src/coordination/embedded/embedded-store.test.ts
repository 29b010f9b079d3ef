// If this breaks, topics and settings that were answered are gone after a crash, or half there.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../../base/logger.ts';
import { NodeClock } from '../../base/node/node-clock.ts';
import { NodeFileSystem } from '../../base/node/node-file-system.ts';
import { ManualClock } from '../../base/testing/sim-clock.ts';
import { SimFileSystem } from '../../base/testing/sim-file-system.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { isStoreError, type Operation, type Store } from '../store.ts';
import { storeConformance } from '../testing/store-conformance.ts';
import {
  EMBEDDED_STORE_FILES,
  type EmbeddedStore,
  openEmbeddedStore,
  StoreDamaged,
  StoreInUse,
} from './embedded-store.ts';

const FOLDER = '/data/store';
const LOG = `${FOLDER}/${EMBEDDED_STORE_FILES.log}`;
const SNAPSHOT = `${FOLDER}/${EMBEDDED_STORE_FILES.snapshot}`;

function open(fileSystem: SimFileSystem, folder = FOLDER): EmbeddedStore {
  const clock = new ManualClock(new NodeClock());
  return openEmbeddedStore({ clock, fileSystem, logger: silentLogger, folder });
}

storeConformance('embedded store', async () => {
  const store = open(new SimFileSystem());
  return {
    openSession: async () => store.openSession(),
    expireSession: (session) => store.expireSession(session),
    close: () => store.close(),
  };
});

/** Every persistent node with its data and version. */
async function contents(store: Store): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const walk = async (path: string): Promise<void> => {
    const node = await store.get(path);
    if (!node || node.stat.ephemeral) return;
    found.set(path, `${node.data?.toString('latin1')} v${node.stat.version.number}`);
    for (const name of (await store.children(path)) ?? []) {
      await walk(path === '/' ? `/${name}` : `${path}/${name}`);
    }
  };
  await walk('/');
  return found;
}

/** Opens what is on the disk, reads everything and closes again. */
async function contentsOf(fileSystem: SimFileSystem): Promise<Map<string, string>> {
  const store = open(fileSystem);
  const found = await contents(store.openSession());
  await store.close();
  return found;
}

/** Writes one node per step; after step n the nodes /0 ... /n exist. Resolves with what was acknowledged. */
async function writeSteps(store: EmbeddedStore, count: number, dataBytes = 10): Promise<number> {
  const session = store.openSession();
  for (let step = 0; step < count; step++) {
    try {
      await session.multi([
        { op: 'create', path: `/${step}`, data: Buffer.alloc(dataBytes, 97) },
        { op: 'create', path: `/${step}/child`, data: null },
      ]);
    } catch (error) {
      assert.ok(isStoreError(error, 'AMBIGUOUS', 'SESSION_LOST'), String(error));
      return step;
    }
  }
  return count;
}

test('everything persistent survives a restart, with versions and sequence counters', async () => {
  const disk = new SimFileSystem();
  const first = open(disk);
  const session = first.openSession();
  await session.create('/a', Buffer.from('x'));
  await session.set('/a', Buffer.from('y'), 'any');
  await session.create('/a/n_', null, 'persistent-sequential');
  await session.create('/a/n_', null, 'ephemeral-sequential');
  await session.create('/a/e', null, 'ephemeral');
  const before = await session.get('/a');
  await first.close();
  disk.crash('none');

  const second = open(disk);
  const again = second.openSession();
  assert.deepEqual(await again.children('/a'), ['n_0000000000']);
  const after = await again.get('/a');
  assert.equal(after?.data?.toString(), 'y');
  assert.deepEqual(after?.stat.version, before?.stat.version);
  assert.equal(after?.stat.createdTxId, before?.stat.createdTxId);
  const next = await again.create('/a/n_', null, 'persistent-sequential');
  assert.equal(next.path, '/a/n_0000000002');
  assert.ok(next.stat.createdTxId > (after?.stat.modifiedTxId ?? 0));
  await second.close();
});

test('a full disk refuses a change whole, and everything else goes on', async () => {
  const disk = new SimFileSystem();
  let failure: Error | undefined;
  const store = openEmbeddedStore({
    clock: new ManualClock(new NodeClock()),
    fileSystem: disk,
    logger: silentLogger,
    folder: FOLDER,
    onFailure: (error) => {
      failure = error;
    },
  });
  const session = store.openSession();
  const other = store.openSession();
  await session.create('/a', Buffer.from('x'));
  await other.create('/mine', null, 'ephemeral');
  disk.capacityBytes = disk.usedBytes() + 20;
  let woken = 0;
  await session.children('/', () => woken++);
  const outcomes = await Promise.allSettled([
    session.set('/a', Buffer.from('y'), 'any'),
    session.create('/b', Buffer.alloc(100)),
    session.get('/a'),
    session.exists('/b'),
    other.close(),
  ]);
  const [set, create, read, exists, closed] = outcomes;
  for (const one of [set, create]) {
    assert.ok(one.status === 'rejected' && isStoreError(one.reason, 'NOT_WRITTEN'));
  }
  assert.ok(read.status === 'fulfilled' && read.value?.data?.toString() === 'x');
  assert.equal(read.value.stat.version.number, 0);
  assert.ok(exists.status === 'fulfilled' && exists.value === undefined);
  assert.equal(closed.status, 'fulfilled');
  assert.equal(await session.exists('/mine'), undefined, 'a session ends whatever the disk says');
  assert.ok(woken >= 1);
  assert.equal(session.sessionState, 'connected');
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  const made = await session.create('/b', Buffer.from('z'));
  assert.ok(made.stat.createdTxId > 0);
  assert.equal(failure, undefined);
  const expected = await contents(session);
  await store.close();
  disk.crash('none');
  assert.deepEqual(await contentsOf(disk), expected);
});

test('no space or no handle at any operation of the disk: refused whole, and the next one works', async () => {
  for (const code of ['ENOSPC', 'EMFILE']) {
    for (let failAt = 1, isThere = true; isThere; failAt++) {
      const disk = new SimFileSystem();
      const store = open(disk);
      let count = 0;
      let isFinal = false;
      disk.fault = (operation) => {
        if (++count !== failAt) return undefined;
        isFinal = operation === 'sync' || operation === 'syncFolder';
        return code;
      };
      const session = store.openSession();
      for (let step = 0; step < 4; step++) {
        const path = `/${step}`;
        const write = () => session.create(path, Buffer.alloc(700_000, 97));
        const again = async (error: unknown) => {
          // A failed sync is final, whatever its reason.
          assert.ok(
            isFinal || isStoreError(error, 'NOT_WRITTEN'),
            `${code} at ${failAt}: ${error}`,
          );
          if (!isFinal) await write();
        };
        await write().catch(again);
      }
      isThere = count >= failAt;
      const expected = isFinal ? undefined : await contents(session);
      await store.close();
      disk.fault = () => undefined;
      disk.crash('none');
      const found = await contentsOf(disk);
      if (expected) assert.deepEqual(found, expected, `${code} at ${failAt}`);
      if (expected) assert.equal(found.size, 5);
    }
  }
});

test('a topic of 50 partitions costs one fdatasync, and so do all writes of one turn', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  const session = store.openSession();
  await session.create('/t', null);
  let syncs = 0;
  disk.fault = (operation) => {
    if (operation === 'sync' || operation === 'syncFolder') syncs++;
    return undefined;
  };
  const nodes = Array.from({ length: 50 }, (_, index) => index).flatMap((index): Operation[] => [
    { op: 'create', path: `/t/${index}`, data: null },
    { op: 'create', path: `/t/${index}/state`, data: Buffer.from('{}') },
  ]);
  await session.multi(nodes);
  assert.equal(syncs, 1);
  await Promise.all(['a', 'b', 'c'].map((name) => session.create(`/${name}`, null)));
  assert.equal(syncs, 2);
  await session.create('/e', null, 'ephemeral');
  assert.equal(syncs, 2, 'what only touches ephemeral nodes is not written');
  await store.close();
});

test('nothing is answered and nothing can be read before it is durable', async () => {
  const held: (() => void)[] = [];
  const disk = new SimFileSystem({ defer: (done) => held.push(done) });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const store = open(disk);
  const session = store.openSession();
  const order: string[] = [];
  const write = session.create('/a', null).then(() => order.push('written'));
  const read = session.get('/a').then((node) => order.push(node ? 'read it' : 'read nothing'));
  while (held.length === 0) await turn();
  const late = session.exists('/a').then(() => order.push('read late'));
  await turn();
  assert.deepEqual(order, []);
  // The file is on the disk; its name is not.
  held.shift()?.();
  while (held.length === 0) await turn();
  assert.deepEqual(order, []);
  held.shift()?.();
  await Promise.all([write, read, late]);
  assert.deepEqual(order.sort(), ['read it', 'read late', 'written']);
  await store.close();
});

test('a crash at any disk operation loses nothing acknowledged and keeps transactions whole', async () => {
  const steps = 6;
  const dry = new SimFileSystem();
  let operations = 0;
  dry.fault = () => {
    operations++;
    return undefined;
  };
  const whole = open(dry);
  assert.equal(await writeSteps(whole, steps), steps);
  await whole.close();
  assert.ok(operations > steps * 2, `only ${operations} operations`);

  for (let crashAt = 1; crashAt <= operations; crashAt++) {
    for (const survival of ['none', 'all', 'torn'] as const) {
      const disk = new SimFileSystem();
      let count = 0;
      disk.fault = () => (++count >= crashAt ? 'EIO' : undefined);
      let acknowledged = 0;
      try {
        const store = open(disk);
        acknowledged = await writeSteps(store, steps);
        await store.close();
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'EIO', String(error));
      }
      disk.fault = () => undefined;
      disk.crash(survival, new SimRandom(crashAt));
      const found = await contentsOf(disk);
      const kept = [...found.keys()].filter((path) => /^\/\d+$/.test(path)).length;
      const where = `crash at operation ${crashAt}, survival ${survival}`;
      assert.ok(kept >= acknowledged && kept <= acknowledged + 1, `${where}: ${kept}`);
      for (let step = 0; step < kept; step++) {
        assert.ok(found.has(`/${step}`) && found.has(`/${step}/child`), where);
      }
    }
  }
});

test('what a killed process left unsynced is on the disk before anything is built on it', async () => {
  const disk = new SimFileSystem();
  const first = open(disk);
  await writeSteps(first, 2);
  // Killed between the write and the sync: the system still has what the disk does not.
  disk.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
  await assert.rejects(first.openSession().create('/late', null), { code: 'AMBIGUOUS' });
  await first.close();
  disk.fault = () => undefined;
  disk.crash('all');
  const second = open(disk);
  const seen = await contents(second.openSession());
  assert.ok(seen.has('/late'), 'the write of the killed process is served');
  await second.close();
  disk.crash('none');
  assert.deepEqual(await contentsOf(disk), seen);
});

test('a crash at any disk operation of a compaction loses nothing', async () => {
  // 300 KB a step: the log passes the size worth compacting after four steps.
  const steps = 9;
  const dry = new SimFileSystem();
  let operations = 0;
  let renames = 0;
  dry.fault = (operation) => {
    operations++;
    if (operation === 'rename') renames++;
    return undefined;
  };
  const whole = open(dry);
  await writeSteps(whole, steps, 300_000);
  await whole.close();
  assert.ok(renames >= 5, `two compactions expected, ${renames} renames seen`);

  for (let crashAt = 1; crashAt <= operations; crashAt++) {
    const disk = new SimFileSystem();
    let count = 0;
    disk.fault = () => (++count >= crashAt ? 'EIO' : undefined);
    let acknowledged = 0;
    try {
      const store = open(disk);
      acknowledged = await writeSteps(store, steps, 300_000);
      await store.close();
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'EIO', String(error));
    }
    disk.fault = () => undefined;
    disk.crash('torn', new SimRandom(crashAt));
    const store = open(disk);
    const session = store.openSession();
    const names = (await session.children('/')) ?? [];
    assert.ok(names.length >= acknowledged && names.length <= acknowledged + 1, `at ${crashAt}`);
    // And it goes on from there.
    await session.create('/after', null);
    await store.close();
    assert.ok((await contentsOf(disk)).has('/after'), `at ${crashAt}`);
  }
});

test('a compaction keeps versions and sequence counters, and nothing ephemeral', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  const session = store.openSession();
  await session.create('/a', Buffer.from('x'));
  await session.set('/a', Buffer.from('y'), 'any');
  const sequential = await session.create('/a/n_', null, 'persistent-sequential');
  await session.delete(sequential.path, 'any');
  await session.create('/a/e', null, 'ephemeral');
  for (let step = 0; step < 5; step++) await session.set('/a', Buffer.alloc(300_000, step), 'any');
  const before = await session.get('/a');
  await store.close();
  assert.ok(disk.stat(SNAPSHOT), 'it was compacted');

  const again = open(disk);
  const reopened = again.openSession();
  const after = await reopened.get('/a');
  assert.deepEqual(after?.data, before?.data);
  assert.deepEqual({ ...after?.stat, childCount: 1 }, before?.stat);
  const next = await reopened.create('/a/n_', null, 'persistent-sequential');
  assert.equal(next.path, '/a/n_0000000001');
  assert.deepEqual(await reopened.children('/a'), ['n_0000000001']);
  await again.close();
});

test('any truncation of the log gives back a prefix of the transactions', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  await writeSteps(store, 4);
  await store.close();
  const log = disk.readFile(LOG);
  let headerEnd = 0;
  let longest = 0;
  for (let size = 0; size <= log.length; size++) {
    disk.writeFile(LOG, log.subarray(0, size));
    try {
      const found = await contentsOf(disk);
      headerEnd ||= size;
      const kept = [...found.keys()].filter((path) => /^\/\d+$/.test(path)).length;
      assert.ok(kept >= longest && found.size === 1 + kept * 2);
      longest = kept;
    } catch (error) {
      assert.ok(error instanceof StoreDamaged && headerEnd === 0, String(error));
    }
  }
  assert.equal(longest, 4);
  assert.ok(headerEnd > 0 && headerEnd < 40, 'only a cut header is refused');
});

test('a flipped byte anywhere before the last frame refuses to start and says where', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  await writeSteps(store, 3);
  await store.close();
  const log = disk.readFile(LOG);
  const lastFrame = log.lastIndexOf('SLST');
  for (let at = 0; at < lastFrame; at++) {
    const damaged = Buffer.from(log);
    damaged[at] = damaged[at]! ^ 0x55;
    disk.writeFile(LOG, damaged);
    assert.throws(
      () => open(disk),
      (error) =>
        error instanceof StoreDamaged &&
        error.message.includes(LOG) &&
        /at position \d+/.test(error.message),
      `byte ${at}`,
    );
  }
  // In the last frame it cannot be told from a torn end.
  const torn = Buffer.from(log);
  torn[lastFrame + 20] = torn[lastFrame + 20]! ^ 0x55;
  disk.writeFile(LOG, torn);
  const found = await contentsOf(disk);
  assert.ok(found.has('/1') && !found.has('/2'));
});

test('a missing or exchanged file is refused', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  await store.openSession().create('/early', null);
  const early = disk.readFile(LOG);
  await writeSteps(store, 8, 300_000);
  await store.close();
  const log = disk.readFile(LOG);
  const snapshot = disk.readFile(SNAPSHOT);

  disk.removeFile(SNAPSHOT);
  assert.throws(() => open(disk), StoreDamaged, 'a log without its snapshot');
  disk.writeFile(SNAPSHOT, snapshot);
  disk.removeFile(LOG);
  assert.throws(() => open(disk), StoreDamaged, 'a snapshot without its log');
  disk.writeFile(LOG, early);
  assert.throws(() => open(disk), StoreDamaged, 'a log that ends before the snapshot');
  disk.writeFile(LOG, log);
  const damaged = Buffer.from(snapshot);
  damaged[100] = damaged[100]! ^ 1;
  disk.writeFile(SNAPSHOT, damaged);
  assert.throws(() => open(disk), StoreDamaged, 'a damaged snapshot');
  disk.writeFile(SNAPSHOT, snapshot);
  assert.ok((await contentsOf(disk)).has('/0'));
});

test('a failed fdatasync ends every session: the write is ambiguous, nothing is retried', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  const session = store.openSession();
  const other = store.openSession();
  await session.create('/a', null);
  disk.fault = (operation) => (operation === 'sync' ? 'EIO' : undefined);
  await assert.rejects(session.create('/b', null), (error) => isStoreError(error, 'AMBIGUOUS'));
  disk.fault = () => undefined;
  assert.equal(session.sessionState, 'lost');
  assert.equal(other.sessionState, 'lost');
  await assert.rejects(other.create('/c', null), (error) => isStoreError(error, 'SESSION_LOST'));
  assert.equal(store.openSession().sessionState, 'lost');
  await store.close();
});

test('a folder has one owner', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  assert.throws(() => open(disk), StoreInUse);
  assert.throws(() => open(disk, '/data/../data/store/'), StoreInUse);
  const elsewhere = open(disk, '/other');
  await elsewhere.close();
  await store.close();
  await open(disk).close();
});

test('a second process that writes the same log is noticed', async () => {
  const disk = new SimFileSystem();
  const store = open(disk);
  const session = store.openSession();
  await session.create('/a', null);
  const log = disk.open(LOG, 'write');
  log.writeSync([Buffer.from('intruder')], log.size());
  await assert.rejects(session.create('/b', null), (error) => isStoreError(error, 'AMBIGUOUS'));
  await store.close();
});

test('any sequence of operations, restarted anywhere, reads the same', async () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.oneof(
    name.map((one) => `/${one}`),
    fc.tuple(name, name).map(([one, two]) => `/${one}/${two}`),
  );
  const operation: fc.Arbitrary<Operation> = fc.oneof(
    path.map((at) => ({ op: 'create' as const, path: at, data: Buffer.from(at) })),
    path.map((at) => ({ op: 'set' as const, path: at, data: null, version: 'any' as const })),
    path.map((at) => ({ op: 'delete' as const, path: at, version: 'any' as const })),
  );
  const step = fc.record({
    operations: fc.array(operation, { maxLength: 3 }),
    restart: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const disk = new SimFileSystem();
      const neverRestarted = open(new SimFileSystem());
      const expected = neverRestarted.openSession();
      let store = open(disk);
      let session = store.openSession();
      for (const { operations, restart } of steps) {
        const outcomes = await Promise.allSettled([
          expected.multi(operations),
          session.multi(operations),
        ]);
        assert.equal(outcomes[0].status, outcomes[1].status);
        if (!restart) continue;
        await store.close();
        disk.crash('none');
        store = open(disk);
        session = store.openSession();
      }
      assert.deepEqual(await contents(session), await contents(expected));
      await store.close();
      await neverRestarted.close();
    }),
    { numRuns: 40 },
  );
});

test('it works on a real disk as on the simulated one', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  try {
    const fileSystem = new NodeFileSystem();
    const options = { clock: new NodeClock(), logger: silentLogger, folder: join(parent, 'a/b') };
    const first = openEmbeddedStore({ ...options, fileSystem });
    await writeSteps(first, 9, 300_000);
    await first.close();
    assert.deepEqual(fileSystem.list(options.folder), Object.values(EMBEDDED_STORE_FILES).sort());
    const second = openEmbeddedStore({ ...options, fileSystem });
    assert.equal((await contents(second.openSession())).size, 1 + 9 * 2);
    await second.close();
  } finally {
    rmSync(parent, { recursive: true });
  }
});
