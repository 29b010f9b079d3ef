// If this breaks, bytes between clients and the broker are lost, reordered or never arrive.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLogger } from '../logger.ts';
import type { Listener, Network, Socket } from '../network.ts';
import { SimNetwork } from '../testing/sim-network.ts';
import { NodeClock } from './node-clock.ts';
import { NodeNetwork } from './node-network.ts';

const clock = new NodeClock();
const networks: [name: string, network: Network][] = [
  ['real', new NodeNetwork({ logger: silentLogger })],
  ['real, by data events', new NodeNetwork({ logger: silentLogger, ownReadBuffer: false })],
  ['simulated', new SimNetwork({ clock }).host('127.0.0.1')],
  ['simulated, byte by byte', new SimNetwork({ clock, chunkBytes: () => 1 }).host('127.0.0.1')],
];

/** Collects what a socket receives; `until` resolves when the condition holds. */
class Recorder {
  received = '';
  drains = 0;
  ended = false;
  closed = false;
  error: Error | undefined;
  #checks: (() => void)[] = [];

  constructor(options: {
    socket: Socket;
    onData?: (chunk: Uint8Array) => void;
    handleEnd?: boolean;
  }) {
    const { socket, onData, handleEnd = true } = options;
    socket.start({
      onData: (chunk) => {
        this.received += Buffer.from(chunk).toString('latin1');
        onData?.(chunk);
        this.#changed();
      },
      onDrain: () => {
        this.drains++;
        this.#changed();
      },
      ...(handleEnd && {
        onEnd: () => {
          this.ended = true;
          this.#changed();
        },
      }),
      onClose: (error) => {
        assert.equal(this.closed, false, 'closed twice');
        this.closed = true;
        this.error = error;
        this.#changed();
      },
    });
  }

  until(condition: (recorder: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (condition(this)) resolve();
      };
      this.#checks.push(check);
      check();
    });
  }

  #changed(): void {
    for (const check of this.#checks) check();
  }
}

const listeners: Listener[] = [];
after(() => Promise.all(listeners.map((listener) => listener.close())));

async function pair(network: Network): Promise<{ client: Socket; server: Socket }> {
  let accepted: (socket: Socket) => void = () => {};
  const server = new Promise<Socket>((resolve) => {
    accepted = resolve;
  });
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (socket) =>
    accepted(socket),
  );
  listeners.push(listener);
  const client = await network.connect(listener.local, { timeoutMs: 5000 });
  return { client, server: await server };
}

for (const [name, network] of networks) {
  test(`${name}: both ends know their addresses, and bytes arrive in order`, async () => {
    const { client, server } = await pair(network);
    assert.deepEqual(client.local, server.remote);
    assert.deepEqual(client.remote, server.local);
    assert.equal(server.remote.host, '127.0.0.1');
    const atServer = new Recorder({ socket: server });
    const atClient = new Recorder({ socket: client });
    let sent = 0;
    for (let index = 0; index < 50; index++) {
      const buffers = [
        Buffer.from(`${index}`),
        Buffer.from(':'),
        Buffer.alloc(0),
        Buffer.from('x,'),
      ];
      client.write(buffers, () => sent++);
    }
    const expected = Array.from({ length: 50 }, (_, index) => `${index}:x,`).join('');
    await atServer.until(({ received }) => received.length >= expected.length);
    assert.equal(atServer.received, expected);
    server.write([Buffer.from('answer')]);
    await atClient.until(({ received }) => received === 'answer');
    await atClient.until(() => client.bufferedBytes === 0);
    assert.equal(sent, 50);
    assert.ok(atClient.drains > 0);
    client.destroy();
    await atServer.until(({ closed, ended }) => closed || ended);
    server.destroy();
    await atServer.until(({ closed }) => closed);
    await atClient.until(({ closed }) => closed);
  });

  test(`${name}: a paused reader holds the writer back, and nothing is lost`, async () => {
    const { client, server } = await pair(network);
    const atClient = new Recorder({ socket: client });
    const chunk = Buffer.alloc(64 * 1024, 'abcdefgh');
    const count = name.includes('byte by byte') ? 5 : 200;
    const atServer = new Recorder({
      socket: server,
      onData: () => server.pause(),
    });
    let sent = 0;
    for (let index = 0; index < count; index++) client.write([chunk], () => sent++);
    await atServer.until(({ received }) => received.length > 0);
    await new Promise<void>((resolve) => clock.endOfTurn(resolve));
    const taken = atServer.received.length;
    assert.ok(taken < count * chunk.length);
    assert.ok(client.bufferedBytes > 0);
    assert.ok(sent < count);
    const resumeAll = () => {
      server.resume();
      if (atServer.received.length < count * chunk.length) clock.endOfTurn(resumeAll);
    };
    resumeAll();
    await atServer.until(({ received }) => received.length === count * chunk.length);
    await atClient.until(() => client.bufferedBytes === 0);
    assert.equal(sent, count);
    assert.equal(atServer.received, chunk.toString('latin1').repeat(count));
    client.destroy();
    server.destroy();
    await atServer.until(({ closed }) => closed);
  });

  test(`${name}: end sends what was written before it closes`, async () => {
    const { client, server } = await pair(network);
    const atServer = new Recorder({ socket: server, handleEnd: false });
    const atClient = new Recorder({ socket: client });
    client.write([Buffer.from('last words')]);
    client.end();
    client.write([Buffer.from('too late')]);
    await atServer.until(({ closed }) => closed);
    assert.equal(atServer.received, 'last words');
    await atClient.until(({ closed }) => closed);
    assert.equal(atServer.error, undefined);
  });

  test(`${name}: a server that is told of the end can still answer`, async () => {
    const { client, server } = await pair(network);
    const atClient = new Recorder({ socket: client, handleEnd: false });
    const atServer = new Recorder({ socket: server });
    client.write([Buffer.from('question')]);
    await atServer.until(({ received }) => received === 'question');
    server.write([Buffer.from('answer')]);
    server.end();
    await atClient.until(({ closed }) => closed);
    assert.equal(atClient.received, 'answer');
    await atServer.until(({ closed }) => closed);
  });

  test(`${name}: writes to a broken connection are given back, and it closes once`, async () => {
    const { client, server } = await pair(network);
    const atClient = new Recorder({ socket: client });
    const atServer = new Recorder({ socket: server });
    server.destroy();
    await atServer.until(({ closed }) => closed);
    let sent = 0;
    const keepWriting = () => {
      if (atClient.closed) return;
      client.write([Buffer.alloc(100_000)], () => sent++);
      clock.endOfTurn(keepWriting);
    };
    keepWriting();
    await atClient.until(({ closed }) => closed);
    assert.equal(client.bufferedBytes, 0);
    client.write([Buffer.from('x')], () => sent++);
    assert.ok(sent > 1);
    client.resume();
    client.pause();
    client.end();
    client.destroy();
  });

  test(`${name}: a port in use and a port where nobody listens are told apart`, async () => {
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, () => {});
    await assert.rejects(
      network.listen(listener.local, () => {}),
      { code: 'EADDRINUSE' },
    );
    await listener.close();
    await assert.rejects(network.connect(listener.local, { timeoutMs: 5000 }), {
      code: 'ECONNREFUSED',
    });
    const again = await network.listen(listener.local, () => {});
    await again.close();
  });
}

test('accepted sockets read into the shared buffer on this version of Node', async () => {
  const network = networks[0]![1];
  const { client, server } = await pair(network);
  const seen = new Set<ArrayBufferLike>();
  const atServer = new Recorder({ socket: server, onData: (chunk) => seen.add(chunk.buffer) });
  const atClient = new Recorder({ socket: client, onData: (chunk) => seen.add(chunk.buffer) });
  client.write([Buffer.from('one')]);
  await atServer.until(({ received }) => received === 'one');
  server.write([Buffer.from('two')]);
  await atClient.until(({ received }) => received === 'two');
  assert.equal(seen.size, 1);
  assert.equal([...seen][0]?.byteLength, 64 * 1024);
  client.destroy();
  server.destroy();
});
