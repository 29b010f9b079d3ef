// If this breaks, a runbook for ZooKeeper ends in no broker, or a node of a cluster starts on its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import type { Network, Socket, SocketEvents } from '../base/network.ts';
import { SimClock } from '../base/testing/sim-clock.ts';
import { brokerConfig } from '../config/index.ts';
import { unsupportedConfig } from './broker-settings.ts';
import { checkEnsemble, parseEnsemble } from './ensemble.ts';

/** A network where something says `answers` at some addresses; undefined: it says nothing for ever. */
async function check(connect: string, answers: Readonly<Record<string, string | undefined>> = {}) {
  const clock = new SimClock();
  const warnings: string[] = [];
  const asked: string[] = [];
  const network = {
    connect: async ({ host, port }) => {
      const at = `${host}:${port}`;
      if (!Object.hasOwn(answers, at)) throw new Error('ECONNREFUSED');
      let events: SocketEvents | undefined;
      return {
        start: (given: SocketEvents) => {
          events = given;
        },
        write: (buffers: readonly Uint8Array[]) => {
          asked.push(Buffer.concat(buffers).toString());
          const answer = answers[at];
          if (answer === undefined) return;
          events?.onData(Buffer.from(answer));
          events?.onClose(undefined);
        },
        destroy() {},
      } as Partial<Socket> as Socket;
    },
  } as Partial<Network> as Network;
  const logger = { ...silentLogger, warn: (_: object, text: string) => warnings.push(text) };
  const refused = checkEnsemble(connect, { network, clock, logger });
  await clock.advanceAndSettle(2000);
  return { refused: await refused, warnings, asked, timers: clock.pendingTimers };
}

test('an ensemble that nobody runs is a single node, with one warning', async () => {
  for (const connect of [
    'localhost:2181',
    'localhost:2181/kafka',
    'a:1, b:2,c/x/y',
    '[::1]:2181',
  ]) {
    const { refused, warnings } = await check(connect);
    assert.equal(refused, undefined);
    assert.equal(warnings.length, 1);
    assert.ok(
      warnings[0]?.startsWith(`zookeeper.connect is ${connect}, where no ZooKeeper answers`),
    );
  }
  assert.deepEqual((await check('')).warnings, []);
});

test('an ensemble that answers, in whatever way, is refused with the reason', async () => {
  const answers = [
    'Zookeeper version: 3.9.3-c26634f3, built on 2024-10-17',
    'srvr is not executed because it is not in the whitelist.\n',
    'This ZooKeeper instance is not currently serving requests\n',
  ];
  for (const answer of answers) {
    const { refused, warnings, asked, timers } = await check('a:1,b/x', { 'b:2181': answer });
    assert.match(
      refused ?? '',
      /^zookeeper.connect is a:1,b\/x, and a ZooKeeper answers at b:2181, .*; remove zookeeper.connect/,
    );
    assert.deepEqual(warnings, []);
    assert.deepEqual(asked, ['srvr']);
    assert.equal(timers, 0);
  }
  for (const answer of ['HTTP/1.1 400', '', undefined]) {
    const { refused } = await check('a:1', { 'a:1': answer });
    assert.match(refused ?? '', /something that may be one answers at a:1/);
  }
});

test('an ensemble is read with its ports, its path and its spaces', () => {
  assert.deepEqual(parseEnsemble('a:1, [fd00::1]:2 ,c/kafka'), [
    { host: 'a', port: 1 },
    { host: 'fd00::1', port: 2 },
    { host: 'c', port: 2181 },
  ]);
  for (const wrong of ['a:b', 'a:0', 'a:99999', '::1:2181', 'a b']) {
    assert.throws(() => parseEnsemble(wrong), /zookeeper.connect = .* must be host:port/);
  }
});

test('a node that is to be one of several is refused with the key that says so', () => {
  const wrong = [
    [{ 'process.roles': 'broker' }, /^process.roles = broker asks for one half/],
    [{ 'process.roles': 'controller' }, /^process.roles = controller asks/],
    [{ 'controller.quorum.voters': '1@a:1,2@b:1' }, /voters = 1@a:1,2@b:1 names 2 controllers/],
    [{ 'controller.quorum.bootstrap.servers': 'a:1,b:1' }, /servers = a:1,b:1 names 2 contr/],
  ] as const;
  for (const [fixed, expected] of wrong) {
    assert.match(unsupportedConfig(brokerConfig(fixed)) ?? '', expected);
  }
  const one = { 'process.roles': 'broker,controller', 'controller.quorum.voters': '1@a:9093' };
  assert.equal(unsupportedConfig(brokerConfig(one)), undefined);
});
