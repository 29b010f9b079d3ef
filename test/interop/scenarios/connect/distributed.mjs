// connect-distributed: a worker that keeps everything it knows in topics of the broker, and goes on where it was.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { accessLog } from '../../lib/access-log.mjs';
import { isBefore } from '../../lib/install.mjs';
import { freePort } from '../../lib/processes.mjs';
import { Referee } from '../../lib/referee.mjs';
import { fileSink, fileSource } from './file-connectors.mjs';
import { Rest } from './rest.mjs';
import { propertiesFile, Worker } from './worker.mjs';

const LINES = 900;

/** The topics of a Connect cluster, with the partitions that it asks for by default. */
const internalTopics = { configs: 1, offsets: 25, status: 5 };

const text = (lines) => lines.map((line) => `${line}\n`).join('');

/** A scenario's files, its worker, and what is asked about them. */
class Pipeline {
  folder = mkdtempSync(join(tmpdir(), 'sluice-connect-'));
  input = join(this.folder, 'input.txt');
  output = join(this.folder, 'output.txt');

  constructor(version, { broker, install }) {
    this.name = `connect-distributed-${version}`;
    this.source = `${this.name}-source`;
    this.sink = `${this.name}-sink`;
    this.version = version;
    this.install = install;
    this.bootstrap = broker.bootstrap;
    this.referee = new Referee(broker.bootstrap);
  }

  /** Starts a worker of the one Connect cluster; resolves once it knows these connectors. */
  async start(log, connectors) {
    const port = await freePort();
    const file = propertiesFile(this.folder, `worker-${port}`, {
      'bootstrap.servers': this.bootstrap,
      'group.id': this.name,
      'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'config.storage.topic': `${this.name}-configs`,
      'offset.storage.topic': `${this.name}-offsets`,
      'status.storage.topic': `${this.name}-status`,
      'config.storage.replication.factor': 1,
      'offset.storage.replication.factor': 1,
      'status.storage.replication.factor': 1,
      'offset.flush.interval.ms': 1_000,
      listeners: `http://127.0.0.1:${port}`,
    });
    const { version, install, folder } = this;
    const options = { version, install, folder, files: [file], log };
    this.worker = await Worker.start('connect-distributed', options);
    this.rest = new Rest(port);
    await this.worker.until(
      async () => isDeepStrictEqual((await this.rest.connectors())?.sort(), connectors),
      `connectors ${connectors}`,
    );
    assert.equal((await this.rest.worker()).version, version);
  }

  /** The whole input, `times` over, is in the output; nothing else is. */
  async arrived(times = 1) {
    const size = statSync(this.input).size * times;
    const written = () => (existsSync(this.output) ? statSync(this.output).size : 0);
    await this.worker.until(() => written() >= size, `${size} bytes in the sink`);
    assert.equal(readFileSync(this.output, 'utf8'), readFileSync(this.input, 'utf8').repeat(times));
  }

  running = (connector) =>
    this.worker.until(() => this.rest.isRunning(connector), `${connector} runs`);

  /** Every line is in the topic once, and the sink's group is behind the last. */
  async assertRecords(count) {
    assert.equal(await this.referee.listOffset(this.name, 0, -1), count, 'records in the topic');
    const committed = await this.referee.committed(`connect-${this.sink}`, this.name, 0);
    assert.equal(committed, count, 'what the sink committed');
  }

  async assertInternalTopics() {
    for (const [suffix, partitions] of Object.entries(internalTopics)) {
      const topic = `${this.name}-${suffix}`;
      // The worker answers over REST before it has made them.
      const described = await this.worker.until(
        () => this.referee.describeTopic(topic),
        `the topic ${topic}`,
      );
      assert.equal(described.partitions.length, partitions, `partitions of ${topic}`);
      const configs = await this.referee.describeConfigs(topic);
      assert.equal(configs['cleanup.policy'], 'compact', topic);
    }
  }

  async close() {
    await this.worker?.end();
    this.referee.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function goesOn(version, context) {
  const pipeline = new Pipeline(version, context);
  const { name: topic, source, sink, input, output } = pipeline;
  try {
    const lines = accessLog(LINES);
    writeFileSync(input, text(lines.slice(0, 300)));
    await pipeline.start('first.log', []);
    await pipeline.assertInternalTopics();
    await pipeline.rest.create(fileSource(source, { topic, file: input }));
    await pipeline.running(source);
    await pipeline.rest.create(fileSink(sink, { topic, file: output }));
    await pipeline.running(sink);
    await pipeline.arrived();
    appendFileSync(input, text(lines.slice(300, 600)));
    await pipeline.arrived();
    await pipeline.worker.stop();
    await pipeline.assertRecords(600);

    // What is written while no worker is there waits for the next one, which knows all from its topics.
    appendFileSync(input, text(lines.slice(600)));
    await pipeline.start('second.log', [sink, source]);
    await pipeline.arrived();
    await pipeline.running(source);
    await pipeline.running(sink);
    if (!isBefore(version, '3.6')) await beginsAgain(pipeline);
    await pipeline.rest.delete(sink);
    await pipeline.rest.delete(source);
    const isGone = async () => (await pipeline.rest.connectors())?.length === 0;
    await pipeline.worker.until(isGone, 'the connectors are gone');
    await pipeline.worker.stop();
    await pipeline.assertRecords(LINES);
  } finally {
    await pipeline.close();
  }
}

/** Offsets over REST (KIP-875): the source's is the file's size, and a sink that forgets its own reads all again. */
async function beginsAgain(pipeline) {
  const { worker, rest, source, sink, input } = pipeline;
  const { size } = statSync(input);
  const position = async () => (await rest.offsets(source))[0]?.offset.position;
  await worker.until(async () => (await position()) === size, `the source at ${size}`);
  await rest.stop(sink);
  await worker.until(() => rest.isStopped(sink), 'the sink is stopped');
  assert.equal((await rest.offsets(sink))[0].offset.kafka_offset, LINES);
  await rest.forgetOffsets(sink);
  assert.deepEqual(await rest.offsets(sink), []);
  await rest.resume(sink);
  await pipeline.running(sink);
  await pipeline.arrived(2);
}

export const distributedScenario = (version) => ({
  name: `connect-distributed ${version}: topics of its own, and a restart that loses and repeats nothing`,
  timeoutMs: 180_000,
  run: (context) => goesOn(version, context),
});
