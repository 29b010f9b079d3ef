import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isStoreError,
  NodeVersion,
  type Operation,
  type Store,
  type StoreErrorCode,
} from '../store.ts';

/** One running store, empty below the root that the sessions see. */
export interface StoreUnderTest {
  openSession(): Promise<Store>;
  /** Ends a session as the server does when it has not heard of it for too long. */
  expireSession(store: Store): Promise<void>;
  close(): Promise<void>;
}

/**
 * What every store must do, whatever is behind the interface. Call it in a test file: it registers
 * its tests under `name`. Nothing in it waits for time to pass.
 */
export function storeConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  for (const [title, run] of Object.entries(cases)) {
    test(`${name}: ${title}`, async () => {
      const under = await makeStore();
      try {
        await run(await under.openSession(), under);
      } finally {
        await under.close();
      }
    });
  }
}

const bytes = (text: string) => Buffer.from(text);
const text = (node: { data: Buffer | null } | undefined) => node?.data?.toString();

async function refused(code: StoreErrorCode, attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error) => isStoreError(error, code), `expected ${code}`);
}

/** A watch and the promise of its firing. */
function watch(): { fired: Promise<void>; count: () => number; watch: () => void } {
  let count = 0;
  let tell = () => {};
  const fired = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return {
    fired,
    count: () => count,
    watch: () => {
      count++;
      tell();
    },
  };
}

const cases: Record<string, (store: Store, under: StoreUnderTest) => Promise<void>> = {
  'what is created can be read': async (store) => {
    const made = await store.create('/a', bytes('one'));
    assert.equal(made.path, '/a');
    const node = await store.get('/a');
    assert.equal(text(node), 'one');
    assert.equal(node?.stat.version.number, 0);
    assert.equal(node?.stat.ephemeral, false);
    assert.equal(node?.stat.createdTxId, made.stat.createdTxId);
  },

  'no data and empty data are different': async (store) => {
    await store.create('/none', null);
    await store.create('/empty', Buffer.alloc(0));
    assert.equal((await store.get('/none'))?.data, null);
    assert.equal((await store.get('/empty'))?.data?.length, 0);
  },

  'a missing node reads as undefined': async (store) => {
    assert.equal(await store.get('/missing'), undefined);
    assert.equal(await store.exists('/missing'), undefined);
    assert.equal(await store.children('/missing'), undefined);
  },

  'a node needs its parent, and is created once': async (store) => {
    await refused('NO_NODE', store.create('/a/b', null));
    await store.create('/a', null);
    await refused('NODE_EXISTS', store.create('/a', null));
    await store.create('/a/b', null);
    assert.deepEqual(await store.children('/a'), ['b']);
    assert.equal((await store.exists('/a'))?.childCount, 1);
  },

  'children are sorted': async (store) => {
    await store.create('/p', null);
    for (const child of ['b', 'c', 'a', '10', '9']) await store.create(`/p/${child}`, null);
    assert.deepEqual(await store.children('/p'), ['10', '9', 'a', 'b', 'c']);
  },

  'malformed paths are refused': async (store) => {
    for (const path of ['', 'a', '/a/', '//a', '/a//b', '/.', '/a/..', '/a\0b']) {
      await refused('BAD_PATH', store.create(path, null));
      await refused('BAD_PATH', store.get(path));
    }
  },

  'a set is conditional on the version, also on version 0': async (store) => {
    const { stat } = await store.create('/a', bytes('0'));
    const next = await store.set('/a', bytes('1'), stat.version);
    assert.equal(next.version.number, 1);
    await refused('BAD_VERSION', store.set('/a', bytes('stale'), stat.version));
    await refused('BAD_VERSION', store.set('/a', bytes('stale'), new NodeVersion(0)));
    assert.equal((await store.set('/a', bytes('2'), 'any')).version.number, 2);
    assert.equal(text(await store.get('/a')), '2');
    await refused('NO_NODE', store.set('/missing', null, 'any'));
  },

  'a delete is conditional and refuses a node with children': async (store) => {
    const { stat } = await store.create('/a', null);
    await store.create('/a/b', null);
    await refused('NOT_EMPTY', store.delete('/a', 'any'));
    await store.delete('/a/b', 'any');
    await store.set('/a', null, 'any');
    await refused('BAD_VERSION', store.delete('/a', stat.version));
    await store.delete('/a', 'any');
    assert.equal(await store.exists('/a'), undefined);
    await refused('NO_NODE', store.delete('/a', 'any'));
  },

  'a recreated node starts at version 0 with a later transaction': async (store) => {
    const first = await store.create('/a', null);
    await store.set('/a', null, 'any');
    await store.delete('/a', 'any');
    const second = await store.create('/a', null);
    assert.equal(second.stat.version.number, 0);
    assert.ok(second.stat.createdTxId > first.stat.createdTxId);
  },

  'sequential names rise and are never used again': async (store) => {
    await store.create('/q', null);
    const first = await store.create('/q/n_', null, 'persistent-sequential');
    const second = await store.create('/q/n_', null, 'ephemeral-sequential');
    assert.match(first.path, /^\/q\/n_\d{10}$/);
    assert.ok(second.path > first.path);
    await store.delete(second.path, 'any');
    const third = await store.create('/q/n_', null, 'persistent-sequential');
    assert.ok(third.path > second.path);
  },

  'a multi does everything': async (store) => {
    const { stat } = await store.create('/a', bytes('a'));
    await store.create('/gone', null);
    const results = await store.multi([
      { op: 'check', path: '/a', version: stat.version },
      { op: 'create', path: '/a/b', data: bytes('b') },
      { op: 'create', path: '/a/b/c', data: null },
      { op: 'set', path: '/a', data: bytes('A'), version: stat.version },
      { op: 'delete', path: '/gone', version: 'any' },
    ]);
    assert.deepEqual(
      results.map(({ op, path }) => `${op} ${path}`),
      ['check /a', 'create /a/b', 'create /a/b/c', 'set /a', 'delete /gone'],
    );
    const set = results[3];
    assert.equal(set?.op === 'set' && set.stat.version.number, 1);
    assert.equal(text(await store.get('/a')), 'A');
    assert.equal(text(await store.get('/a/b')), 'b');
    assert.equal(await store.exists('/gone'), undefined);
  },

  'a multi that fails anywhere does nothing and says where': async (store) => {
    const { stat } = await store.create('/a', bytes('a'));
    await store.create('/b', null);
    await store.create('/b/c', null);
    const before = [
      { op: 'create', path: '/a/new', data: null },
      { op: 'create', path: '/a/s_', data: null, mode: 'persistent-sequential' },
      { op: 'set', path: '/a', data: bytes('changed'), version: 'any' },
      { op: 'delete', path: '/b/c', version: 'any' },
      { op: 'delete', path: '/b', version: 'any' },
    ] satisfies Operation[];
    const failures: [StoreErrorCode, Operation][] = [
      ['BAD_VERSION', { op: 'check', path: '/a', version: stat.version }],
      ['NODE_EXISTS', { op: 'create', path: '/a/new', data: null }],
      ['NO_NODE', { op: 'delete', path: '/missing', version: 'any' }],
      ['NO_NODE', { op: 'check', path: '/missing', version: stat.version }],
    ];
    for (const [code, last] of failures) {
      await assert.rejects(
        store.multi([...before, last]),
        (error) => isStoreError(error, code) && error.failedIndex === before.length,
        code,
      );
    }
    assert.equal(text(await store.get('/a')), 'a');
    assert.deepEqual(await store.children('/a'), []);
    assert.deepEqual(await store.children('/b'), ['c']);
    // The version did not move either: the fence still opens.
    await store.multi([{ op: 'check', path: '/a', version: stat.version }]);
  },

  'an empty multi is fine': async (store) => {
    assert.deepEqual(await store.multi([]), []);
  },

  'a request too large for ZooKeeper is refused': async (store) => {
    await refused('TOO_LARGE', store.create('/big', Buffer.alloc(1_000_001)));
    assert.equal(await store.exists('/big'), undefined);
    await store.create('/large', Buffer.alloc(900_000));
    assert.equal((await store.get('/large'))?.data?.length, 900_000);
  },

  'calls take effect in the order they were made': async (store) => {
    const results = await Promise.all([
      store.create('/a', bytes('0')),
      store.get('/a'),
      store.set('/a', bytes('1'), new NodeVersion(0)),
      store.get('/a'),
      store.delete('/a', new NodeVersion(1)),
      store.get('/a'),
    ]);
    assert.equal(text(results[1]), '0');
    assert.equal(text(results[3]), '1');
    assert.equal(results[5], undefined);
  },

  'of two conditional writes one wins': async (store, under) => {
    const other = await under.openSession();
    const { stat } = await store.create('/a', bytes('0'));
    await other.sync();
    const outcomes = await Promise.allSettled([
      store.set('/a', bytes('mine'), stat.version),
      other.set('/a', bytes('theirs'), stat.version),
    ]);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const lost = outcomes.find(({ status }) => status === 'rejected');
    assert.ok(lost?.status === 'rejected' && isStoreError(lost.reason, 'BAD_VERSION'));
  },

  'after a sync one session sees what another wrote': async (store, under) => {
    const other = await under.openSession();
    await store.create('/a', bytes('x'));
    await other.sync();
    assert.equal(text(await other.get('/a')), 'x');
  },

  'an ephemeral node goes with its session': async (store, under) => {
    const other = await under.openSession();
    await store.create('/p', null);
    await other.create('/p/e', bytes('e'), 'ephemeral');
    await store.sync();
    assert.equal((await store.get('/p/e'))?.stat.ephemeral, true);
    await refused('EPHEMERAL_PARENT', store.create('/p/e/child', null));
    const node = watch();
    const children = watch();
    await store.get('/p/e', node.watch);
    await store.children('/p', children.watch);
    await other.close();
    await Promise.all([node.fired, children.fired]);
    await store.sync();
    assert.deepEqual(await store.children('/p'), []);
  },

  'an expired session is lost for good': async (store, under) => {
    const other = await under.openSession();
    const states: string[] = [];
    const told = new Promise<void>((resolve) => {
      other.onSessionState((state) => {
        states.push(state);
        if (state === 'lost') resolve();
      });
    });
    await other.create('/e', null, 'ephemeral');
    await under.expireSession(other);
    await told;
    assert.equal(other.sessionState, 'lost');
    assert.equal(states.at(-1), 'lost');
    await refused('SESSION_LOST', other.create('/later', null));
    await refused('SESSION_LOST', other.get('/e'));
    await store.sync();
    assert.equal(await store.exists('/e'), undefined);
    assert.equal(store.sessionState, 'connected');
  },

  'an ephemeral node can be set, deleted and recreated by another session': async (
    store,
    under,
  ) => {
    const other = await under.openSession();
    const { stat } = await store.create('/controller', bytes('1'), 'ephemeral');
    await other.sync();
    await refused('NODE_EXISTS', other.create('/controller', bytes('2'), 'ephemeral'));
    await store.set('/controller', bytes('1b'), stat.version);
    await other.sync();
    await other.delete('/controller', 'any');
    await other.create('/controller', bytes('2'), 'ephemeral');
    await store.close();
    await other.sync();
    assert.equal(text(await other.get('/controller')), '2');
  },

  'a data watch fires once for set, delete and create': async (store) => {
    await store.create('/a', null);
    const first = watch();
    await store.get('/a', first.watch);
    await store.set('/a', bytes('1'), 'any');
    await first.fired;
    await store.set('/a', bytes('2'), 'any');
    const second = watch();
    await store.exists('/a', second.watch);
    await store.delete('/a', 'any');
    await second.fired;
    const third = watch();
    assert.equal(await store.exists('/a', third.watch), undefined);
    await store.create('/a', null);
    await third.fired;
    await store.sync();
    assert.deepEqual([first.count(), second.count(), third.count()], [1, 1, 1]);
  },

  'a child watch fires for children, not for data': async (store) => {
    await store.create('/p', null);
    const seen = watch();
    await store.children('/p', seen.watch);
    await store.set('/p', bytes('data'), 'any');
    await store.sync();
    assert.equal(seen.count(), 0);
    await store.create('/p/c', null);
    await seen.fired;
    const again = watch();
    await store.children('/p', again.watch);
    await store.delete('/p/c', 'any');
    await again.fired;
  },

  'a watch set in the same breath as a write fires for the next write only': async (store) => {
    await store.create('/a', null);
    const seen = watch();
    const write = store.set('/a', bytes('before'), 'any');
    const read = store.get('/a', seen.watch);
    await Promise.all([write, read]);
    await store.sync();
    assert.equal(seen.count(), 0);
    await store.set('/a', bytes('after'), 'any');
    await seen.fired;
  },

  'a watch fires for what another session did': async (store, under) => {
    const other = await under.openSession();
    const seen = watch();
    await store.exists('/a', seen.watch);
    await other.create('/a', null);
    await seen.fired;
    await store.sync();
    assert.ok(await store.exists('/a'));
  },

  'a thousand pipelined reads answer': async (store) => {
    await store.create('/many', null);
    const paths = Array.from({ length: 1000 }, (_, index) => `/many/${index}`);
    await store.multi(paths.map((path) => ({ op: 'create' as const, path, data: bytes(path) })));
    const nodes = await Promise.all(paths.map((path) => store.get(path)));
    assert.deepEqual(nodes.map(text), paths);
  },
};
