// If this breaks, the commonest mistake, an address that clients cannot reach, is said nowhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import type { Network } from '../base/network.ts';
import { SimClock } from '../base/testing/sim-clock.ts';
import { brokerConfig } from '../config/index.ts';
import { checkAdvertisedAddresses } from './advertised-addresses.ts';
import { addressFor } from './apis/broker-endpoints.ts';
import type { RequestContext } from './network/request-context.ts';
import { Session } from './network/session.ts';

function listenersOf(advertised: string) {
  return brokerConfig({
    listeners: 'PLAINTEXT://:9092',
    'advertised.listeners': advertised,
  }).parsedListeners;
}

/** On a network that knows one name and where nobody listens anywhere. */
async function warningsFor(advertised: string): Promise<string[]> {
  const lines: string[] = [];
  const failed = (code: string) => Object.assign(new Error('no'), { code });
  const network = {
    resolve: async (host: string) => {
      if (host !== 'known.example') throw failed('ENOTFOUND');
    },
    connect: () => Promise.reject(failed('ECONNREFUSED')),
  } as Partial<Network> as Network;
  const logger = { ...silentLogger, warn: (_: object, text: string) => lines.push(text) };
  const ports = { network, clock: new SimClock(), logger };
  await checkAdvertisedAddresses(listenersOf(advertised), 'cluster', ports);
  return lines;
}

test('a name that does not resolve is said at the start, in one sentence', async () => {
  assert.deepEqual(await warningsFor('PLAINTEXT://kafka.invalid:9092'), [
    'advertised.listeners names PLAINTEXT://kafka.invalid:9092, and this machine knows no kafka.invalid (ENOTFOUND): ' +
      'clients that do not know it either connect once and then fail; name a host that all of them know',
  ]);
});

test('an address where nobody answers is said at the start, in one sentence', async () => {
  for (const host of ['known.example', 'localhost', '10.1.2.3', '[fd00::1]']) {
    assert.deepEqual(await warningsFor(`PLAINTEXT://${host}:9092`), [
      `advertised.listeners names PLAINTEXT://${host}:9092, which does not lead here` +
        ` (cannot connect to ${host}:9092: nothing listens there): clients connect once and then fail,` +
        ' unless it is forwarded to this broker where they are; name an address that they reach it at',
    ]);
  }
});

test('every address is no address to tell, and refused', () => {
  for (const host of ['0.0.0.0', '[::]', '']) {
    assert.throws(
      () => listenersOf(`PLAINTEXT://${host}:9092`),
      /^ConfigError: advertised.listeners = .* must name a host that clients can connect to, not every address$/,
    );
  }
});

function told(advertisedHost: string, remoteHost: string): string[] {
  const sentences: string[] = [];
  const context: Partial<RequestContext> = {
    session: new Session(1, 'PLAINTEXT', {
      remote: { host: remoteHost, port: 40_000 },
      local: { host: '10.0.0.2', port: 9092 },
    }),
    complain: ({ sentence }) => sentences.push(sentence),
  };
  const endpoint = {
    listener: 'PLAINTEXT',
    securityProtocol: 'PLAINTEXT',
    host: advertisedHost,
    port: 9092,
  } as const;
  const broker = { id: 1, rack: null, endpoints: new Map([['PLAINTEXT', endpoint]]) };
  addressFor(
    broker as Partial<Parameters<typeof addressFor>[0]> as Parameters<typeof addressFor>[0],
    context as RequestContext,
  );
  return sentences;
}

test('a client elsewhere that is sent to its own machine is reported when it happens', () => {
  assert.deepEqual(told('localhost', '10.0.0.7'), [
    'the client at 10.0.0.7 is told to go on at localhost:9092, which is its own machine: ' +
      'set advertised.listeners to an address that clients reach, such as PLAINTEXT://10.0.0.2:9092',
  ]);
  assert.equal(told('127.0.0.1', '10.0.0.7').length, 1);
  assert.deepEqual(told('localhost', '127.0.0.1'), []);
  assert.deepEqual(told('', '10.0.0.7'), []);
  assert.deepEqual(told('broker.example', '10.0.0.7'), []);
});
