// If this breaks, whoever watches the broker sees no metrics, wrong numbers, or a page of stack trace.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest, HttpResponse } from '../base/http.ts';
import { silentLogger } from '../base/logger.ts';
import { Metrics } from '../base/metrics.ts';
import { nodeHttpHost } from '../base/node/node-http.ts';
import { promised, Slices } from '../base/slices.ts';
import { SimClock } from '../base/testing/sim-clock.ts';
import { ConfigError } from '../config/key.ts';
import { exposition, MOST_SAMPLES } from './exposition.ts';
import { healthRoute } from './health-route.ts';
import { HttpServer } from './http-server.ts';
import { metricsRoute, promClientProcessMetrics } from './metrics-route.ts';
import { HttpError, json, type Route } from './route.ts';
import { Router } from './router.ts';

function request(method: string, path: string): HttpRequest {
  const body = async () => Buffer.alloc(0);
  return { method, path, query: new URLSearchParams(), headers: {}, body };
}

const bodyOf = ({ body }: HttpResponse): Record<string, unknown> => JSON.parse(String(body));

const topics: Route = {
  method: 'GET',
  path: '/topics/:topic/:partition',
  summary: 'A partition.',
  handle: ({ params }) => json(200, params),
};

test('a route is found by method and path, and everything else is a JSON error', async () => {
  const lines: string[] = [];
  const logger = { ...silentLogger, error: (_: object, text: string) => lines.push(text) };
  const failing: Route = {
    method: 'POST',
    path: '/fail',
    summary: 'Fails.',
    handle: () => {
      throw new TypeError('secret');
    },
  };
  const refusing: Route = {
    ...failing,
    method: 'DELETE',
    handle: () => {
      throw new HttpError(409, 'IN_USE', 'It is in use.');
    },
  };
  const router = new Router({ logger, routes: [topics, failing, refusing] });
  const found = await router.answer(request('GET', '/topics/a b/3'));
  assert.deepEqual(bodyOf(found), { topic: 'a b', partition: '3' });
  assert.equal((await router.answer(request('HEAD', '/topics/a/3'))).status, 200);
  for (const path of ['/', '/topics/a', '/topics/a/', '/topics/a/3/x', '/Topics/a/3']) {
    const missing = await router.answer(request('GET', path));
    assert.equal(missing.status, 404);
    assert.equal(bodyOf(missing)['error'], 'NOT_FOUND');
  }
  const wrong = await router.answer(request('PUT', '/fail'));
  assert.deepEqual([wrong.status, wrong.headers?.['allow']], [405, 'POST, DELETE']);
  const failed = await router.answer(request('POST', '/fail'));
  assert.equal(failed.status, 500);
  assert.equal(String(failed.body).includes('secret'), false);
  assert.deepEqual(lines, ['an HTTP request failed unexpectedly']);
  const refused = await router.answer(request('DELETE', '/fail'));
  assert.deepEqual([refused.status, bodyOf(refused)['error']], [409, 'IN_USE']);
});

test("metrics are written in Prometheus' format, labels escaped and buckets added up", async () => {
  const slices = new Slices(new SimClock());
  const metrics = new Metrics();
  metrics.counter('sluice_things_total', 'Things.').add(3);
  metrics.gauge('sluice_lag', 'Lag\nby \\ group.', () => [
    { labels: { group: 'a"b\\c\nd', topic: 't' }, value: 1.5 },
    { value: Number.NaN },
  ]);
  const histogram = metrics.histogram('sluice_seconds', 'Seconds.', [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  assert.equal(
    await promised(slices, exposition(metrics.all(), slices)),
    [
      '# HELP sluice_things_total Things.',
      '# TYPE sluice_things_total counter',
      'sluice_things_total 3',
      '# HELP sluice_lag Lag\\nby \\\\ group.',
      '# TYPE sluice_lag gauge',
      'sluice_lag{group="a\\"b\\\\c\\nd",topic="t"} 1.5',
      'sluice_lag NaN',
      '# HELP sluice_seconds Seconds.',
      '# TYPE sluice_seconds histogram',
      'sluice_seconds_bucket{le="0.1"} 2',
      'sluice_seconds_bucket{le="1"} 3',
      'sluice_seconds_bucket{le="+Inf"} 4',
      'sluice_seconds_sum 7.65',
      'sluice_seconds_count 4',
      '',
    ].join('\n'),
  );
  assert.throws(() => metrics.counter('sluice_lag', 'Again.'), /declared twice/);
});

test('very many samples are collected over many turns, once for all who ask meanwhile', async () => {
  const clock = new SimClock();
  const metrics = new Metrics();
  let made = 0;
  metrics.gauge('sluice_lag', 'Lag.', function* () {
    for (let group = 0; group < 50_000; group++) {
      made++;
      yield { labels: { group: String(group) }, value: 1 };
    }
  });
  const route = metricsRoute(metrics, new Slices(clock), async () => '');
  const asked = [route.handle({} as never), route.handle({} as never)];
  let bodies: unknown[] | undefined;
  void Promise.all(asked).then((answers) => {
    bodies = answers.map(({ body }) => body);
  });
  let turns = 0;
  for (let before = made; !bodies; turns++) {
    assert.ok(turns < 100);
    for (let hop = 0; hop < 64; hop++) await undefined;
    clock.runTurn();
    assert.ok(made - before <= 5000, `${made - before} samples in one turn`);
    before = made;
  }
  assert.ok(turns > 10);
  assert.equal(made, 50_000);
  assert.equal(bodies[0], bodies[1]);
  assert.equal(String(bodies[0]).split('\n').length, 50_003);
});

test('of one metric no more is told than anybody can use, and that it is cut', async () => {
  const slices = new Slices(new SimClock());
  const metrics = new Metrics();
  let made = 0;
  metrics.gauge('sluice_lag', 'Lag.', function* () {
    for (let group = 0; group < 2 * MOST_SAMPLES; group++, made++) {
      yield { labels: { group: String(group) }, value: 1 };
    }
  });
  metrics.counter('sluice_things_total', 'Things.').add();
  let text: string | undefined;
  const steps = exposition(metrics.all(), { isOver: () => slices.isOver() });
  while (text === undefined) text = steps.next().value ?? undefined;
  const lines = text.trim().split('\n');
  assert.equal(lines.filter((line) => line.startsWith('sluice_lag{')).length, MOST_SAMPLES);
  assert.equal(made, MOST_SAMPLES);
  assert.ok(lines.includes('sluice_things_total 1'));
  assert.equal(lines.at(-1), 'sluice_metrics_cut{metric="sluice_lag"} 1');
});

test('metrics and health are served over a real socket', async () => {
  const metrics = new Metrics();
  metrics.counter('sluice_things_total', 'Things.').add();
  const clock = new SimClock();
  let status: 'ok' | 'stopping' = 'ok';
  const routes = [
    metricsRoute(metrics, new Slices(clock), promClientProcessMetrics()),
    healthRoute(clock, () => ({ status, details: { version: '1.2.3' } })),
    topics,
  ];
  const server = new HttpServer({
    host: nodeHttpHost,
    clock: new SimClock(),
    logger: silentLogger,
    routes,
  });
  assert.deepEqual(await server.start([]), []);
  const [at] = await server.start([{ host: '127.0.0.1', port: 0 }]);
  const url = `http://127.0.0.1:${at?.port}`;
  const scraped = await fetch(`${url}/metrics`);
  assert.match(scraped.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await scraped.text();
  assert.match(text, /^sluice_things_total 1$/m);
  assert.match(text, /^process_resident_memory_bytes \d+$/m);
  clock.advance(61_500);
  const healthy = await fetch(`${url}/healthz`);
  assert.equal(healthy.status, 200);
  assert.deepEqual(await healthy.json(), { status: 'ok', uptimeSeconds: 61, version: '1.2.3' });
  status = 'stopping';
  assert.equal((await fetch(`${url}/healthz`, { method: 'HEAD' })).status, 503);
  const decoded = await fetch(`${url}/topics/a%20b/1?x=y`);
  assert.deepEqual(await decoded.json(), { topic: 'a b', partition: '1' });
  assert.equal((await fetch(`${url}/%ff`)).status, 404);

  const second = new HttpServer({
    host: nodeHttpHost,
    clock: new SimClock(),
    logger: silentLogger,
    routes,
  });
  await assert.rejects(
    second.start([at!]),
    (error) =>
      error instanceof ConfigError &&
      error.message.includes(
        `http.listeners = ${url}: another program listens on 127.0.0.1:${at?.port} already; stop it, or choose another port`,
      ),
  );
  await server.stop();
  await assert.rejects(fetch(`${url}/healthz`));
});
