// If this breaks, who types what comes to mind (sluice produce orders, sluice topic, topics list) is left without a topic,
// without a hint, or without a completion.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runCommand, startToolBroker, type ToolBroker } from './testing/tool-broker.ts';

let broker: ToolBroker;
before(async () => {
  broker = await startToolBroker({ 'auto.create.topics.enable': 'true' });
  await broker.ok('produce', ['orders'], 'tea\ncoffee\n');
});
after(() => broker.stop());

test('a topic is all that produce and consume need: from its beginning on, line by line', async () => {
  assert.equal(await broker.ok('consume', ['orders', '--max-messages', '2']), 'tea\ncoffee\n');
  assert.equal(await broker.ok('consume', ['--max-messages=1', '--topic', 'orders']), 'tea\n');
});

test('keys are printed when they are asked for, and given with a separator', async () => {
  await broker.ok('produce', ['--key-separator', ':', 'chat'], 'alice:hello\nbob:yes:no\n');
  const two = ['chat', '--max-messages', '2'];
  assert.equal(await broker.ok('consume', two), 'hello\nyes:no\n');
  assert.equal(await broker.ok('consume', [...two, '--keys']), 'alice\thello\nbob\tyes:no\n');
});

test('a group goes on where it was; --new and --offset begin elsewhere', async () => {
  const group = ['orders', '--group', 'orders', '--max-messages', '1'];
  assert.equal(await broker.ok('consume', group), 'tea\n');
  assert.equal(await broker.ok('consume', group), 'coffee\n');
  const at = ['orders', '--partition', '0', '--offset', '1', '--max-messages', '1'];
  assert.equal(await broker.ok('consume', at), 'coffee\n');
  assert.equal(await broker.ok('consume', ['orders', '--new', '--timeout-ms', '300']), '');
});

const HINTS: readonly (readonly [readonly string[], RegExp])[] = [
  [['produce'], /which topic\? sluice produce <topic>/],
  [['consume', 'a', 'b'], /consume takes one topic, not a and b/],
  [['consume', 'a', '--form-beginning'], /did you mean --from-beginning\?/],
  [['topic'], /did you mean topics\?/],
  [['consumer'], /did you mean consume\?/],
  [['producer'], /did you mean produce\?/],
  [['kafka-topics.sh'], /did you mean topics\?/],
  [['kafka-console-producer'], /did you mean console-producer\?/],
  [['start'], /did you mean server\?/],
  [['topics', '--topics', 'a'], /did you mean --topic\?/],
  [['topics', 'list'], /did you mean --list\?/],
  [['console-consumer', '--topics', 'a'], /did you mean --topic\?/],
  [['nonsense'], /see sluice --help/],
];

test('a near miss is answered with what was meant', async () => {
  for (const [args, hint] of HINTS) {
    const { code, err } = await runCommand(args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, hint, args.join(' '));
  }
});

test('completion learns topics and groups from the broker, and nothing where there is none', async () => {
  await broker.ok('consume', ['orders', '--group', 'readers', '--max-messages', '1']);
  const topics = (await broker.ok('complete-values', ['topics'])).split('\n');
  assert.ok(topics.includes('orders') && topics.includes('chat'), topics.join());
  assert.match(await broker.ok('complete-values', ['groups']), /^readers$/m);
  for (const words of [['nothing'], ['topics', '--bootstrap-server', '127.0.0.1:1'], ['--what']]) {
    const result = await runCommand(['complete-values', ...words]);
    assert.deepEqual(result, { code: 0, out: '', err: '' });
  }
});
