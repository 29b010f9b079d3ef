// If this breaks, a misspelt option is taken for granted, and the test that relies on it tests nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkBrokerOptions } from './broker-options.ts';
import { startBroker } from './index.ts';
import { startTestBroker, type TestBroker } from './testing/index.ts';

let broker: TestBroker;
before(async () => {
  broker = await startTestBroker();
});
after(() => broker.stop());

test('an option that is not there, or not what it must be, is named with the way out', async () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ prot: 3 }, 'startBroker has no option prot; did you mean port?'],
    [
      { xyz: 3 },
      'startBroker has no option xyz; there are port, host, data, config, logger, logLevel, http',
    ],
    [{ port: 1.5 }, 'startBroker: port = 1.5 must be a whole number from 0 to 65535'],
    [{ port: '9092' }, "startBroker: port = '9092' must be a whole number from 0 to 65535"],
    [{ host: '' }, "startBroker: host = '' must be a text that is not empty"],
    [{ host: 7 }, 'startBroker: host = 7 must be a text that is not empty'],
    [
      { host: '127.0.0.1:9092' },
      "startBroker: host = '127.0.0.1:9092' must be a host's name or address, without a port or brackets",
    ],
    [
      { host: '[::1]' },
      "startBroker: host = '[::1]' must be a host's name or address, without a port or brackets",
    ],
    [
      { data: 'mem' },
      "startBroker: data = 'mem' must be 'temporary', 'memory' or { folder: '...' }; did you mean 'memory'?",
    ],
    [
      { data: '/var/lib/x' },
      "startBroker: data = '/var/lib/x' must be 'temporary', 'memory' or { folder: '...' }; did you mean { folder: '/var/lib/x' }?",
    ],
    [
      { data: { foldr: 'x' } },
      "startBroker: data = { foldr: 'x' } must be 'temporary', 'memory' or { folder: '...' }: data has no option foldr; did you mean folder?",
    ],
    ...['/a,b', ' ', '/a '].map((folder): [object, string] => [
      { data: { folder } },
      `startBroker: data = { folder: '${folder}' } must be 'temporary', 'memory' or { folder: '...' }: data: folder = '${folder}' must be a path without a comma, and without blanks at its ends`,
    ]),
    [{ data: {} }, "startBroker: data = {} must be 'temporary', 'memory' or { folder: '...' }"],
    [
      { logLevel: 'loud' },
      "startBroker: logLevel = 'loud' must be debug, info, warn, error or silent",
    ],
    [
      { logLevel: 'warning' },
      "startBroker: logLevel = 'warning' must be debug, info, warn, error or silent; did you mean warn?",
    ],
    [{ http: 'yes' }, "startBroker: http = 'yes' must be true, false or { port, host }"],
    [
      { http: { port: -1 } },
      'startBroker: http = { port: -1 } must be true, false or { port, host }: http: port = -1 must be a whole number from 0 to 65535',
    ],
    [
      { config: 'num.partitions=3' },
      "startBroker: config = 'num.partitions=3' must be an object of Kafka's keys with texts, numbers or booleans",
    ],
    [
      { config: { 'num.partitions': null } },
      "startBroker: config = { 'num.partitions': null } must be an object of Kafka's keys with texts, numbers or booleans, which num.partitions = null is not",
    ],
    [
      { config: new Map([['num.partitions', '3']]) },
      "startBroker: config = Map(1) { 'num.partitions' => '3' } must be an object of Kafka's keys with texts, numbers or booleans",
    ],
    [
      { logger: { info() {} } },
      'startBroker: logger = { info: [Function: info] } must be an object with the methods debug, info, warn, error, child; debug, warn, error, child are missing',
    ],
    ['memory', "startBroker takes an object of options, not 'memory'"],
    [null, 'startBroker takes an object of options, not null'],
    [[], 'startBroker takes an object of options, not []'],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => checkBrokerOptions('startBroker', options), {
      name: 'ConfigError',
      message,
    });
    await assert.rejects(startBroker(options as object), { name: 'ConfigError', message });
  }
  await assert.rejects(
    startTestBroker({ prot: 3 } as object),
    /startTestBroker has no option prot/,
  );
  checkBrokerOptions('startBroker', { port: undefined, data: { folder: 'x' }, http: { port: 0 } });
});

test('a fault that cannot happen as it is written is refused at once', () => {
  const faults = broker.faults as unknown as Record<string, (...args: unknown[]) => unknown>;
  const wrong: readonly (readonly [string, unknown[], RegExp])[] = [
    ['delay', ['Fetch', -1], /faults.delay: ms = -1 must be a number of milliseconds from 0/],
    ['delay', ['Fetch', Number.NaN], /ms = NaN must be/],
    ['delay', ['Fetch', Number.POSITIVE_INFINITY], /ms = Infinity must be/],
    ['delay', ['Fetch', '5'], /ms = '5' must be/],
    [
      'error',
      ['Produce', 'NOT_LEADER'],
      /error = 'NOT_LEADER' must be one of the known names; did you mean NOT_LEADER_OR_FOLLOWER\?/,
    ],
    ['error', ['Produce', 'NONE'], /error = 'NONE' must be one of the known names/],
    [
      'error',
      ['Heartbeat', 'UNKNOWN_SERVER_ERROR', { topic: 'orders' }],
      /faults.error: Heartbeat names no topics, so none would ever be 'orders'/,
    ],
    ['error', ['Produce', 6], /error = 6 must be one of the known names/],
    [
      'error',
      ['produce', 'UNKNOWN_SERVER_ERROR'],
      /api = 'produce' must be .*; did you mean Produce\?/,
    ],
    [
      'error',
      ['Produce', 'UNKNOWN_SERVER_ERROR', { time: 1 }],
      /faults.error has no option time; did you mean times/,
    ],
    [
      'error',
      ['Produce', 'UNKNOWN_SERVER_ERROR', { lose: 'answer' }],
      /faults.error has no option lose/,
    ],
    [
      'error',
      ['Produce', 'UNKNOWN_SERVER_ERROR', 'orders'],
      /faults.error takes an object of options, not 'orders'/,
    ],
    ['disconnect', ['Produce', { times: 1.5 }], /times = 1.5 must be a whole number/],
    ['disconnect', ['Produce', { lose: 'both' }], /lose = 'both' must be request or answer/],
    ['blackHole', ['Produce', { topic: 3 }], /topic = 3 must be a text/],
    ['blackHole', ['Produce', null], /faults.blackHole takes an object of options, not null/],
  ];
  for (const [name, args, message] of wrong) {
    assert.throws(() => faults[name]?.apply(faults, args), message, name);
  }
});

test('a wait for what cannot come, and time that cannot pass, are refused at once', async () => {
  const handles = broker as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const wrong: readonly (readonly [string, unknown[], RegExp])[] = [
    ['waitForTopic', [''], /waitForTopic: topic = '' must be a text/],
    ['waitForTopic', ['a b'], /topic = 'a b' must be a topic's name: at most 249 letters/],
    ['waitForTopic', ['t', { timeout: 1 }], /has no option timeout; did you mean timeoutMs\?/],
    ['waitForTopic', ['t', 500], /waitForTopic takes an object of options, not 500/],
    ['waitForRecords', ['t', Number.NaN], /count = NaN must be a whole number of at least 0/],
    ['waitForRecords', ['t', '1'], /count = '1' must be/],
    ['waitForRecords', ['t', 1, { timeoutMs: -1 }], /timeoutMs = -1 must be/],
    ['waitForGroup', ['g', 'stable'], /state = 'stable' must be .*; did you mean Stable\?/],
    ['waitForGroup', ['g', 'Stable', { members: -1 }], /members = -1 must be/],
    ['waitForConsumed', ['g', undefined], /topic = undefined must be a text/],
    ['waitForRequests', ['Fetchh', 1], /api = 'Fetchh' must be .*; did you mean Fetch\?/],
    ['createTopic', ['t', { partition: 3 }], /createTopic has no option partition; did you mean/],
    [
      'createTopic',
      ['t', { partitions: 0 }],
      /partitions = 0 must be a whole number of at least 1/,
    ],
    ['createTopic', [7], /createTopic: topic = 7 must be a text/],
    ['records', [], /records: topic = undefined must be a text/],
  ];
  for (const [name, args, message] of wrong) {
    await assert.rejects(handles[name]!(...args), message, name);
  }
  for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, '5']) {
    await assert.rejects(broker.clock.advance(ms as number), /time goes forward only/);
  }
});

test('a broker that is stopped says so, instead of looking empty', async () => {
  const own = await startTestBroker();
  await own.createTopic('orders');
  await own.stop();
  await assert.rejects(own.records('orders'), /records: the broker is stopped; start another one/);
  await assert.rejects(own.createTopic('more'), /createTopic: the broker is stopped/);
  await assert.rejects(own.reset(), /reset: the broker is stopped/);
});
