// connect-standalone: a file goes through a topic into another file, both connectors in one worker.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessLog } from '../../lib/access-log.mjs';
import { freePort } from '../../lib/processes.mjs';
import { Referee } from '../../lib/referee.mjs';
import { fileSink, fileSource } from './file-connectors.mjs';
import { propertiesFile, Worker } from './worker.mjs';

const LINES = 500;
/** What a pipeline of text could lose. */
const unusual = ['', ' spaces around ', 'größer, 流, 🌊', 'x'.repeat(20_000), '', 'tab\tinside'];

const converter = 'org.apache.kafka.connect.storage.StringConverter';

async function pipeline(version, { broker, install }) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-connect-'));
  const referee = new Referee(broker.bootstrap);
  const name = `connect-standalone-${version}`;
  const [input, output] = ['input.txt', 'output.txt'].map((file) => join(folder, file));
  let worker;
  try {
    const lines = [...accessLog(LINES), ...unusual];
    writeFileSync(input, lines.map((line) => `${line}\n`).join(''));
    const files = [
      propertiesFile(folder, 'worker', {
        'bootstrap.servers': broker.bootstrap,
        'key.converter': converter,
        'value.converter': converter,
        'offset.storage.file.filename': join(folder, 'offsets'),
        'offset.flush.interval.ms': 1_000,
        listeners: `http://127.0.0.1:${await freePort()}`,
      }),
      propertiesFile(folder, 'source', fileSource(`${name}-source`, { topic: name, file: input })),
      propertiesFile(folder, 'sink', fileSink(`${name}-sink`, { topic: name, file: output })),
    ];
    worker = await Worker.start('connect-standalone', {
      ...{ version, install, folder, files },
      log: 'worker.log',
    });
    const { size } = statSync(input);
    const arrived = () => (existsSync(output) ? statSync(output).size : 0);
    await worker.until(() => arrived() >= size, `${size} bytes in the sink`);
    await worker.stop();
    assert.ok(readFileSync(output).equals(readFileSync(input)), 'the sink is the source');
    assert.equal(await referee.listOffset(name, 0, -1), lines.length, 'records in the topic');
    const committed = await referee.committed(`connect-${name}-sink`, name, 0);
    assert.equal(committed, lines.length, 'what the sink committed as it stopped');
  } finally {
    await worker?.end();
    referee.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const standaloneScenario = (version) => ({
  name: `connect-standalone ${version}: a file through a topic into a file`,
  timeoutMs: 120_000,
  run: (context) => pipeline(version, context),
});
