// If this breaks, a mistyped flag is ignored, or a right one refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliError } from './failure.ts';
import {
  flagHelp,
  keyValues,
  many,
  optional,
  parseFlags,
  repeated,
  toggle,
  value,
  wholeNumber,
} from './flags.ts';

// If these break, a command line that works with Kafka's tools is refused, or understood otherwise.

const FLAGS = {
  list: toggle('List.'),
  topic: value('topic', 'The topic.'),
  'topics-with-overrides': toggle('Only some.'),
  config: repeated('name=value', 'A config.'),
  state: optional('states', 'States.'),
  'shift-by': value('count', 'Shift.'),
  'broker-list': value('host:port', 'Old.', true),
  props: many('key=value', 'Properties.'),
} as const;

const parse = (...args: string[]) => parseFlags(FLAGS, args, { command: 'sluice test' });

test('values follow a blank or an equals sign, and repeated flags add up', () => {
  const { flags } = parse('--topic', 'a', '--config', 'x=1', '--config=y=2', '--list');
  assert.equal(flags.topic, 'a');
  assert.deepEqual(flags.config, ['x=1', 'y=2']);
  assert.equal(flags.list, true);
  assert.equal(flags['topics-with-overrides'], false);
});

test('a flag that takes many values takes all up to the next flag', () => {
  const { flags } = parse('--props', 'a=1', 'b=-1', '--topic', 't', '--props=c=3');
  assert.deepEqual(flags.props, ['a=1', 'b=-1', 'c=3']);
  assert.equal(flags.topic, 't');
});

test('a value may begin with a dash, but a flag is no value', () => {
  assert.equal(parse('--shift-by', '-1').flags['shift-by'], '-1');
  assert.throws(
    () => parse('--topic', '--list'),
    /^CliError: --topic needs a value: --topic <topic>$/,
  );
  assert.throws(() => parse('--topic'), CliError);
});

test('an optional value is taken where one follows', () => {
  assert.equal(parse('--state').flags.state, true);
  assert.equal(parse('--state', '--list').flags.state, true);
  assert.equal(parse('--state', 'Stable').flags.state, 'Stable');
  assert.equal(parse('--state=Stable').flags.state, 'Stable');
  assert.equal(parse().flags.state, undefined);
});

test('the beginning of a name is enough where it fits only one flag', () => {
  assert.equal(parse('--conf', 'a=b').flags.config[0], 'a=b');
  assert.equal(parse('--topic', 'x').flags.topic, 'x', 'a whole name wins over longer ones');
  assert.throws(() => parse('--s', '1'), /--state, --shift-by: write it in full/);
});

test('an unknown flag is answered with the closest one', () => {
  assert.throws(
    () => parse('--tpoic', 'a'),
    /--tpoic is not a flag of sluice test; did you mean --topic\?/,
  );
  assert.throws(() => parse('--zzzzzz'), /see sluice test --help/);
  assert.throws(() => parse('stray'), /"stray" is not expected here/);
  assert.throws(() => parse('--list=yes'), /--list takes no value/);
});

test('what is not a flag is kept where a command takes it', () => {
  const { rest, help } = parseFlags(FLAGS, ['a.properties', '-list', '-h'], {
    command: 'x',
    allowRest: true,
  });
  assert.deepEqual(rest, ['a.properties']);
  assert.equal(help, true);
});

test('the help has every flag but the hidden ones', () => {
  const help = flagHelp(FLAGS, 60);
  assert.match(help, /--state \[states\]/);
  assert.match(help, /--topic <topic>/);
  assert.doesNotMatch(help, /broker-list/);
  assert.ok(help.split('\n').every((line) => line.length <= 60));
});

test('numbers and pairs are checked, and named in the error', () => {
  assert.equal(wholeNumber('partitions', '3', { atLeast: 1 }), 3);
  assert.throws(() => wholeNumber('partitions', 'x'), /--partitions must be a whole number, not x/);
  assert.throws(() => wholeNumber('partitions', '0', { atLeast: 1 }), /must be at least 1, not 0/);
  assert.throws(() => wholeNumber('n', '9', { atMost: 8 }), /must be at most 8/);
  assert.deepEqual(keyValues('property', ['a=b=c', 'd=']), { a: 'b=c', d: '' });
  assert.throws(
    () => keyValues('property', ['a']),
    /--property must be of the form key=value, not a/,
  );
});
