// Questions whose answers a real Kafka has given: expected.json was recorded from one, never from Sluice.
//   node test/interop/run.mjs --broker real-3.9 --only probes --record-probes
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interopFolder } from '../lib/cache.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { Referee } from '../lib/referee.mjs';
import { dataProbes } from './probes/data.mjs';
import { groupProbes } from './probes/groups.mjs';
import { metadataProbes } from './probes/metadata.mjs';

const expectedFile = join(interopFolder, 'scenarios', 'probes', 'expected.json');
const expected = () => JSON.parse(readFileSync(expectedFile, 'utf8'));

/** A name that no other probe or earlier run uses. */
const prefix = `probe-${process.pid}`;

/** Asks one probe; every connection it opened is closed afterwards. */
async function ask(probe, broker) {
  const colon = broker.bootstrap.lastIndexOf(':');
  const referee = new Referee(broker.bootstrap);
  const connections = [];
  const connect = () => {
    const connection = new RawConnection(
      broker.bootstrap.slice(0, colon),
      Number(broker.bootstrap.slice(colon + 1)),
    );
    connections.push(connection);
    return connection;
  };
  try {
    const answer = await probe.run({
      referee,
      connect,
      connection: connect(),
      group: (suffix) => `${prefix}.${suffix}`,
      async topic(suffix, shape) {
        const name = `${prefix}.${suffix}`;
        await referee.createTopic(name, shape);
        return name;
      },
    });
    return JSON.parse(JSON.stringify(answer));
  } finally {
    referee.close();
    for (const connection of connections) connection.close();
  }
}

const probes = [...metadataProbes, ...dataProbes, ...groupProbes];

export const probeScenarios = probes.map((probe) => ({
  name: probe.name,
  async run({ broker }) {
    const answer = await ask(probe, broker);
    const known = expected();
    assert.ok(
      probe.name in known,
      `expected.json has no answer; this broker's is ${JSON.stringify(answer)}`,
    );
    assert.deepEqual(answer, known[probe.name]);
  },
}));

/** Writes what this broker answers into expected.json. */
export async function recordProbes(broker) {
  assert.equal(broker.kind, 'kafka', 'expected answers come from a real Kafka');
  const answers = {};
  for (const probe of probes) {
    console.log(probe.name);
    answers[probe.name] = await ask(probe, broker);
  }
  writeFileSync(
    expectedFile,
    `${JSON.stringify({ recordedFrom: broker.title, ...answers }, null, 2)}\n`,
  );
}
