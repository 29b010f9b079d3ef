// The proof that the files on disk are Kafka's own format: Kafka's tool reads every one of them without a complaint.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { programs } from '../lib/install.mjs';
import { kafkaTool, ORACLE_VERSION } from '../real-kafka.mjs';

/** The files of partitions under the broker's log folder whose names are an offset and end in `extension`. */
const filesOf = ({ logFolder }, extension) =>
  readdirSync(logFolder, { recursive: true })
    .map((name) => join(logFolder, String(name)))
    .filter((file) => /^\d{20}$/.test(basename(file, extension)) && file.endsWith(extension))
    // Kafka in KRaft mode keeps its metadata beside the topics; that log is none of ours.
    .filter((file) => !file.includes('__cluster_metadata') && !dirname(file).endsWith('-delete'));

/** What the tool prints when it finds a file wrong. */
const complaint =
  /isvalid: false|isvalid=false|mismatch|Mismatch|Non-consecutive|Found|found|invalid bytes|Exception|do not match|out of order|Could not|failed/;

/** Runs the tool over the files, some at a time; answers its output. */
async function dump(files, flags, { install }) {
  await programs(['java', 'mvn'], { install, packages: ['default-jdk-headless', 'maven'] });
  let output = '';
  for (let start = 0; start < files.length; start += 60) {
    const some = files.slice(start, start + 60);
    const result = await kafkaTool(
      ORACLE_VERSION,
      'kafka.tools.DumpLogSegments',
      [...flags, '--files', some.join(',')],
      { timeoutMs: 120_000 },
    );
    assert.equal(result.code, 0, result.stderr.slice(-3_000));
    const errors = result.stderr.split('\n').filter((line) => complaint.test(line));
    assert.deepEqual(errors, [], 'standard error of the tool');
    output += result.stdout;
  }
  return output;
}

/** Lines about the files, without the records' own text, that read like a complaint. */
const complaintsIn = (output) =>
  output
    .split('\n')
    .filter((line) => complaint.test(line.replace(/ (key|payload|headerKeys): .*$/, '')));

export const storageScenarios = [
  {
    name: 'DumpLogSegments reads every segment, record by record',
    async run({ broker, install }) {
      const files = filesOf(broker, '.log').filter((file) => statSync(file).size > 0);
      assert.ok(files.length > 0, 'there are segments');
      const output = await dump(files, ['--deep-iteration', '--print-data-log'], { install });
      // Payloads of the suites hold line ends and anything else: only lines that begin as the tool's own count.
      const lines = output
        .split('\n')
        .filter((line) =>
          /^(baseOffset:|\| offset:|Dumping|Starting offset|Mismatch|Found|Non-consec)/.test(line),
        );
      assert.deepEqual(complaintsIn(lines.join('\n')), []);
      const batches = lines.filter((line) => line.startsWith('baseOffset:'));
      assert.ok(
        batches.length >= files.length,
        `${batches.length} batches in ${files.length} segments`,
      );
      for (const line of batches)
        assert.match(line, /magic: 2 .*isvalid: true|isvalid: true.*magic: 2/, line);
      const sizes = new Map();
      let current;
      for (const line of lines) {
        const dumping = /^Dumping (.*)$/.exec(line);
        if (dumping !== null) current = dumping[1];
        const batch = /position: (\d+) .*? size: (\d+)/.exec(line);
        if (batch !== null) sizes.set(current, Number(batch[1]) + Number(batch[2]));
      }
      for (const file of files)
        assert.equal(sizes.get(file), statSync(file).size, `${file} is read to its last byte`);
      console.log(
        `      ${files.length} segments, ${batches.length} batches, ${lines.filter((line) => line.startsWith('| offset')).length} records`,
      );
    },
  },
  {
    name: 'DumpLogSegments finds the indexes sane',
    async run({ broker, install }) {
      const files = [...filesOf(broker, '.index'), ...filesOf(broker, '.timeindex')];
      assert.ok(
        files.some((file) => file.endsWith('.index') && statSync(file).size > 0),
        'some segment is long enough for an offset index',
      );
      const output = await dump(files, ['--index-sanity-check'], { install });
      assert.deepEqual(complaintsIn(output), []);
      // A segment of few bytes has no index entry; the tool says so and has nothing to check.
      for (const file of files) {
        const sane = output.includes(`${file} passed sanity check.`);
        const empty = statSync(file).size === 0 && output.includes(`${file} is empty.`);
        assert.ok(sane || empty, `the tool says neither that ${file} is sane nor that it is empty`);
      }
      // Without the flag every entry is compared with the log.
      assert.deepEqual(complaintsIn(await dump(files, ['--verify-index-only'], { install })), []);
    },
  },
  {
    name: 'DumpLogSegments decodes the committed offsets and groups',
    async run({ broker, install }) {
      const files = filesOf(broker, '.log').filter(
        (file) =>
          basename(dirname(file)).startsWith('__consumer_offsets-') && statSync(file).size > 0,
      );
      assert.ok(files.length > 0, 'groups have committed');
      const output = await dump(
        files,
        ['--deep-iteration', '--print-data-log', '--offsets-decoder'],
        { install },
      );
      assert.deepEqual(complaintsIn(output), []);
      assert.match(output, /offset_commit|offsetCommit|offset::|"topic":/, output.slice(0, 2_000));
      assert.match(output, /group_metadata|groupMetadata|protocolType/, output.slice(0, 2_000));
    },
  },
  {
    name: 'DumpLogSegments reads the producer snapshots',
    async run({ broker, install }) {
      const files = filesOf(broker, '.snapshot');
      assert.ok(files.length > 0, 'a clean stop leaves producer snapshots');
      const output = await dump(files, ['--print-data-log'], { install });
      assert.deepEqual(complaintsIn(output), []);
      assert.match(output, /producerId: \d+/);
    },
  },
];
