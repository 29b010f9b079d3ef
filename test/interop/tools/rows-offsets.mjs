// What is asked about a cluster and its logs: get-offsets, delete-records, log-dirs, cluster, broker-api-versions.
import { FIRST_RECORD_MS, fill } from './fill.mjs';

/** Kafka's tools begin what they say of an error in several ways; ours with its own name. */
const said = (line) => line.replace(/^(Error occurred|ERROR): (\S+Exception: )?/, '');
const offsets = (name, args, more = {}) => ({
  ...{ name, tool: 'get-offsets', args },
  normalise: said,
  ...more,
});
/** The flags that came with 3.0 and 3.2; 2.7's tool wants a topic, and has no sense of names. */
const NEWER = { releases: ['3.9', '4.3'] };
const refused = { stderr: true, ...NEWER };

async function makeTopics(context) {
  const { ours } = context;
  await ours('topics', ['--create', '--topic', 'orders', '--partitions', '12']);
  await ours('topics', ['--create', '--topic', 'logs', '--partitions', '1']);
  await ours('topics', ['--create', '--topic', 'empty', '--partitions', '2']);
  for (const [partition, count] of [5, 3, 1].entries()) {
    await fill(context, 'orders', partition, count);
  }
  await fill(context, 'logs', 0, 4);
  // The youngest record is not the last one.
  await fill(context, 'logs', 0, 1, { timestamp: FIRST_RECORD_MS });
  // A group makes the internal topic.
  await ours('consumer-groups', [
    ...['--reset-offsets', '--group', 'idle', '--topic', 'logs', '--to-earliest', '--execute'],
  ]);
}

const deletion = (partitions) => (context) => [
  '--offset-json-file',
  context.file('delete.json', JSON.stringify({ partitions, version: 1 })),
];
const jsonFile = (text) => (context) => ['--offset-json-file', context.file('delete.json', text)];
const deleteRecords = (name, args, more = {}) => ({ name, tool: 'delete-records', args, ...more });

/** Which entry of `logDirs` stands where is chance in Kafka: the same JSON with its lists in order. */
function orderedJson(line) {
  if (!line.startsWith('{')) return said(line);
  const found = JSON.parse(line);
  for (const { logDirs } of found.brokers) {
    for (const dir of logDirs) {
      dir.logDir = 'DATA';
      dir.partitions.sort((a, b) => (a.partition < b.partition ? -1 : 1));
    }
  }
  return JSON.stringify(found);
}
const logDirs = (name, args, more = {}) => ({
  name,
  tool: 'log-dirs',
  args,
  normalise: orderedJson,
  ...more,
});

const cluster = (name, args, more = {}) => ({
  name,
  tool: 'cluster',
  args,
  bootstrap: false,
  normalise: (line) => line.replace(/Cluster ID: \S{22}/, 'Cluster ID: ID'),
  ...more,
});

const expected = [
  {
    row: /^(the (end|start) (by its number|after deletions)|some partitions|the start after deletions)$/,
    releases: ['2.7'],
    kafka: /^orders:\d+:\d+$/,
    ours: /^orders:\d+:\d+$/,
    reason: 'the order of partitions of 3.0 and later: as text',
  },
  {
    row: 'the older flag for the broker',
    releases: ['4.3'],
    kafka: /^\[exit 1\]$/,
    ours: /^logs:0:5$/,
    reason: 'runbooks of older releases go on working',
  },
  {
    row: 'delete more than there is',
    kafka: /OffsetOutOfRangeException/,
    ours: /OFFSET_OUT_OF_RANGE: /,
    reason: "errors have the protocol's names, not those of Java's classes",
  },
  {
    row: /^(unregister without a broker|no action|an action that is none)$/,
    kafka: /^\[stderr\] usage: kafka-cluster/,
    ours: /^\[stderr\] /,
    reason: 'a sentence in place of the usage',
  },
];

export const offsetRows = {
  name: 'offsets',
  expected,
  // The records are old on purpose.
  properties: { 'log.retention.hours': -1 },
  rows: [
    offsets('no topics at all', [], { ...refused }),
    offsets('the end', ['--topic', 'orders'], { before: makeTopics, ...NEWER }),
    offsets('the end by its number', ['--topic', 'orders', '--time', '-1']),
    offsets('the end by its name', ['--topic', 'orders', '--time', 'latest'], NEWER),
    offsets('the start by its number', ['--topic', 'orders', '--time', '-2']),
    offsets('the start by its name', ['--topic', 'orders', '--time', 'earliest'], NEWER),
    offsets('the youngest by its number', ['--topic', 'logs', '--time', '-3'], NEWER),
    offsets('the youngest by its name', ['--topic', 'logs', '--time', 'max-timestamp'], NEWER),
    offsets('the youngest of what is empty', ['--topic', 'empty', '--time', '-3'], NEWER),
    offsets('the first local by its number', ['--topic', 'logs', '--time', '-4'], NEWER),
    offsets('the first local by its name', ['--topic', 'logs', '--time', 'earliest-local'], NEWER),
    offsets('the last tiered by its number', ['--topic', 'logs', '--time', '-5'], NEWER),
    offsets('the last tiered by its name', ['--topic', 'logs', '--time', 'latest-tiered'], NEWER),
    offsets('the first to be uploaded', ['--topic', 'logs', '--time', '-6'], {
      releases: ['4.3'],
    }),
    offsets('the same by its name', ['--topic', 'logs', '--time', 'earliest-pending-upload'], {
      releases: ['4.3'],
    }),
    offsets('at a time', ['--topic', 'orders', '--time', String(FIRST_RECORD_MS + 1500)], NEWER),
    offsets('at a time that is over', ['--topic', 'orders', '--time', '99999999999999'], NEWER),
    offsets('some partitions', ['--topic', 'orders', '--time', '-1', '--partitions', '0,2,10']),
    offsets('a pattern of topics', ['--topic', 'o.*|logs'], NEWER),
    offsets('all topics', [], NEWER),
    offsets('without internal topics', ['--exclude-internal-topics'], NEWER),
    offsets('partitions of all topics', ['--partitions', '0', '--exclude-internal-topics'], NEWER),
    offsets('by rules', ['--topic-partitions', 'orders:0-2,logs,empty:1'], NEWER),
    offsets('by rules without topics', ['--topic-partitions', ':0', '--exclude-internal-topics'], {
      ...NEWER,
    }),
    offsets('by rules with open ends', ['--topic-partitions', 'orders:10-,empty:-1'], NEWER),
    offsets('what does not exist', ['--topic', 'nope', '--time', '-1'], { stderr: true }),
    offsets('a partition that does not exist', ['--topic', 'logs', '--partitions', '7'], refused),
    offsets('a time that is none', ['--topic', 'logs', '--time', 'soon'], refused),
    offsets('partitions that are no numbers', ['--topic', 'logs', '--partitions', 'a'], refused),
    offsets('rules that are none', ['--topic-partitions', 'a:b:c'], refused),
    offsets('rules and a topic', ['--topic', 'logs', '--topic-partitions', 'orders'], refused),
    offsets('the older flag for the broker', ['--topic', 'logs', '--time', '-1'], {
      bootstrap: '--broker-list',
    }),
    offsets(
      'flags of older releases',
      [...['--topic', 'logs', '--time', '-1', '--offsets', '1', '--max-wait-ms', '1000']],
      { releases: ['2.7'] },
    ),

    deleteRecords('delete', deletion([{ topic: 'orders', partition: 0, offset: 2 }])),
    deleteRecords(
      'delete from two',
      deletion([
        { topic: 'orders', partition: 0, offset: 3 },
        { topic: 'logs', partition: 0, offset: 1 },
      ]),
      { unordered: true },
    ),
    deleteRecords('delete all', deletion([{ topic: 'orders', partition: 1, offset: -1 }])),
    deleteRecords(
      'delete more than there is',
      deletion([{ topic: 'orders', partition: 0, offset: 99 }]),
    ),
    deleteRecords(
      'delete what is deleted already',
      deletion([{ topic: 'orders', partition: 0, offset: 1 }]),
    ),
    offsets('the start after deletions', ['--topic', 'orders', '--time', '-2']),
    deleteRecords('delete nothing', deletion([])),
    deleteRecords('a file with another version', jsonFile('{"partitions":[],"version":2}'), {
      stderr: true,
    }),
    deleteRecords('a file without a version', jsonFile('{"partitions":[]}'), { stderr: true }),
    deleteRecords('a file without partitions', jsonFile('{"version":1}'), { stderr: true }),
    deleteRecords('a file that is no JSON', jsonFile('partitions'), { stderr: true }),
    deleteRecords(
      'a file with a partition twice',
      deletion([
        { topic: 'orders', partition: 0, offset: 1 },
        { topic: 'orders', partition: 0, offset: 2 },
      ]),
      { stderr: true },
    ),
    deleteRecords('delete without a file', [], { stderr: true }),

    logDirs('log directories', ['--describe', '--topic-list', 'logs,orders']),
    logDirs('log directories of a broker', [
      ...['--describe', '--broker-list', '1', '--topic-list', 'logs'],
    ]),
    logDirs('log directories with all topics', ['--describe'], {
      // The offsets of groups carry times: their size may be one or the other.
      normalise: (line) => orderedJson(line).replace(/("__consumer[^}]*"size":)\d+/g, '$1SIZE'),
    }),
    logDirs('log directories of a topic that does not exist', [
      ...['--describe', '--topic-list', 'nope'],
    ]),
    logDirs(
      'log directories of a broker that does not exist',
      [...['--describe', '--broker-list', '7']],
      // That of 2.7 asks for a minute.
      { stderr: true, timeoutMs: 6000 },
    ),
    logDirs('log directories without an action', [], { stderr: true }),

    cluster('the id of the cluster', ['cluster-id', '--bootstrap-server', '{bootstrap}']),
    cluster('the id, asked in short', ['cluster-id', '-b', '{bootstrap}'], { releases: ['4.3'] }),
    cluster('the endpoints', ['list-endpoints', '--bootstrap-server', '{bootstrap}'], {
      releases: ['4.3'],
    }),
    cluster(
      'the endpoints, fenced ones too',
      [...['list-endpoints', '--bootstrap-server', '{bootstrap}'], '--include-fenced-brokers'],
      { releases: ['4.3'] },
    ),
    cluster('unregister a broker', [
      ...['unregister', '--bootstrap-server', '{bootstrap}', '--id', '7'],
    ]),
    cluster('unregister without a broker', ['unregister', '--bootstrap-server', '{bootstrap}'], {
      stderr: true,
    }),
    cluster('no action', ['--bootstrap-server', '{bootstrap}'], { stderr: true }),
    cluster('an action that is none', ['restart', '--bootstrap-server', '{bootstrap}'], {
      stderr: true,
    }),

    { name: 'versions', tool: 'broker-api-versions', args: [] },
  ],
};
