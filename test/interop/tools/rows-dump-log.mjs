// dump-log: what a broker wrote, what one of 0.8 to 0.10 wrote, what is damaged, and indexes and snapshots.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { batch } from '../lib/batch.mjs';
import { produce } from '../lib/requests.mjs';
import { fill } from './fill.mjs';
import { legacySets } from './legacy-sets.mjs';

const LOG = '00000000000000000000';

/** A row over files of {folder} or {data}, without their suffix-less name. */
const dump = (name, files, more = [], options = {}) => ({
  name,
  tool: 'dump-log',
  bootstrap: false,
  args: ['--files', files.join(','), ...more],
  normalise: withoutData,
  ...options,
});
const withErrors = { stderr: true };
/** The broker's folder has another name each time. */
const withoutData = (line) => line.replace(/\/\S*\/data\//g, 'DATA/');
/** What a clock said, and what depends on it. */
const withoutTimes = (line) =>
  withoutData(line)
    .replace(/\b1[789]\d{11}\b/g, 'TIME')
    .replace(/crc: \d+/, 'crc: CRC');

async function makeLogs(context) {
  const { ours, raw, folder } = context;
  const config = ['--config', 'index.interval.bytes=100'];
  await ours('topics', ['--create', '--topic', 'dump', ...config]);
  await fill(context, 'dump', 0, 6);
  const many = Array.from({ length: 3 }, (_, index) => ({ key: null, value: `more ${index}` }));
  await produce(raw, 'dump', batch(many, { timestamp: 1_700_000_100_000 }));
  await produce(
    raw,
    'dump',
    batch([{ key: 'gone', value: null }], { timestamp: 1_700_000_200_000 }),
  );
  await fill(context, 'dump', 0, 1, { producerId: 7, epoch: 1, sequence: 0 });
  await ours('consumer-groups', [
    ...['--reset-offsets', '--group', 'g', '--topic', 'dump', '--to-offset', '3', '--execute'],
  ]);
  for (const [name, hex] of Object.entries(legacySets)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, `${LOG}.log`), Buffer.from(hex, 'hex'));
  }
  // A broker writes its indexes when it likes; these are made here, so that they are there.
  const bytes = readFileSync(join(context.data, 'dump-0', `${LOG}.log`));
  const good = join(folder, 'good', LOG);
  mkdirSync(join(folder, 'good'));
  writeFileSync(`${good}.log`, bytes);
  const indexes = indexesOf(bytes);
  writeFileSync(`${good}.index`, indexes.offsets);
  writeFileSync(`${good}.timeindex`, indexes.times);
  // Files whose numbers do not agree.
  const to = join(folder, 'damaged', LOG);
  mkdirSync(join(folder, 'damaged'));
  indexes.offsets.writeInt32BE(indexes.offsets.readInt32BE(0) + 1, 0);
  writeFileSync(`${to}.index`, indexes.offsets);
  indexes.times.writeBigInt64BE(5n, 12);
  writeFileSync(`${to}.timeindex`, indexes.times);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(`${to}.log`, Buffer.concat([bytes, Buffer.from('rest of a batch')]));
  const aborted = Buffer.alloc(34);
  [3n, 4n, 5n, 6n].forEach((number, at) => {
    aborted.writeBigInt64BE(number, 2 + at * 8);
  });
  writeFileSync(`${to}.txnindex`, aborted);
  writeFileSync(`${to}.snapshot`, Buffer.from('0001deadbeef00000000', 'hex'));
  writeFileSync(join(folder, 'damaged', 'leader-epoch-checkpoint'), '0\n1\n0 0\n');
}

/** The indexes of a log, an entry for every second batch. */
function indexesOf(bytes) {
  const offsets = [];
  const times = [];
  let latest = 0n;
  for (let at = 0, count = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8), count++) {
    const last = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23);
    const time = bytes.readBigInt64BE(at + 35);
    if (count % 2 === 0 || time <= latest) continue;
    latest = time;
    const entry = Buffer.alloc(20);
    entry.writeInt32BE(last, 0);
    entry.writeInt32BE(at, 4);
    entry.writeBigInt64BE(time, 8);
    entry.writeInt32BE(last, 16);
    offsets.push(entry.subarray(0, 8));
    times.push(entry.subarray(8));
  }
  return { offsets: Buffer.concat(offsets), times: Buffer.concat(times) };
}

const log = `{data}/dump-0/${LOG}.log`;
const index = `{folder}/good/${LOG}.index`;
const legacy = Object.keys(legacySets).flatMap((name) => {
  const file = [`{folder}/${name}/${LOG}.log`];
  return [
    dump(`${name}: batches`, file),
    dump(`${name}: records`, file, ['--deep-iteration']),
    dump(`${name}: contents`, file, ['--print-data-log']),
  ];
});

const expected = [
  {
    row: 'decoders',
    releases: ['3.9'],
    kafka: /^kafka\.serializer\.StringDecoder is deprecated/,
    reason: 'the class of releases up to 3.9 goes on being known, without a word',
  },
  {
    row: 'a damaged snapshot',
    kafka: /^\[stderr\] Snapshot/,
    ours: /^\[stderr\] Snapshot FOLDER\/.* is corrupted$/,
    reason: 'the file is named',
  },
  {
    row: 'no files',
    kafka: /^\[stderr\] /,
    ours: /^\[stderr\] Missing required argument "\[files\]"$/,
    reason: 'a sentence in place of the help',
  },
];

export const dumpLogRows = {
  name: 'dump-log',
  expected,
  properties: { 'log.retention.hours': -1, 'offsets.topic.num.partitions': 1 },
  rows: [
    dump('batches', [log], [], { before: makeLogs }),
    dump('records', [log], ['--deep-iteration']),
    dump('contents', [log], ['--print-data-log']),
    dump('contents only', [log], ['--print-data-log', '--skip-record-metadata'], {
      releases: ['3.9', '4.3'],
    }),
    dump('some bytes', [log], ['--max-bytes', '300'], { releases: ['3.9', '4.3'] }),
    dump(
      'decoders',
      [log],
      [...['--print-data-log', '--value-decoder-class', 'kafka.serializer.StringDecoder']],
      { releases: ['2.7', '3.9'] },
    ),
    dump(
      'decoders of 4.x',
      [log],
      [
        ...[
          '--print-data-log',
          '--value-decoder-class',
          'org.apache.kafka.tools.api.StringDecoder',
        ],
      ],
      { releases: ['4.3'] },
    ),
    dump(
      'numbers as contents',
      [log],
      [...['--print-data-log', '--key-decoder-class', 'org.apache.kafka.tools.api.IntegerDecoder']],
      { releases: ['4.3'], ...withErrors },
    ),
    dump('an index', [index]),
    dump('an index, verified only', [index], ['--verify-index-only']),
    dump('an index, checked only', [index], ['--index-sanity-check']),
    dump('an index, with a limit of messages', [index], ['--max-message-size', '1000000']),
    dump('an index of times', [`{folder}/good/${LOG}.timeindex`]),
    dump(
      'an index of times, checked only',
      [`{folder}/good/${LOG}.timeindex`],
      ['--index-sanity-check'],
    ),
    dump('several files', [log, index]),
    dump('offsets of groups', [`{data}/__consumer_offsets-0/${LOG}.log`], ['--offsets-decoder'], {
      normalise: withoutTimes,
    }),
    ...legacy,
    dump('a damaged batch and a rest', [`{folder}/damaged/${LOG}.log`]),
    dump('a wrong index', [`{folder}/damaged/${LOG}.index`], [], withErrors),
    dump('a wrong index of times', [`{folder}/damaged/${LOG}.timeindex`], [], withErrors),
    dump('an index of transactions', [`{folder}/damaged/${LOG}.txnindex`]),
    dump('a damaged snapshot', [`{folder}/damaged/${LOG}.snapshot`], [], withErrors),
    dump('a checkpoint', ['{folder}/damaged/leader-epoch-checkpoint'], [], withErrors),
    dump('a file with another suffix', ['{folder}/damaged/some.txt'], [], withErrors),
    { ...dump('no files', []), args: [], stderr: true },
  ],
};
