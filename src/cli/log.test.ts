// If this breaks, the offline tools misjudge a data folder, or change one that they should only look at.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCommand, startToolBroker, type ToolBroker } from './testing/tool-broker.ts';

// If these break, a person with a damaged disk is told nothing, or the wrong thing.

let tools: ToolBroker;
let segment: string;

before(async () => {
  tools = await startToolBroker();
  await tools.ok('topics', ['--create', '--topic', 'orders', '--partitions', '2']);
  const lines = Array.from({ length: 20 }, (_, index) => `value ${index}`).join('\n');
  await tools.ok('console-producer', ['--topic', 'orders', '--sync'], lines);
});

after(() => tools.stop());

const log = (...args: string[]) => runCommand(['log', ...args]);

test('what to do and where must be said, and a running broker is not disturbed', async () => {
  assert.match(
    (await log()).err,
    /what to do is missing: sluice log inspect\|verify\|why\|repair\|convert/,
  );
  assert.match((await log('mend', 'data')).err, /"mend" is not known/);
  assert.match((await log('verify', '/no/such/folder')).err, /\/no\/such\/folder does not exist/);
  assert.match((await log('verify', '/proc')).err, /\/proc holds no partition folders such as/);
  const busy = await log('repair', tools.dataFolder);
  assert.equal(busy.code, 1);
  assert.match(busy.err, /is in use by process \d+ .*: stop it first, with sluice stop/);
  await tools.stopBroker();
});

test('a sound directory is inspected and verified', async () => {
  const inspected = await log('inspect', tools.dataFolder, '--topic', 'orders');
  assert.equal(inspected.code, 0, inspected.err);
  const lines = inspected.out.trimEnd().split('\n');
  assert.equal(lines.length, 4);
  const filled = lines.find((line) => / offsets 0 to \d+, topic id /.test(line));
  assert.match(
    filled ?? '',
    /^orders-\d: 1 segment, \d+(\.\d+)? K?B, offsets 0 to \d+, topic id [\w-]{22}$/,
  );
  assert.match(
    inspected.out,
    /^ {2}0{20}\.log {2}.*, offsets 0 to \d+, \d+ batch(es)?, 20.*Z to 20.*Z$/m,
  );
  const partition = /^(orders-\d): .* offsets 0 to/m.exec(inspected.out)?.[1];
  segment = join(tools.dataFolder, partition!, `${'0'.repeat(20)}.log`);
  const verified = await log('verify', tools.dataFolder);
  assert.equal(verified.code, 0, verified.out);
  assert.match(verified.out, /^Checked \d+ partitions, \d+ segments, .*: all is well\n$/);
});

test('why old data is still there', async () => {
  const { code, out, err } = await log('why', tools.dataFolder, '--topic', 'orders');
  assert.equal(code, 0, err);
  assert.match(out, /^orders-0:\n {2}from offset 0, /m);
  assert.match(
    out,
    / {2}from offset 0, [\d.]+ K?B: Its newest record is from 20\S+Z: retention\.ms = 604800000 keeps it until 20\S+Z\.\n/,
  );
  const internal = await log('why', tools.dataFolder, '--topic', '__consumer_offsets');
  assert.match(internal.out + internal.err, /holds no partition folders|It is (active|empty)/);
});

test('damage is reported with file and position, taken out by repair, and kept', async () => {
  const bytes = readFileSync(segment);
  bytes[70]! ^= 0xff;
  writeFileSync(segment, bytes);
  const verified = await log('verify', join(segment, '..'));
  assert.equal(verified.code, 1);
  assert.match(
    verified.out,
    /\.log at position 0: \d+ bytes cannot be read: the checksum does not match\./,
  );
  assert.match(verified.out, /: 1 problems?; sluice log repair mends them\n$/);
  const repaired = await log('repair', tools.dataFolder);
  assert.equal(repaired.code, 0, repaired.out);
  assert.match(
    repaired.out,
    /\.log: moved \d+ bytes at position 0 to .*\.log\.0\.corrupt: the checksum/,
  );
  assert.ok(readdirSync(join(segment, '..')).some((name) => name.endsWith('.log.0.corrupt')));
  assert.match((await log('repair', tools.dataFolder)).out, /^Nothing needed repair\.\n/);
  assert.match((await log('convert', tools.dataFolder)).out, /^Nothing is of an old format\.\n$/);
});
