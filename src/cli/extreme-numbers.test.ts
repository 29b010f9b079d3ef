// If this breaks, offsets and times beyond 2^53 are shown or sent as other numbers.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { NodeClock } from '../base/node/node-clock.ts';
import { NodeNetwork } from '../base/node/node-network.ts';
import { nodeRandom } from '../base/node/node-random.ts';
import { Cluster } from '../client/cluster.ts';
import { commitOffsets } from '../client/offsets.ts';
import { ProduceRequest, ProduceResponse } from '../protocol/messages/00-produce.ts';
import { buildBatch } from '../protocol/records/batch-builder.ts';
import { runCommand, startToolBroker, type ToolBroker } from './testing/tool-broker.ts';

// If these break, an offset or a time of 64 bits is rounded on a person's screen, or not taken from it.

const MOST = '9223372036854775807';

let tools: ToolBroker;

before(async () => {
  tools = await startToolBroker();
  await tools.ok('topics', ['--create', '--topic', 'wide']);
  const ports = { clock: new NodeClock(), random: nodeRandom, network: new NodeNetwork() };
  const bootstrap = [{ host: '127.0.0.1', port: Number(tools.bootstrap.split(':')[1]) }];
  const cluster = new Cluster(ports, { bootstrap });
  const connection = await cluster.broker((await cluster.metadata(['wide'])).brokers[0]!.id);
  for (const timestamp of [1000, BigInt(MOST)]) {
    const records = buildBatch([{ timestamp, value: `at ${timestamp}` }]);
    const topicData = [{ name: 'wide', partitionData: [{ index: 0, records }] }];
    const body = { acks: -1, timeoutMs: 5000, topicData };
    await connection.call(ProduceRequest, ProduceResponse, body, { maxVersion: 9 });
  }
  await commitOffsets(cluster, 'far', [{ topic: 'wide', partition: 0, offset: BigInt(MOST) }]);
  await cluster.close();
});

after(() => tools.stop());

test('a committed offset of 64 bits is shown with every digit, and its lag, too', async () => {
  const out = await tools.ok('consumer-groups', ['--describe', '--group', 'far']);
  assert.match(out, /^far +wide +0 +9223372036854775807 +2 +-9223372036854775805 /m);
});

test('a group is reset to, and by, any number of 64 bits', async () => {
  const reset = (...args: string[]) =>
    tools.run('consumer-groups', [
      ...['--reset-offsets', '--group', 'far', '--topic', 'wide', '--dry-run'],
      ...args,
    ]);
  const current = await reset('--to-current');
  assert.match(current.out, /^far +wide +0 +9223372036854775807/m);
  const shifted = await reset('--shift-by', MOST);
  assert.match(shifted.err, /New offset \(9223372036854775807\) is higher than latest offset/);
  assert.match(shifted.out, /^far +wide +0 +2 *$/m);
  const named = await reset('--to-offset', MOST);
  assert.match(named.err, /New offset \(9223372036854775807\) is higher .* set to 2\./);
  const low = await reset('--to-offset', '-9223372036854775808');
  assert.match(low.err, /New offset \(-9223372036854775808\) is lower than earliest offset/);
  const beyond = await reset('--to-offset', '9223372036854775808');
  assert.match(beyond.err, /--to-offset must be a whole number of at most 64 bits, not 92233/);
  assert.equal(beyond.code, 1);
  const plan = join(tools.folder, 'plan.csv');
  writeFileSync(plan, `wide,0,${MOST}\n`);
  assert.match((await reset('--from-file', plan)).err, /New offset \(9223372036854775807\)/);
});

test('offsets are asked for with any time', async () => {
  const offsets = (time: string) => tools.ok('get-offsets', ['--topic', 'wide', '--time', time]);
  assert.equal(await offsets(MOST), 'wide:0:1\n');
  assert.equal(await offsets('9223372036854775806'), 'wide:0:1\n');
  const beyond = await tools.run('get-offsets', ['--topic', 'wide', '--time', `${MOST}0`]);
  assert.match(beyond.err, /Malformed time argument 92233720368547758070\./);
});

test('records are read from any offset, and their times shown with every digit', async () => {
  const read = (offset: string) =>
    tools.ok('console-consumer', [
      ...['--topic', 'wide', '--partition', '0', '--offset', offset, '--max-messages', '1'],
      ...['--property', 'print.timestamp=true'],
      ...['--consumer-property', 'auto.offset.reset=earliest'],
    ]);
  assert.equal(await read('1'), `CreateTime:${MOST}\tat ${MOST}\n`);
  assert.equal(await read(MOST), 'CreateTime:1000\tat 1000\n', 'beyond the end: from the start');
});

test('records are not deleted up to an offset beyond the end', async () => {
  const file = join(tools.folder, 'delete.json');
  writeFileSync(file, `{"partitions":[{"topic":"wide","partition":0,"offset":${MOST}}]}`);
  const out = await tools.ok('delete-records', ['--offset-json-file', file]);
  assert.match(out, /partition: wide-0\terror: OFFSET_OUT_OF_RANGE/);
});

test('what lies in the files is shown with every digit', async () => {
  await tools.stopBroker();
  const dump = async (...args: string[]) => {
    const { code, out, err } = await runCommand(['dump-log', ...args]);
    assert.equal(code, 0, err);
    return out;
  };
  // Its time is far from the first one's: it has a segment of its own.
  const log = join(tools.dataFolder, 'wide-0', '00000000000000000001.log');
  const lines = await dump('--files', log, '--deep-iteration');
  assert.match(lines, / CreateTime: 9223372036854775807 size: /);
  assert.match(lines, /\| offset: 1 CreateTime: 9223372036854775807 keySize/);
  const logs = [0, 1].map((partition) =>
    join(tools.dataFolder, `__consumer_offsets-${partition}`, '00000000000000000000.log'),
  );
  const offsets = await dump('--files', logs.join(','), '--offsets-decoder');
  assert.match(offsets, /"data":\{"offset":9223372036854775807,/);
});
