// If this breaks, a client meets a broker that is half started, or one that came early is never served.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network, Socket } from '../../base/network.ts';
import { bindDoor } from './door.ts';

/** A network on which a test knocks. */
function network() {
  let onSocket: (socket: Socket) => void = () => {};
  const destroyed: number[] = [];
  const port: Network = {
    listen: async (at, accept) => {
      onSocket = accept;
      return { local: { host: at.host, port: at.port || 7 }, close: async () => {} };
    },
    connect: () => Promise.reject(new Error('nobody calls')),
  };
  const knock = (id: number, shortage?: string) =>
    onSocket({ id, shortage, destroy: () => destroyed.push(id) } as unknown as Socket);
  return { port, knock, destroyed };
}

const at = { name: 'PLAINTEXT', host: 'h', port: 0 };
const idOf = (socket: Socket) => (socket as unknown as { id: number }).id;

test('who comes early waits, and comes in first', async () => {
  const { port, knock, destroyed } = network();
  const door = await bindDoor(port, at);
  assert.deepEqual([door.name, door.local.port], ['PLAINTEXT', 7]);
  knock(1);
  knock(2);
  const served: number[] = [];
  door.open((socket) => served.push(idOf(socket)));
  knock(3);
  assert.deepEqual([served, destroyed], [[1, 2, 3], []]);
});

test('a thousand wait, others are turned away; all of them where the start fails', async () => {
  const { port, knock, destroyed } = network();
  const door = await bindDoor(port, at);
  for (let id = 1; id <= 1001; id++) knock(id);
  assert.deepEqual(destroyed, [1001]);
  await door.close();
  knock(1002);
  assert.equal(destroyed.length, 1002);
});

test('who would take one of the last file handles does not wait: the start needs them for its data', async () => {
  const { port, knock, destroyed } = network();
  const door = await bindDoor(port, at);
  knock(1);
  knock(2, 'only 3 of 1024 file handles are left');
  assert.deepEqual(destroyed, [2]);
  const served: number[] = [];
  door.open((socket) => served.push(idOf(socket)));
  assert.deepEqual(served, [1]);
});

test('a taken port is reported with its address', async () => {
  const { port } = network();
  const error = Object.assign(new Error('x'), { code: 'EADDRINUSE', syscall: 'listen' });
  port.listen = () => Promise.reject(error);
  await assert.rejects(bindDoor(port, { ...at, port: 9092 }), /program listens on h:9092 already/);
});
