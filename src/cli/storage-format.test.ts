// If this breaks, a runbook for KRaft stops at its first command, or its cluster gets another id.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '../embed/index.ts';
import { runCommand } from './testing/tool-broker.ts';

const ID = 'MkU3OEVBNTcwNTJENDM2Qg';

test('folders are formatted with an id, which the broker that starts on them then has', async (t) => {
  const work = mkdtempSync(join(tmpdir(), 'sluice-format-'));
  t.after(() => rmSync(work, { recursive: true, force: true }));
  const [one, two] = [join(work, 'one'), join(work, 'two')];
  const file = join(work, 'server.properties');
  writeFileSync(file, `process.roles=broker,controller\nnode.id=3\nlog.dirs=${one},${two}\n`);
  const format = (...more: string[]) =>
    runCommand(['script', 'kafka-storage', 'format', '-t', ID, '-c', file, ...more]);
  const first = await format('--standalone');
  assert.deepEqual(
    [first.code, first.out, first.err],
    [0, `Formatting ${one} with cluster id ${ID}.\nFormatting ${two} with cluster id ${ID}.\n`, ''],
  );
  const meta = readFileSync(join(two, 'meta.properties'), 'utf8');
  assert.match(meta, /^version=1$/m);
  assert.match(meta, /^node\.id=3$/m);
  const again = await format();
  assert.equal(again.code, 1);
  assert.match(
    again.err,
    /^kafka-storage: .*one, .*two have an id already; --ignore-formatted leaves/,
  );
  rmSync(two, { recursive: true });
  const rest = await format('-g');
  assert.equal(
    rest.out,
    `${one} has an id already and is left alone.\nFormatting ${two} with cluster id ${ID}.\n`,
  );
  const broker = await startBroker({ data: { folder: one } });
  assert.deepEqual([broker.clusterId, broker.brokerId], [ID, 3]);
  await broker.stop();
});

test('what is missing or wrong is one sentence', async () => {
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['-c', 'x'], /--cluster-id is missing; take one of kafka-storage\.sh random-uuid/],
    [['-t', 'no', '-c', 'x'], /--cluster-id no is no id of a cluster/],
    [['-t', ID], /--config is missing/],
    [['-t', ID, '-c', 'nowhere'], /--config: there is no file or folder nowhere; check the name/],
    [['-t', ID, '-c', tmpdir()], /--config: .* is a folder, not a file; name a file/],
  ];
  for (const [args, expected] of wrong) {
    const { code, err } = await runCommand(['script', 'kafka-storage', 'format', ...args]);
    assert.equal(code, 1);
    assert.match(err, expected);
  }
});
