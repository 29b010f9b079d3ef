// If this breaks, the program does not start, stop, or say why as a service manager needs it.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { startBroker } from '../embed/index.ts';

// If these break, a broker cannot be started, stopped or found from a shell. The program runs as a
// process of its own, bundled as it is when published.

let work: string;
let program: string;

before(() => {
  mkdirSync('build', { recursive: true });
  // Inside the checkout, so that the bundle finds its packages.
  work = mkdtempSync(join('build', 'process-'));
  execFileSync(process.execPath, ['tools/build.mjs', join(work, 'dist')]);
  program = resolve(work, 'dist', 'sluice.mjs');
});

after(() => rmSync(work, { recursive: true, force: true }));

interface Running {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  text(): string;
  /** Resolves when the output matches; rejects with it when the process ends first. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

function start(args: readonly string[], input: 'pipe' | 'ignore' = 'ignore'): Running {
  return watch(spawn(process.execPath, [program, ...args], { stdio: [input, 'pipe', 'pipe'] }));
}

function watch(child: ChildProcess): Running {
  let text = '';
  let look = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk;
      look();
    });
  }
  const exit = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
  return {
    child,
    exit,
    text: () => text,
    until: (pattern) =>
      new Promise((found, failed) => {
        look = () => {
          const match = pattern.exec(text);
          if (match) found(match);
        };
        look();
        void exit.then((code) =>
          failed(new Error(`ended with ${code} before ${pattern}:\n${text}`)),
        );
      }),
  };
}

async function run(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const running = start(args);
  return { code: await running.exit, text: running.text() };
}

const READY = /is ready: broker (\d+) of cluster (\S+)\.\n {2}Kafka protocol +(127\.0\.0\.1:(\d+))/;
const server = (data: string, port = 0) => [
  'server',
  `--override=log.dirs=${data}`,
  `--override=listeners=PLAINTEXT://127.0.0.1:${port}`,
  '--override=http.listeners=http://127.0.0.1:0',
  '--override=offsets.topic.num.partitions=1',
];

test('a broker says where it listens, owns its data, stops at SIGTERM and keeps its ids', async () => {
  const data = join(work, 'first');
  const first = start(server(data));
  const [, id, cluster, bootstrap] = await first.until(READY);
  assert.match(
    first.text(),
    new RegExp(`console-producer --bootstrap-server ${bootstrap} --topic`),
  );
  const health = /(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(first.text())?.[1];
  const answer = await fetch(`${health}/healthz`);
  assert.equal(((await answer.json()) as { status: string }).status, 'ok');
  assert.match(await (await fetch(`${health}/metrics`)).text(), /# TYPE/);

  const second = await run(server(data));
  assert.equal(second.code, 1);
  assert.match(second.text, new RegExp(`is in use by process ${first.child.pid} on `));

  first.child.kill('SIGTERM');
  assert.equal(await first.exit, 0, first.text());
  assert.match(first.text(), /"msg":"stopped"/);

  const again = start(server(data));
  const [, sameId, sameCluster] = await again.until(READY);
  assert.deepEqual([sameId, sameCluster], [id, cluster]);
  again.child.kill('SIGINT');
  assert.equal(await again.exit, 0);
});

test('two signals at once, as npm and a shell pass them on, are one clean stop, and a hang-up is one', async () => {
  const data = join(work, 'signals');
  for (const signals of [['SIGINT', 'SIGINT'], ['SIGTERM', 'SIGINT'], ['SIGHUP'], ['SIGQUIT']]) {
    const broker = start(server(data));
    await broker.until(READY);
    assert.doesNotMatch(broker.text(), /unclean/);
    for (const signal of signals) broker.child.kill(signal as NodeJS.Signals);
    await broker.until(/"msg":"stopping/);
    broker.child.kill('SIGINT');
    assert.equal(await broker.exit, 0, broker.text());
    assert.match(broker.text(), /"msg":"stopped"/);
    assert.ok(existsSync(join(data, '.kafka_cleanshutdown')), signals.join());
  }
});

test('a signal to the shell that npm start runs the broker in reaches the broker', async () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const data = join(work, 'npm');
  const line = scripts.start.replace('bin/sluice server', [program, ...server(data)].join(' '));
  const broker = watch(spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] }));
  await broker.until(READY);
  broker.child.kill('SIGTERM');
  assert.equal(await broker.exit, 0, broker.text());
  assert.match(broker.text(), /"msg":"stopped"/);
});

test('a broker under nohup outlives its terminal', async () => {
  const broker = watch(
    spawn(process.execPath, [program, ...server(join(work, 'nohup'))], {
      env: { ...process.env, _: '/usr/bin/nohup' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  await broker.until(READY);
  broker.child.kill('SIGHUP');
  const health = /(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(broker.text())?.[1];
  assert.equal((await fetch(`${health}/healthz`)).status, 200);
  broker.child.kill('SIGTERM');
  assert.equal(await broker.exit, 0);
});

test('a reader that goes away (| head) ends the consumer, and nobody sees a stack', async () => {
  const broker = start(server(join(work, 'pipe')));
  const [, , , bootstrap = ''] = await broker.until(READY);
  const at = ['--bootstrap-server', bootstrap, '--topic', 'lines'];
  const producer = start(['console-producer', ...at], 'pipe');
  producer.child.stdin?.end(Array.from({ length: 5000 }, (_, index) => `line ${index}\n`).join(''));
  assert.equal(await producer.exit, 0, producer.text());
  const consumer = start(['console-consumer', ...at, '--from-beginning']);
  await consumer.until(/line 0\n/);
  consumer.child.stdout?.destroy();
  assert.equal(await consumer.exit, 0, consumer.text());
  assert.doesNotMatch(consumer.text(), /EPIPE|\n\s+at /);
  broker.child.kill('SIGTERM');
  assert.equal(await broker.exit, 0);
});

test('a broker in the background has a pid file and a log, and sluice stop ends it', async () => {
  const data = join(work, 'daemon');
  const started = await run([...server(data), '-daemon']);
  assert.equal(started.code, 0, started.text);
  const pid = Number(readFileSync(join(data, 'sluice.pid'), 'utf8'));
  assert.match(started.text, new RegExp(`in the background as process ${pid}`));
  assert.match(readFileSync(join(data, 'sluice.log'), 'utf8'), /is ready/);

  const refused = await run([...server(data), '-daemon']);
  assert.equal(refused.code, 1);
  assert.match(refused.text, new RegExp(`did not start: .* is in use by process ${pid}`));

  const stopped = await run(['stop', data]);
  assert.equal(stopped.code, 0, stopped.text);
  assert.match(stopped.text, new RegExp(`\\(process ${pid}\\)`));
  assert.equal(existsSync(join(data, 'sluice.pid')), false);
  const nothing = await run(['stop', '--data-dir', data]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.text, /^sluice stop: no broker runs on /);
});

test('sluice stop refuses to end a program that has a broker inside, and names it', async () => {
  const folder = join(work, 'embedded');
  const broker = await startBroker({ data: { folder } });
  const refused = await run(['stop', '--data-dir', folder]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.text,
    new RegExp(
      `is in use by process ${process.pid} on .* \\(the broker inside process\\.test\\.mjs\\), since .*, which is not to be stopped from outside`,
    ),
  );
  await broker.stop();
});

test('a broker in another container is stopped, and not a process here that has its number', async (t) => {
  const inNamespace = ['--pid', '--fork', '--mount-proc'];
  if (spawnSync('unshare', [...inNamespace, 'true']).status !== 0) {
    return t.skip('needs unshare, and the right to use it');
  }
  const data = join(work, 'container');
  const broker = watch(
    spawn('unshare', [...inNamespace, process.execPath, program, ...server(data)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  await broker.until(READY);
  const second = await run(server(data));
  assert.match(second.text, /is in use by process 1 on .* \(sluice server\)/);
  // Without its socket it still answers, and is told from process 1 here.
  renameSync(join(data, '.lock.socket'), join(data, 'elsewhere'));
  assert.match((await run(server(data))).text, /is in use by process 1 on .* \(sluice server\)/);
  assert.match((await run(['stop', '--data-dir', data])).text, /cannot be reached from here/);
  renameSync(join(data, 'elsewhere'), join(data, '.lock.socket'));
  const stopped = await run(['stop', '--data-dir', data]);
  assert.equal(stopped.code, 0, stopped.text);
  assert.equal(await broker.exit, 0);
});

test('a broker whose data another one took over acknowledges nothing more and ends', async () => {
  const data = join(work, 'taken');
  const broker = start(server(data));
  await broker.until(READY);
  const path = join(data, '.lock');
  const record = readFileSync(path, 'latin1');
  writeFileSync(path, record.replace(/"nonce":"../, '"nonce":"zz'), { flag: 'r+' });
  assert.equal(await broker.exit, 1);
  assert.match(
    broker.text(),
    /sluice server: .*taken was taken over by process \d+ on .* \(sluice server\), since .*; this broker has ended, so that they do not both write to it/,
  );
  assert.equal(readFileSync(path, 'latin1').includes('"nonce":"zz'), true);
});

test('when no log directory works any more the broker ends, with 1 and the reason', async () => {
  const data = join(work, 'lost');
  const broker = start(server(data));
  const [, , , bootstrap] = await broker.until(READY);
  // The disk is gone, as far as new files are concerned.
  renameSync(data, `${data}.elsewhere`);
  writeFileSync(data, '');
  const topic = ['topics', '--bootstrap-server', bootstrap!, '--create', '--topic', 'x'];
  const asking = start(topic);
  assert.equal(await broker.exit, 1);
  // It would go on asking for half a minute.
  asking.child.kill();
  await asking.exit;
  assert.match(
    broker.text(),
    /sluice server: every log directory has failed \(.*lost\), the last one with: .*(a file is in its place|was removed or replaced while it was in use|leads through a file|exists already|there is no file).*; mend or replace the disk and start again/,
  );
});

test('a broker that runs out of file handles drops what it cannot accept, and goes on', async (t) => {
  if (process.platform === 'win32') return t.skip('needs ulimit');
  const shell = ['-c', 'ulimit -n 80; exec "$@"', 'sh', process.execPath, program];
  const broker = watch(spawn('sh', [...shell, ...server(join(work, 'handles'))]));
  const [, , , bootstrap, port] = await broker.until(READY);
  const sockets = Array.from({ length: 150 }, () => connect(Number(port), '127.0.0.1'));
  await new Promise<void>((oneDropped) => {
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.on('close', () => oneDropped());
    }
  });
  assert.equal(broker.child.exitCode, null);
  await Promise.all(
    sockets.map((socket) => {
      socket.destroy();
      return new Promise<void>((done) => (socket.closed ? done() : socket.on('close', done)));
    }),
  );
  // More partitions than handles: each file is opened when it is needed.
  const flags = ['--create', '--topic', 'x', '--partitions', '100'];
  const made = await run(['topics', '--bootstrap-server', bootstrap!, ...flags]);
  assert.equal(made.text, 'Created topic x.\n');
  broker.child.kill('SIGTERM');
  assert.equal(await broker.exit, 0);
});

test('a bad config, a missing file and a port in use are one sentence each', async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const address = taken.address();
  assert.ok(typeof address === 'object' && address);
  const badFile = join(work, 'bad.properties');
  writeFileSync(badFile, 'num.partitions=zero\n');
  const badText = join(work, 'text.properties');
  writeFileSync(badText, 'x=\\u12\n');
  mkdirSync(join(work, 'pid-folder', 'sluice.pid'), { recursive: true });
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['server', '--override', 'num.partitions=0'], /num\.partitions = 0 must be at least 1/],
    [['server', '--override', 'num.partitions'], /--override num.partitions is not of the form/],
    [
      ['server', badFile],
      /^sluice server: .*bad\.properties: num\.partitions = zero is not a whole/,
    ],
    [['stop', badFile], /^sluice stop: .*bad\.properties: num\.partitions = zero is not a whole/],
    [
      ['stop', '--data-dir', join(work, 'pid-folder')],
      /^sluice stop: no broker runs on .*folder\n$/,
    ],
    [['server', badText], /^sluice server: .*text\.properties: .* \\u that is not followed by/],
    [['server', 'nope.properties'], /there is no file or folder nope\.properties; check the name/],
    [['server', '--overide', 'a=b'], /did you mean --override\?/],
    [
      server(join(work, 'taken'), address.port),
      new RegExp(
        `^sluice server: another program listens on 127\\.0\\.0\\.1:${address.port} already`,
      ),
    ],
    [
      [
        ...server(join(work, 'taken'), 0),
        `--override=http.listeners=http://127.0.0.1:${address.port}`,
      ],
      /^sluice server: http\.listeners = http:\/\/127\.0\.0\.1:\d+: another program listens on 127\.0\.0\.1:\d+ already/,
    ],
    [
      [...server(join(work, 'x')), '--override=listeners=PLAINTEXT://203.0.113.1:29092'],
      /203\.0\.113\.1:29092 is no address of this machine/,
    ],
    [
      server(join(program, 'under')),
      /sluice server: No log directory works: .*sluice\.mjs\/under leads through a file, where a folder should be/,
    ],
    [
      [...server(join(program, 'under')), '-daemon'],
      /the broker's log cannot be kept: .* leads through a file, where a folder should be/,
    ],
    [['server', work], /is a folder, not a file; name a file/],
    [['stop', join(work, 'nope.properties')], /there is no file or folder .*nope\.properties/],
    [
      ['topics', '--list', '--command-config', work],
      /--command-config: .* is a folder, not a file; name a file/,
    ],
  ];
  for (const [args, expected] of wrong) {
    const { code, text } = await run(args);
    assert.equal(code, 1, text);
    assert.match(text, expected);
    assert.doesNotMatch(text, /\n\s+at /);
  }
  taken.close();
});
