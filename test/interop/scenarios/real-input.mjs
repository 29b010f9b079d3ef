// Real logs through the whole chain: Sluice's own command line, kcat, Java and Go over one broker.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository, sluiceProgram } from '../lib/broker.mjs';
import { Driver, waitForDrivers } from '../lib/driver.mjs';
import { Missing } from '../lib/install.mjs';
import { run } from '../lib/processes.mjs';
import { Referee } from '../lib/referee.mjs';
import { kafkaTool, ORACLE_VERSION } from '../real-kafka.mjs';

/** The clients that carry the real input, by how their names begin. */
export const realInputClients = ['java-4', 'franz-go', 'kcat'];

/** The lines of a file of real data, as bytes; skipped where the folder is not there. */
function linesOf(name) {
  const file = join(repository, '..', 'shared', 'data', name);
  if (!existsSync(file)) throw new Missing(`${name} is not beside the repository (shared/data)`);
  const bytes = readFileSync(file);
  const lines = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start) < 0 ? bytes.length : bytes.indexOf(10, start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** The client by name; the scenario is skipped where it is not ready. */
function clientOf(clients, name) {
  const client = clients.find((one) => one.name.startsWith(name));
  if (client === undefined) throw new Missing(`needs the client ${name}`);
  return client;
}

/** Feeds `input` to the console producer: Sluice's own against Sluice, Kafka's against a real Kafka. */
async function consoleProducer(broker, args, input) {
  const result =
    broker.kind === 'kafka'
      ? await kafkaTool(ORACLE_VERSION, 'kafka.tools.ConsoleProducer', args, { input })
      : await run(process.execPath, [sluiceProgram, 'console-producer', ...args], { input });
  assert.equal(result.code, 0, `${result.stdout}${result.stderr}`);
}

export const realInputScenarios = [
  {
    name: '10,000 access log lines by client address, consumed by Java and Go in one group',
    async run({ broker, clients }) {
      const lines = linesOf('apache_access.log');
      assert.equal(lines.length, 10_000);
      const members = ['java-4', 'franz-go'].map((name) => {
        const client = clientOf(clients, name);
        return new Driver(`${client.name}/real-input`, client.launch, broker.bootstrap);
      });
      const referee = new Referee(broker.bootstrap);
      try {
        const topic = 'access-log';
        await referee.createTopic(topic, { partitions: 3 });
        for (const member of members) {
          await member.call('groupStart', {
            group: 'indexers',
            topic,
            sessionTimeoutMs: 6000,
            assignor: 'range',
          });
        }
        const owned = (member) =>
          member.events.findLast(({ event }) => event === 'assigned')?.partitions ?? [];
        await waitForDrivers(
          members,
          () => {
            const all = members.flatMap(owned);
            return (
              all.length === 3 &&
              new Set(all).size === 3 &&
              members.every((member) => owned(member).length > 0)
            );
          },
          { what: 'Java and Go share the three partitions' },
        );

        const tab = Buffer.from('\t');
        const newline = Buffer.from('\n');
        const input = Buffer.concat(
          lines.flatMap((line) => [line.subarray(0, line.indexOf(32)), tab, line, newline]),
        );
        await consoleProducer(
          broker,
          [
            '--bootstrap-server',
            broker.bootstrap,
            '--topic',
            topic,
            '--property',
            'parse.key=true',
            '--property',
            'key.separator=\t',
            '--compression-codec',
            'gzip',
          ],
          input,
        );
        const delivered = () =>
          members.flatMap(({ events }) => events.flatMap(({ records }) => records ?? []));
        await waitForDrivers(members, () => delivered().length >= lines.length, {
          what: 'all lines arrive',
          timeoutMs: 60_000,
        });
        for (const member of members) await member.call('groupStop', {});

        const records = delivered();
        assert.equal(records.length, lines.length, 'each line exactly once');
        // Keys keep their order, so the values of one key, by offset, are that client's lines in the file's order.
        const text = (base64) => Buffer.from(base64, 'base64').toString('latin1');
        const byKey = (pairs) => {
          const groups = new Map();
          for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
          return groups;
        };
        const expected = byKey(
          lines.map((line) => [line.toString('latin1').split(' ')[0], line.toString('latin1')]),
        );
        // As each member delivered them: a key lives in one partition, so in one member.
        const actual = byKey(records.map(({ key, value }) => [text(key), text(value)]));
        assert.deepEqual(
          [...actual.keys()].sort(),
          [...expected.keys()].sort(),
          'client addresses',
        );
        for (const [key, values] of expected)
          assert.deepEqual(actual.get(key), values, `lines of ${key}`);
        const partitions = new Map(records.map(({ key, partition }) => [key, partition]));
        assert.ok(
          records.every(({ key, partition }) => partitions.get(key) === partition),
          'a key lives in one partition',
        );
        assert.equal(new Set(partitions.values()).size, 3, 'all partitions are used');
        let committed = 0;
        for (const partition of [0, 1, 2])
          committed += await referee.committed('indexers', topic, partition);
        assert.equal(committed, lines.length, 'committed offsets');
        for (const member of members) {
          const count = member.events.flatMap(({ records: some }) => some ?? []).length;
          assert.ok(count > 0, `${member.name} had its share`);
          console.log(`      ${member.name} consumed ${count} lines`);
        }
      } finally {
        referee.close();
        await Promise.all(members.map((member) => member.close()));
      }
    },
  },
  {
    name: '500 JSON documents through kcat with lz4 and back through Java',
    async run({ broker, clients }) {
      const documents = linesOf('nginx_status.jsonl');
      assert.equal(documents.length, 500);
      clientOf(clients, 'kcat');
      const java = clientOf(clients, 'java-4');
      const topic = 'nginx-status';
      const referee = new Referee(broker.bootstrap);
      await referee.createTopic(topic);
      referee.close();
      const input = Buffer.concat(documents.flatMap((line) => [line, Buffer.from('\n')]));
      const sent = await run('kcat', ['-P', '-b', broker.bootstrap, '-t', topic, '-z', 'lz4'], {
        input,
      });
      assert.equal(sent.code, 0, sent.stderr);
      const reader = new Driver('java/real-input', java.launch, broker.bootstrap);
      try {
        const { records } = await reader.call('consume', {
          topic,
          partition: 0,
          count: documents.length,
        });
        documents.forEach((line, index) => {
          assert.equal(records[index].offset, index);
          assert.ok(
            line.equals(Buffer.from(records[index].value, 'base64')),
            `document ${index}, byte for byte`,
          );
        });
      } finally {
        await reader.close();
      }
    },
  },
];
