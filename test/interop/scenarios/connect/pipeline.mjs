// What the scenarios of connect-distributed share: two files, a connector at each, and a Connect cluster between them.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { freePort } from '../../lib/processes.mjs';
import { Referee } from '../../lib/referee.mjs';
import { fileSink, fileSource } from './file-connectors.mjs';
import { Rest } from './rest.mjs';
import { propertiesFile, Worker } from './worker.mjs';

const converter = 'org.apache.kafka.connect.json.JsonConverter';

/** The topics of a Connect cluster, with the partitions that it asks for by default. */
const internalTopics = { configs: 1, offsets: 25, status: 5 };

/** The lines of `input` go through a topic to `output`. `worker` is the newest of the workers, `rest` its interface. */
export class Pipeline {
  folder = mkdtempSync(join(tmpdir(), 'sluice-connect-'));
  input = join(this.folder, 'input.txt');
  output = join(this.folder, 'output.txt');
  #workers = [];

  constructor(name, version, { broker, install }) {
    this.name = name;
    this.source = `${name}-source`;
    this.sink = `${name}-sink`;
    this.version = version;
    this.install = install;
    this.bootstrap = broker.bootstrap;
    this.referee = new Referee(broker.bootstrap);
  }

  /** Starts a worker of the cluster; resolves once it knows these connectors. */
  async start(connectors) {
    const port = await freePort();
    const name = `worker-${this.#workers.length}`;
    const file = propertiesFile(this.folder, name, {
      'bootstrap.servers': this.bootstrap,
      'group.id': this.name,
      'key.converter': converter,
      'value.converter': converter,
      'config.storage.topic': `${this.name}-configs`,
      'offset.storage.topic': `${this.name}-offsets`,
      'status.storage.topic': `${this.name}-status`,
      'config.storage.replication.factor': 1,
      'offset.storage.replication.factor': 1,
      'status.storage.replication.factor': 1,
      'offset.flush.interval.ms': 1_000,
      // A worker that leaves could come back within five minutes, for which the others would wait.
      'scheduled.rebalance.max.delay.ms': 0,
      listeners: `http://127.0.0.1:${port}`,
    });
    const { version, install, folder } = this;
    const options = { version, install, folder, files: [file], log: `${name}.log` };
    this.worker = await Worker.start('connect-distributed', options);
    this.#workers.push(this.worker);
    this.rest = new Rest(port);
    await this.worker.until(
      async () => isDeepStrictEqual((await this.rest.connectors())?.sort(), connectors),
      `connectors ${connectors}`,
    );
    assert.equal((await this.rest.worker()).version, version);
  }

  /** Makes both connectors with the first worker. */
  async begin() {
    const { name: topic, source, sink, input, output } = this;
    await this.start([]);
    await this.#assertInternalTopics();
    await this.rest.create(fileSource(source, { topic, file: input }));
    await this.running(source);
    await this.rest.create(fileSink(sink, { topic, file: output }));
    await this.running(sink);
  }

  append(lines) {
    appendFileSync(this.input, lines.map((line) => `${line}\n`).join(''));
  }

  /** Waits for the whole input, `times` over, in the output, and nothing else. */
  async arrived(times = 1) {
    const size = statSync(this.input).size * times;
    const written = () => (existsSync(this.output) ? statSync(this.output).size : 0);
    await this.worker.until(() => written() >= size, `${size} bytes in the sink`);
    assert.equal(readFileSync(this.output, 'utf8'), readFileSync(this.input, 'utf8').repeat(times));
  }

  running(connector) {
    const runs = async () => (await this.rest.placesOf(connector)).length > 0;
    return this.worker.until(runs, `${connector} runs`);
  }

  /** Waits until both connectors run, with their tasks, on so many workers. */
  spread(workers) {
    const isSpread = async () => {
      const [source, sink] = [
        await this.rest.placesOf(this.source),
        await this.rest.placesOf(this.sink),
      ];
      const all = source.length > 0 && sink.length > 0;
      return all && new Set([...source, ...sink]).size === workers;
    };
    return this.worker.until(isSpread, `connectors and tasks on ${workers} workers`);
  }

  /** Deletes the connectors and stops the newest worker, the last one. */
  async finish() {
    await this.rest.delete(this.sink);
    await this.rest.delete(this.source);
    const isGone = async () => (await this.rest.connectors())?.length === 0;
    await this.worker.until(isGone, 'the connectors are gone');
    await this.worker.stop();
  }

  /** Every line is in the topic once, and the sink's group is behind the last. */
  async assertRecords(count) {
    assert.equal(await this.referee.listOffset(this.name, 0, -1), count, 'records in the topic');
    const committed = await this.referee.committed(`connect-${this.sink}`, this.name, 0);
    assert.equal(committed, count, 'what the sink committed');
  }

  async #assertInternalTopics() {
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
    await Promise.all(this.#workers.map((worker) => worker.end()));
    this.referee.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
