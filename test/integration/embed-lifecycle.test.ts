// If this breaks, a program that stopped its broker does not end, loses its data or its memory, or finds
// the remains of a broker on its disk.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type BrokerOptions, startBroker } from '../../src/embed/index.ts';
import { startTestBroker } from '../../src/embed/testing/index.ts';
import { EmbedClient, endOrFail } from '../support/embed-client.ts';

const CHILD = 'stops-and-ends';

if (process.argv[2] === CHILD) await stopAndEnd();
else describeAll();

/** In a process of its own, which has nothing else to do and so ends, if nothing is left open. */
async function stopAndEnd(): Promise<void> {
  for (const data of ['temporary', 'memory'] as const) {
    const broker = await startTestBroker({ data, http: true });
    const client = await EmbedClient.connect(broker);
    await broker.createTopic('orders');
    await client.produce('orders', ['a']);
    await client.join('readers');
    await (await fetch(`${broker.httpUrl}/metrics`)).text();
    await broker.stop();
  }
}

/**
 * What keeps a process alive for longer than a turn. An immediate or a read of a file that is under way
 * ends by itself, and may be the test runner's own.
 */
async function lastingHandles(): Promise<string[]> {
  await new Promise(setImmediate);
  const passing = ['Immediate', 'FSReqCallback', 'GetAddrInfoReqWrap'];
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !passing.includes(kind))
    .sort();
}

/** Open descriptors, where the system tells. */
function descriptors(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

/** The open files among them, by path. */
function descriptorPaths(): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const path = readlinkSync(join('/proc/self/fd', name));
      return path.startsWith('/') && !path.startsWith('/proc/') ? [path] : [];
    } catch {
      // The one that listed the folder is closed again.
      return [];
    }
  });
}

function describeAll(): void {
  after(endOrFail);

  test('a process whose brokers are stopped ends by itself', { timeout: 20_000 }, async (t) => {
    const child = fork(fileURLToPath(import.meta.url), [CHILD], { execArgv: [] });
    t.after(() => child.kill('SIGKILL'));
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });

  test('stopping leaves no handle, no descriptor and no folder', async (t) => {
    const temporary = () => readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-'));
    const exitListeners = process.listenerCount('exit');
    await (await startBroker()).stop();
    const before = {
      resources: await lastingHandles(),
      descriptors: descriptors(),
      exitListeners,
    };
    const broker = await startBroker();
    t.after(() => broker.stop());
    assert.ok(broker.folder && existsSync(join(broker.folder, 'meta.properties')));
    const client = await EmbedClient.connect(broker);
    await client.join('readers');
    assert.ok(temporary().length > 0);
    await broker.stop();
    await broker[Symbol.asyncDispose]();
    assert.ok(!existsSync(broker.folder));
    assert.ok(!client.isOpen);
    client.close();
    assert.deepEqual(
      {
        resources: await lastingHandles(),
        descriptors: descriptors(),
        exitListeners: process.listenerCount('exit'),
      },
      before,
    );
  });

  test('of a hundred brokers one after another nothing stays in memory', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const seen: WeakRef<object>[] = [];
    const run = async (count: number) => {
      for (let index = 0; index < count; index++) {
        const broker = await startTestBroker();
        seen.push(new WeakRef(broker), new WeakRef(broker.clock));
        await broker.createTopic('orders');
        await broker.stop();
      }
    };
    const heapBytes = async () => {
      // What a finished promise held goes with the turn after it.
      await new Promise(setImmediate);
      collect();
      return process.memoryUsage().heapUsed;
    };
    await run(10);
    const before = {
      heapBytes: await heapBytes(),
      resources: await lastingHandles(),
      descriptors: descriptors(),
    };
    await run(100);
    const grownBytes = (await heapBytes()) - before.heapBytes;
    assert.deepEqual(await lastingHandles(), before.resources);
    assert.equal(descriptors(), before.descriptors);
    const alive = seen.filter((reference) => reference.deref() !== undefined).length;
    // The last one may still be on the stack.
    assert.ok(alive <= 2, `${alive} parts of ${seen.length / 2} stopped brokers are still held`);
    assert.ok(grownBytes < 100 * 10_000, `100 brokers left ${grownBytes} bytes`);
  });

  test('a broker in memory makes no file', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'embed-'));
    const before = process.cwd();
    t.after(() => {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    });
    process.chdir(folder);
    const files = descriptorPaths();
    const broker = await startBroker({ data: 'memory' });
    t.after(() => broker.stop());
    assert.equal(broker.folder, undefined);
    const client = await EmbedClient.connect(broker);
    t.after(() => client.close());
    await client.join('readers');
    assert.ok(!existsSync('/memory'));
    assert.deepEqual(readdirSync('.'), []);
    assert.deepEqual(descriptorPaths(), files, 'sockets only');
  });

  test('a folder keeps the data from one broker to the next, and belongs to one at a time', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'embed-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const options: BrokerOptions = { data: { folder }, logLevel: 'silent' };
    const first = await startTestBroker(options);
    t.after(() => first.stop());
    await first.createTopic('orders');
    const client = await EmbedClient.connect(first);
    t.after(() => client.close());
    await client.produce('orders', ['kept']);
    await assert.rejects(startBroker(options), { name: 'FolderLockedError' });
    await first.stop();
    const second = await startTestBroker(options);
    t.after(() => second.stop());
    assert.equal(second.clusterId, first.clusterId);
    assert.equal(second.brokerId, first.brokerId);
    const [record] = await second.waitForRecords('orders', 1);
    assert.equal(String(record?.value), 'kept');
    await second.stop();
  });

  test('options that contradict each other, or cannot be had, are refused with what to change', async (t) => {
    const refused = async (options: BrokerOptions, expected: object) => {
      const before = await lastingHandles();
      await assert.rejects(startBroker({ logLevel: 'silent', ...options }), expected);
      assert.deepEqual(await lastingHandles(), before);
    };
    await refused({ port: 70_000 }, { name: 'ConfigError', message: /port = 70000/ });
    await refused(
      { port: 1, config: { listeners: 'PLAINTEXT://:0' } },
      { name: 'ConfigError', message: /leave port and host out/ },
    );
    await refused({ config: { 'log.dirs': '/x' } }, { message: /data: { folder/ });
    await refused(
      { http: true, config: { 'http.listeners': '' } },
      { message: /leave http out then/ },
    );
    await refused({ config: { 'log.segment.bytes': 1 } }, { message: /log\.segment\.bytes = 1/ });
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await refused({ port }, { code: 'EADDRINUSE' });
    await refused({ http: { port } }, { name: 'ConfigError', message: /http\.listeners/ });
  });

  test("lines go to the program's own logger, and metrics are served when asked for", async (t) => {
    const lines: string[] = [];
    const write = (_fields: object, message: string) => void lines.push(message);
    const logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
    const broker = await startBroker({
      data: 'memory',
      logger,
      http: true,
      config: { 'log.retention.mss': 1 },
    });
    t.after(() => broker.stop());
    assert.ok(
      lines.some((line) => line.includes('log.retention.ms')),
      'a misspelt key is named',
    );
    const health = await (await fetch(`${broker.httpUrl}/healthz`)).text();
    assert.match(health, /"status":"ok"/);
    assert.match(await (await fetch(`${broker.httpUrl}/metrics`)).text(), /^sluice_/m);
    await broker.stop();
    await assert.rejects(fetch(`${broker.httpUrl}/healthz`));
  });
}
