// If this breaks, the first thing that a person reads names an address where no client gets anywhere, or
// keeps quiet about who can reach the broker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBrokerConfig } from '../config/index.ts';
import { readyText } from './ready-text.ts';

/** The text for a broker with this configuration, whose sockets are bound to these addresses. */
function text(
  fixed: Record<string, string>,
  bound: readonly (readonly [string, number])[],
): string {
  const { config } = loadBrokerConfig({ 'log.dirs': '/data', ...fixed });
  const listeners = config.parsedListeners.map(({ name }, index) => {
    const [host, port] = bound[index] ?? ['', 0];
    return { name, host, port };
  });
  return readyText({ brokerId: 1, clusterId: 'c', listeners }, [], config);
}

const CONTROLLER_FIRST = {
  listeners: 'CONTROLLER://localhost:9093,PLAINTEXT://localhost:9094',
  'controller.listener.names': 'controller',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
};

test('the port of controllers is not what clients are sent to, though it comes first', () => {
  // It is not opened: there is nobody here to answer.
  const shown = text(CONTROLLER_FIRST, [['127.0.0.1', 9094]]);
  assert.match(shown, /console-producer --bootstrap-server localhost:9094 /);
  assert.match(shown, /Kafka protocol +localhost:9094\n/);
  assert.doesNotMatch(shown, /9093/);
});

test('nor is the listener that Kafka keeps for its controller', () => {
  const shown = text(
    {
      listeners: 'CP://localhost:9093,PLAINTEXT://localhost:9094',
      'control.plane.listener.name': 'CP',
      'listener.security.protocol.map': 'CP:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    },
    [
      ['127.0.0.1', 9093],
      ['127.0.0.1', 9094],
    ],
  );
  assert.match(shown, /console-producer --bootstrap-server localhost:9094 /);
});

test('a name that is configured is shown, not the address it stands for', () => {
  const local = text({ listeners: 'PLAINTEXT://localhost:9092' }, [['127.0.0.1', 9092]]);
  assert.match(local, /Kafka protocol +localhost:9092\n/);
  assert.match(local, /console-consumer --topic greetings/);
  assert.doesNotMatch(local, /127\.0\.0\.1/);
  const address = text({ listeners: 'PLAINTEXT://127.0.0.1:0' }, [['127.0.0.1', 40_000]]);
  assert.match(address, /Kafka protocol +127\.0\.0\.1:40000\n/);
  const six = text({ listeners: 'PLAINTEXT://[::1]:9095' }, [['::1', 9095]]);
  assert.match(six, /--bootstrap-server \[::1\]:9095 /);
});

test('where every address is listened on it says so, and what that means', () => {
  for (const listeners of [undefined, 'PLAINTEXT://:9092', 'PLAINTEXT://0.0.0.0:9092']) {
    const shown = text(listeners === undefined ? {} : { listeners }, [['::', 9092]]);
    assert.match(shown, /Kafka protocol +port 9092 of every address of this machine\n/);
    assert.match(shown, /Whoever reaches this machine can read and write everything/);
    assert.match(shown, /--override listeners=PLAINTEXT:\/\/localhost:9092\n/);
    assert.match(shown, /console-producer --topic greetings/);
  }
  const outside = text({ listeners: 'PLAINTEXT://10.0.0.5:9092' }, [['10.0.0.5', 9092]]);
  assert.match(outside, /Whoever reaches this machine/);
});

test('what only this machine reaches needs no warning, whatever the controllers have', () => {
  for (const [host, bound] of [
    ['localhost', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
  ] as const) {
    const shown = text({ listeners: `PLAINTEXT://${host}:9092` }, [[bound, 9092]]);
    assert.doesNotMatch(shown, /Whoever/);
  }
});

test('an address that clients are sent to is shown where it is another one', () => {
  const shown = text(
    { listeners: 'PLAINTEXT://:9092', 'advertised.listeners': 'PLAINTEXT://kafka.example:19092' },
    [['::', 9092]],
  );
  assert.match(
    shown,
    /every address of this machine \(clients are sent to kafka\.example:19092\)\n/,
  );
});
