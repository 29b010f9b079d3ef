// consumer-groups: list, describe, reset, delete, delete offsets, and what is refused.
import { until } from '../lib/processes.mjs';
import { fill } from './fill.mjs';

const uuid = (line) => line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID');
const groups = (name, args, more = {}) => ({
  name,
  tool: 'consumer-groups',
  args,
  normalise: uuid,
  ...more,
});
/** Input that is refused before a broker is asked; the sentence counts, not the table of flags behind it. */
const refused = (name, args, more = {}) =>
  groups(name, args, { stderr: true, normalise: optionsInOrder, ...more });
/** Kafka names the options in the order of a hash table, which changes from run to run. */
const optionsInOrder = (line) =>
  line.replace(
    /(options: )(.*)$/,
    (_, before, options) => before + options.split(', ').sort().join(', '),
  );
/** The flag came with 3.8. */
const WITH_TYPES = ['3.9', '4.3'];
/** Kafka's list is in the order of a hash table. */
const unordered = { unordered: true };

const list = (...more) => ['--list', ...more];
const describe = (group, ...more) => ['--describe', '--group', group, ...more];
const reset = (group, topic, ...more) => [
  ...['--reset-offsets', '--group', group, '--topic', topic],
  ...more,
];
const dry = (...args) => [...args, '--dry-run'];

/** Commits offsets with our own tool, and puts members into two groups. */
async function makeGroups(context) {
  const { ours, background } = context;
  await ours('topics', ['--create', '--topic', 'orders', '--partitions', '3']);
  await ours('topics', ['--create', '--topic', 'logs', '--partitions', '1']);
  await ours('topics', ['--create', '--topic', 'empty', '--partitions', '2']);
  for (const [partition, count] of [5, 3, 0].entries()) {
    await fill(context, 'orders', partition, count);
  }
  await fill(context, 'logs', 0, 4);
  const commit = (group, topic, ...how) =>
    ours('consumer-groups', [...reset(group, topic), ...how, '--execute']);
  await commit('idle', 'orders', '--to-earliest');
  await commit('idle', 'logs', '--to-offset', '2');
  await commit('partial', 'orders:1', '--to-earliest');
  await commit('moved', 'orders', '--to-earliest');
  await commit('moved', 'logs', '--to-latest');
  for (const group of ['gone-a', 'gone-b', 'gone-c', 'gone-d']) {
    await commit(group, 'logs', '--to-latest');
  }
  const member = (topic, group, ...more) =>
    background('console-consumer', ['--topic', topic, '--group', group, ...more]);
  const settled = async (group, members) => {
    const shown = await ours('consumer-groups', describe(group, '--state'));
    return new RegExp(`Stable +${members}$`, 'm').test(shown.stdout);
  };
  const alpha = ['--consumer-property', 'client.id=alpha'];
  member('logs', 'live', ...alpha);
  await until(() => settled('live', 1), { what: 'a member of live', timeoutMs: 20_000 });
  member('logs', 'live');
  member('orders', 'silent', '--consumer-property', 'enable.auto.commit=false');
  await until(() => settled('live', 2), { what: 'two members of live', timeoutMs: 20_000 });
  await until(() => settled('silent', 1), { what: 'a member of silent', timeoutMs: 20_000 });
}

const csv = (name, content) => (context) => context.file(name, content);
const fromFile = (groupNames, write) => (context) => [
  '--reset-offsets',
  ...groupNames.flatMap((group) => ['--group', group]),
  ...['--from-file', write(context), '--dry-run'],
];

/** Kafka names the Java class of an error, ours the protocol's name of it; each has its own sentence behind. */
const javaError = {
  kafka:
    /org\.apache\.kafka\.common\.errors\.\w+Exception: |^Error: The group id does not exist\.$/,
  ours: / [A-Z_]+: [A-Z]|^Error: There is no such group\.$/,
  reason: "errors have the protocol's names, not those of Java's classes",
};
/** The command line is wrong: Kafka finds that out only when it executes, and exits with 0. */
const foundEarly = {
  kafka: /^$|^Error: (Executing consumer group command failed|No reset plan)|^GROUP +TOPIC/,
  ours: /^\[exit 1\]$/,
  reason: 'a value that cannot be is refused before anything is asked, with exit code 1',
};

const expected = [
  { row: /^delete/, ...javaError },
  {
    row: /^describe .*what does not exist$/,
    releases: ['4.3'],
    kafka: /GroupIdNotFoundException: Group nobody not found\.$/,
    ours: /^Error: Consumer group 'nobody' does not exist\.$/,
    reason: 'the sentence of all releases up to 3.9; the groups beside it are still described',
  },
  {
    row: 'describe members of what does not exist',
    releases: ['3.9'],
    kafka: /^$|^GROUP +CONSUMER-ID/,
    reason: 'no header of a group that is not there; 2.7 and 4.3 have none either',
  },
  {
    row: 'reset without saying how',
    kafka: /^\[stderr\] WARN: No action will be performed .* In version 5\.0/,
    ours: /^\[stderr\] WARN: No action will be performed .* missing\.$/,
    reason: 'nothing is announced about a later release',
  },
  {
    row: 'reset a topic that does not exist',
    kafka: /This server does not host this topic-partition/,
    ours: /The topics "nope" do not exist$/,
    reason: 'the topic is named',
  },
  {
    row: /that is none$|without a scenario$/,
    kafka: /^\[stderr\] (Invalid state list|Option '\[reset-offsets\]' requires)/,
    ours: /^\[stderr\] (Invalid state list|Option '\[reset-offsets\]' requires)/,
    reason: 'the same words in the order of 3.9; in 4.3 they are in the order of a hash table',
  },
  {
    row: 'no action',
    kafka: /, --validate-regex$/,
    ours: /--delete-offsets$/,
    reason: '--validate-regex is about subscriptions of the newer group protocol',
  },
  {
    row: 'reset a partition that is no number',
    kafka: /orders:x''$/,
    ours: /orders:x'$/,
    reason: 'one quote is enough',
  },
  {
    row: 'a flag that does not exist',
    kafka: /joptsimple/,
    ours: /is not a flag of sluice consumer-groups/,
    reason: 'a sentence in place of a stack trace',
  },
  { row: /^reset (to a time|by a duration) that is none$/, ...foundEarly },
  { row: 'reset by a shift that is no number', ...foundEarly },
  { row: /^reset from a file (with other columns|that is not there)$/, ...foundEarly },
];

export const consumerGroupRows = {
  name: 'consumer-groups',
  expected,
  // The records are old on purpose.
  properties: { 'log.retention.hours': -1 },
  rows: [
    groups('list without groups', list()),
    groups('list without groups, with states', list('--state')),
    groups('list', list(), { ...unordered, before: makeGroups }),
    groups('list with states', list('--state'), unordered),
    groups('list by state', list('--state', 'Empty'), unordered),
    groups('list by states in lower case', list('--state', 'stable,empty'), {
      ...unordered,
      releases: WITH_TYPES,
    }),
    groups('list with types', list('--type'), { ...unordered, releases: WITH_TYPES }),
    groups('list by type', list('--type', 'classic'), { ...unordered, releases: WITH_TYPES }),
    groups('list by a type that no group has', list('--type', 'consumer'), {
      releases: WITH_TYPES,
    }),
    groups('list with types and states', list('--type', '--state'), {
      ...unordered,
      releases: WITH_TYPES,
    }),
    groups('describe', describe('idle')),
    groups('describe offsets', describe('idle', '--offsets')),
    groups('describe offsets in full', describe('idle', '--verbose')),
    groups('describe with a timeout', describe('idle', '--timeout', '3000')),
    groups('describe a group with few offsets', describe('partial')),
    groups('describe a group with members', describe('live')),
    groups('describe a group that commits nothing', describe('silent')),
    groups('describe two', describe('idle', '--group', 'live')),
    groups('describe what does not exist', describe('nobody')),
    groups('describe members', describe('live', '--members')),
    groups('describe members in full', describe('live', '--members', '--verbose')),
    groups('describe the only member in full', describe('silent', '--members', '--verbose')),
    groups('describe members of a group without', describe('idle', '--members')),
    groups('describe members of what does not exist', describe('nobody', '--members')),
    groups('describe state', describe('live', '--state')),
    groups('describe state in full', describe('live', '--state', '--verbose')),
    groups('describe state of a group without members', describe('idle', '--state')),
    groups('describe state of what does not exist', describe('nobody', '--state')),
    groups('describe all', ['--describe', '--all-groups'], unordered),
    groups('describe all members', ['--describe', '--all-groups', '--members'], unordered),
    groups('describe all states', ['--describe', '--all-groups', '--state'], unordered),
    groups('reset to earliest', dry(...reset('idle', 'orders', '--to-earliest'))),
    groups('reset to latest', dry(...reset('idle', 'orders', '--to-latest'))),
    groups('reset to current', dry(...reset('idle', 'orders', '--to-current'))),
    groups('reset without saying how', reset('idle', 'orders', '--to-earliest'), {
      stderr: true,
    }),
    groups(
      'reset all topics',
      dry('--reset-offsets', '--group', 'idle', '--all-topics', '--to-latest'),
    ),
    groups(
      'reset all topics of a group without offsets',
      dry('--reset-offsets', '--group', 'nobody', '--all-topics', '--to-latest'),
    ),
    groups(
      'reset to current, where nothing is committed',
      dry(...reset('partial', 'orders', '--to-current')),
      unordered,
    ),
    groups(
      'reset two topics',
      dry(...reset('idle', 'orders', '--topic', 'logs', '--to-earliest')),
      unordered,
    ),
    groups('reset some partitions', dry(...reset('idle', 'orders:0,2', '--to-latest'))),
    groups(
      'reset to a time before all',
      dry(...reset('idle', 'orders', '--to-datetime', '2020-01-01T00:00:00.000')),
    ),
    groups(
      'reset to a time between',
      dry(...reset('idle', 'orders', '--to-datetime', '2023-11-14T22:13:22.000')),
    ),
    groups(
      'reset to a time in a zone',
      dry(...reset('idle', 'orders', '--to-datetime', '2023-11-15T00:13:22.000+02:00')),
    ),
    groups(
      'reset to a time after all',
      dry(...reset('idle', 'orders', '--to-datetime', '2120-01-01T00:00:00.000')),
    ),
    groups('reset by duration', dry(...reset('idle', 'orders', '--by-duration', 'P9999D'))),
    groups('reset by no duration', dry(...reset('idle', 'orders', '--by-duration', 'PT0S'))),
    groups('reset by a shift forward', dry(...reset('idle', 'logs', '--shift-by', '1'))),
    groups('reset by a shift back', dry(...reset('idle', 'logs', '--shift-by', '-1'))),
    groups('reset by a shift too far', dry(...reset('idle', 'logs', '--shift-by', '100'))),
    groups('reset by a shift too far back', dry(...reset('idle', 'logs', '--shift-by', '-100'))),
    groups(
      'reset by a shift, where nothing is committed',
      dry(...reset('partial', 'orders', '--shift-by', '1')),
      { stderr: true },
    ),
    groups('reset to an offset', dry(...reset('idle', 'logs', '--to-offset', '1'))),
    groups('reset to an offset after the end', dry(...reset('idle', 'logs', '--to-offset', '99'))),
    groups(
      'reset to an offset before the start',
      dry(...reset('idle', 'logs', '--to-offset', '-5')),
    ),
    groups('reset from a file', fromFile(['idle'], csv('one.csv', 'orders,0,1\n"orders",1,0\n'))),
    groups(
      'reset from a file with groups',
      fromFile(['idle', 'partial'], csv('two.csv', 'idle,orders,0,1\npartial,orders,1,0\n')),
    ),
    groups(
      'reset one group from a file with groups',
      fromFile(['idle'], csv('four.csv', 'idle,orders,0,1\n')),
    ),
    groups(
      'reset from a file that lacks a group',
      fromFile(['idle', 'partial'], csv('five.csv', 'idle,orders,0,1\n')),
    ),
    groups(
      'export',
      dry('--reset-offsets', '--group', 'idle', '--all-topics', '--to-current', '--export'),
    ),
    groups(
      'export two groups',
      dry(
        ...['--reset-offsets', '--group', 'idle', '--group', 'partial'],
        ...['--all-topics', '--to-current', '--export'],
      ),
    ),
    groups(
      'reset two groups',
      dry(
        ...['--reset-offsets', '--group', 'idle', '--group', 'partial'],
        ...['--all-topics', '--to-earliest'],
      ),
    ),
    groups(
      'reset two groups, one with members',
      dry(...reset('live', 'logs', '--group', 'idle', '--to-earliest')),
    ),
    groups('reset with members', [...reset('live', 'logs', '--to-earliest'), '--execute']),
    groups('reset a group that is new', dry(...reset('fresh', 'orders', '--to-earliest'))),
    groups('reset, executed', [...reset('moved', 'orders', '--to-latest'), '--execute']),
    groups('describe what was reset', describe('moved')),
    groups('reset a new group, executed', [
      ...reset('fresh', 'orders:1', '--to-offset', '2'),
      '--execute',
    ]),
    groups('describe the new group', describe('fresh')),
    groups('export, executed', [
      ...reset('fresh', 'orders:1', '--to-offset', '1', '--export'),
      '--execute',
    ]),
    groups('reset a topic that does not exist', dry(...reset('idle', 'nope', '--to-latest'))),
    groups(
      'reset a partition that does not exist',
      dry(...reset('idle', 'orders:9', '--to-latest')),
      { releases: ['4.3'] },
    ),
    groups('delete offsets', ['--delete-offsets', '--group', 'moved', '--topic', 'logs']),
    groups('delete offsets of a partition', [
      ...['--delete-offsets', '--group', 'moved', '--topic', 'orders:1'],
    ]),
    groups('delete offsets of two', [
      ...['--delete-offsets', '--group', 'moved'],
      ...['--topic', 'orders:0', '--topic', 'orders:2'],
    ]),
    groups('delete offsets of what does not exist', [
      ...['--delete-offsets', '--group', 'idle', '--topic', 'nope'],
    ]),
    groups('delete offsets of a partition of what does not exist', [
      ...['--delete-offsets', '--group', 'idle', '--topic', 'nope:0'],
    ]),
    groups('delete offsets of a group that does not exist', [
      ...['--delete-offsets', '--group', 'nobody', '--topic', 'orders'],
    ]),
    groups('delete offsets that members read on from', [
      ...['--delete-offsets', '--group', 'live', '--topic', 'logs'],
    ]),
    groups('delete offsets of a topic that members do not read', [
      ...['--delete-offsets', '--group', 'live', '--topic', 'empty'],
    ]),
    groups('delete', ['--delete', '--group', 'gone-a']),
    groups('delete two', ['--delete', '--group', 'gone-c', '--group', 'gone-b'], {
      normalise: (line) => line.replace(/'gone-b(', '|, )gone-c'/, "'gone-c$1gone-b'"),
    }),
    groups('delete what does not exist', ['--delete', '--group', 'nobody']),
    groups('delete a group with members', ['--delete', '--group', 'live']),
    groups('delete one that exists and one that does not', [
      ...['--delete', '--group', 'gone-d', '--group', 'nobody'],
    ]),
    groups('list groups of all kinds', list(), { ...unordered, tool: 'groups' }),
    groups('list groups of consumers', list('--consumer'), { ...unordered, tool: 'groups' }),
    groups('list what is left', list(), unordered),
    refused('list by a state that is none', list('--state', 'bogus'), { releases: WITH_TYPES }),
    refused('list by a type that is none', list('--type', 'bogus'), { releases: WITH_TYPES }),
    refused('no action', ['--group', 'idle']),
    refused('describe without a group', ['--describe']),
    refused('describe members and state', describe('idle', '--members', '--state')),
    refused('delete without a group', ['--delete']),
    refused('delete with a topic', ['--delete', '--group', 'idle', '--topic', 'orders']),
    refused('delete offsets without a topic', ['--delete-offsets', '--group', 'idle']),
    refused('reset and dry run', dry(...reset('idle', 'orders', '--to-earliest', '--execute'))),
    refused('reset without a scenario', dry(...reset('idle', 'orders'))),
    refused('reset without a scope', dry('--reset-offsets', '--group', 'idle', '--to-earliest')),
    refused('reset without a group', dry('--reset-offsets', '--topic', 'orders', '--to-earliest')),
    refused('reset two ways', dry(...reset('idle', 'orders', '--to-earliest', '--to-latest'))),
    refused(
      'reset a partition that is no number',
      dry(...reset('idle', 'orders:x', '--to-latest')),
    ),
    refused('a flag that does not exist', list('--no-such-flag')),
    groups('reset to a time that is none', [
      ...dry(...reset('idle', 'orders', '--to-datetime', 'yesterday')),
    ]),
    groups('reset by a duration that is none', [
      ...dry(...reset('idle', 'orders', '--by-duration', '1d')),
    ]),
    groups('reset by a shift that is no number', [
      ...dry(...reset('idle', 'logs', '--shift-by', 'x')),
    ]),
    groups(
      'reset from a file with other columns',
      fromFile(['idle'], csv('bad.csv', 'orders,zero,1\n')),
    ),
    groups(
      'reset from a file that is not there',
      fromFile(['idle'], () => '/nowhere/plan.csv'),
    ),
  ],
};
