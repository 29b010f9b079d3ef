// If this breaks, the broker listens somewhere else than it was told, or tells clients so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerConfig, ConfigError } from './index.ts';
import { parseHttpListeners } from './listeners.ts';

// If these break, a broker listens somewhere else than its file says, or sends clients to an
// address that they cannot reach.

test('each listener has its own advertised address, and none is the address of the connection', () => {
  const { parsedListeners, interBrokerListener } = brokerConfig({
    listeners: 'INTERNAL://10.0.0.1:9092,external://[::1]:9093,PLAINTEXT://:0',
    'advertised.listeners': 'EXTERNAL://kafka.example.com:19093',
    'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'internal',
  });
  assert.deepEqual(
    parsedListeners.map(({ name, host, port, advertised }) => [name, host, port, advertised]),
    [
      ['INTERNAL', '10.0.0.1', 9092, undefined],
      ['EXTERNAL', '::1', 9093, { host: 'kafka.example.com', port: 19093 }],
      ['PLAINTEXT', '', 0, undefined],
    ],
  );
  assert.equal(interBrokerListener, 'INTERNAL');
});

test('the keys of Kafka 0.8 still name the listener', () => {
  const { parsedListeners } = brokerConfig({
    port: '9999',
    'host.name': '127.0.0.1',
    'advertised.host.name': 'example.com',
  });
  assert.deepEqual(parsedListeners, [
    {
      name: 'PLAINTEXT',
      protocol: 'PLAINTEXT',
      host: '127.0.0.1',
      port: 9999,
      advertised: { host: 'example.com', port: 9999 },
    },
  ]);
});

test('http.listeners may be empty, or several', () => {
  assert.deepEqual(brokerConfig({ 'http.listeners': '' }).parsedHttpListeners, []);
  assert.equal(
    brokerConfig({ 'http.listeners': 'http://:1, http://[::1]:2' }).parsedHttpListeners.length,
    2,
  );
});

test('one port may serve several addresses', () => {
  const listeners = 'PLAINTEXT://127.0.0.1:1,SSL://[::1]:1';
  assert.equal(brokerConfig({ listeners }).parsedListeners.length, 2);
});

test('whatever Kafka takes for an address is one: bare IPv6, zones, every address, small letters', () => {
  const cases: readonly (readonly [string, string, string, number])[] = [
    ['PLAINTEXT://::1:9391', 'PLAINTEXT', '::1', 9391],
    ['PLAINTEXT://[fe80::1%eth0]:9092', 'PLAINTEXT', 'fe80::1%eth0', 9092],
    ['PLAINTEXT://fe80::1%eth0:9092', 'PLAINTEXT', 'fe80::1%eth0', 9092],
    ['PLAINTEXT://[2001:db8:0:0:0:0:0:1]:1', 'PLAINTEXT', '2001:db8:0:0:0:0:0:1', 1],
    ['PLAINTEXT://2001:db8::ffff:192.168.0.1:1', 'PLAINTEXT', '2001:db8::ffff:192.168.0.1', 1],
    ['PLAINTEXT://:::9092', 'PLAINTEXT', '::', 9092],
    ['PLAINTEXT://[::]:9092', 'PLAINTEXT', '::', 9092],
    ['PLAINTEXT://0.0.0.0:9092', 'PLAINTEXT', '0.0.0.0', 9092],
    [' plaintext://my_host-1.example.com:9092 , ', 'PLAINTEXT', 'my_host-1.example.com', 9092],
    ['PLAINTEXT://:9092,', 'PLAINTEXT', '', 9092],
  ];
  for (const [listeners, name, host, port] of cases) {
    const [first, ...more] = brokerConfig({ listeners }).parsedListeners;
    assert.deepEqual([first?.name, first?.host, first?.port], [name, host, port], listeners);
    assert.deepEqual(more, []);
  }
});

test('the listener of a KRaft controller is not one for clients', () => {
  const { parsedListeners } = brokerConfig({
    listeners: 'CONTROLLER://:9093,PLAINTEXT://:9092',
    'advertised.listeners': 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
    'controller.listener.names': 'controller',
    'listener.security.protocol.map': 'CONTROLLER:SASL_SSL,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
  });
  assert.deepEqual(
    parsedListeners.map(({ name, port }) => [name, port]),
    [['PLAINTEXT', 9092]],
  );
});

const WRONG: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ listeners: 'PLAINTEXT:9092' }, /entry PLAINTEXT:9092; an entry must be NAME:\/\/host:port/],
  [{ listeners: 'PLAINTEXT://:99999' }, /port from 0 to 65535/],
  [{ listeners: 'PLAINTEXT://:1,PLAINTEXT://:2' }, /names PLAINTEXT twice/],
  [{ listeners: 'PLAINTEXT://:1,SSL://:1' }, /uses port 1 twice/],
  [{ listeners: 'PLAINTEXT://0.0.0.0:1,SSL://127.0.0.1:1' }, /uses port 1 twice/],
  [{ listeners: 'PLAINTEXT://127.0.0.1:1,SSL://[::]:1' }, /uses port 1 twice/],
  [{ listeners: 'PLAINTEXT://[::1:9092' }, /an entry must be NAME:\/\/host:port/],
  [{ listeners: 'PLAINTEXT://::g:9092' }, /an entry must be NAME:\/\/host:port/],
  [{ listeners: 'PLAINTEXT://1:2:3:9092' }, /an entry must be NAME:\/\/host:port/],
  [{ listeners: 'PLAINTEXT://::1::2:9092' }, /an entry must be NAME:\/\/host:port/],
  [{ listeners: 'PLAINTEXT://::1.2.3.256:9092' }, /an entry must be NAME:\/\/host:port/],
  [
    { listeners: 'CONTROLLER://:9093', 'controller.listener.names': 'CONTROLLER' },
    /listeners = CONTROLLER:\/\/:9093 must name at least one listener for clients/,
  ],
  [
    { listeners: 'PLAINTEXT://:8048', 'http.listeners': 'http://127.0.0.1:8048' },
    /http.listeners = http:\/\/127.0.0.1:8048 uses port 8048, as the listener PLAINTEXT does/,
  ],
  [
    { listeners: 'FOO://:1' },
    /names FOO.*listener.security.protocol.map, for example FOO:PLAINTEXT/,
  ],
  [{ 'advertised.listeners': 'SSL://a:1' }, /names SSL, which listeners does not/],
  [
    { 'advertised.listeners': 'PLAINTEXT://0.0.0.0:1' },
    /must name a host that clients can connect/,
  ],
  [{ 'listener.security.protocol.map': 'A:B' }, /an entry must be NAME:PROTOCOL/],
  [{ 'inter.broker.listener.name': 'B' }, /must be one of the names in listeners/],
  [{ 'http.listeners': 'https://:1' }, /an entry must be http:\/\/host:port/],
  [
    { 'inter.broker.listener.name': 'PLAINTEXT', 'security.inter.broker.protocol': 'PLAINTEXT' },
    /must not both be set/,
  ],
];

test('what is wrong with a listener is said in a sentence', () => {
  for (const [fixed, expected] of WRONG) {
    assert.throws(
      () => brokerConfig(fixed),
      (error) => error instanceof ConfigError && expected.test(error.message),
      JSON.stringify(fixed),
    );
  }
});

test('http.listeners is read, and a bad value is named with the reason', () => {
  assert.deepEqual(parseHttpListeners(''), []);
  assert.deepEqual(parseHttpListeners(' http://127.0.0.1:8048 , http://[::1]:0/,http://:80'), [
    { host: '127.0.0.1', port: 8048 },
    { host: '::1', port: 0 },
    { host: '', port: 80 },
  ]);
  for (const bad of [
    '127.0.0.1:8048',
    'https://a:1',
    'http://a',
    'http://a:65536',
    'http://a:1/x',
  ]) {
    assert.throws(
      () => parseHttpListeners(bad),
      (error) => error instanceof ConfigError && error.message.includes(`http.listeners = ${bad}`),
    );
  }
});
