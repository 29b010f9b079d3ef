// If this breaks, scripts that call Kafka's classes by name find nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMANDS } from './command-list.ts';
import { completionScript, flagsOfHelp } from './completion-script.ts';
import { classCall } from './run-class.ts';
import { runCommand } from './testing/tool-broker.ts';

// If these break, a runbook written for Kafka names something that is not there, or a shell does not
// complete.

test('classes of every Kafka release stand for our commands', () => {
  const shell = ['--broker-list', 'a:1', '--topic', 't', '--time', '-1'];
  assert.deepEqual(classCall(['kafka.tools.GetOffsetShell', ...shell]), {
    command: 'get-offsets',
    args: shell,
  });
  const server = classCall([
    '-name',
    'kafkaServer',
    '-loggc',
    '-daemon',
    'kafka.Kafka',
    'a.properties',
  ]);
  assert.deepEqual(server, { command: 'server', args: ['-daemon', 'a.properties'] });
  const checker = classCall([
    ...['kafka.tools.ConsumerOffsetChecker', '--zookeeper', 'z:2181', '--topic', 't'],
    ...['--group', 'g', '--broker-info', '--retry.backoff.ms=5'],
  ]);
  assert.deepEqual(checker.args, ['--describe', '--zookeeper', 'z:2181', '--group', 'g']);
  assert.match(checker.warning!, /^WARNING: ConsumerOffsetChecker .*\n$/);
  assert.throws(() => classCall(['kafka.tools.NoSuchTool']), /NoSuchTool is not there; there are/);
  assert.deepEqual(classCall(['kafka.tools.MirrorMaker', '--x']), {
    command: 'script',
    args: ['kafka-mirror-maker', '--x'],
  });
  assert.throws(() => classCall([]), /a class is needed/);
  assert.throws(() => classCall(['-x', 'kafka.Kafka']), /-x is not a flag/);
});

test('every alias in bin names a command', () => {
  const aliases = readdirSync('bin').filter((name) => name.endsWith('.sh'));
  assert.ok(aliases.length >= 18, aliases.join());
  for (const alias of aliases) {
    execFileSync('sh', ['-n', `bin/${alias}`]);
    // These two are scripts of their own.
    if (/^zookeeper-server-(start|stop)\.sh$/.test(alias)) continue;
    const text = readFileSync(`bin/${alias}`, 'utf8');
    const [, command = '', name] =
      /"\/?\$\(dirname [^\n]*\/sluice" ([a-z-]+)(?: ([a-z0-9-]+))? "\$@"\n$/.exec(text) ?? [];
    assert.ok(Object.hasOwn(COMMANDS, command), `${alias}: ${command}`);
    if (command === 'script') assert.equal(`${name}.sh`, alias);
    else assert.equal(name, undefined);
  }
});

const HELP = `Does.

  --plain          Is here. And more.
  --with <a=b>...  Says
                   "it's": so.
  --a-very-long-flag-name-of-ours [value]
                   Long; really.

  sluice x --plain
`;

test('flags are read from a help text', () => {
  assert.deepEqual(flagsOfHelp(HELP), [
    { name: 'plain', takesValue: false, doc: 'Is here' },
    { name: 'with', takesValue: true, doc: 'Says "it\'s": so' },
    { name: 'a-very-long-flag-name-of-ours', takesValue: true, doc: 'Long' },
  ]);
});

test('scripts for three shells', async () => {
  const commands = [{ name: 'x', summary: 'Does: x.', flags: flagsOfHelp(HELP) }];
  assert.match(completionScript('bash', commands), /\n {4}x\) words="--plain --with --a-very/);
  const zsh = completionScript('zsh', commands);
  assert.match(zsh, /'x:Does\\: x\.'/);
  assert.match(zsh, /'--with:Says "it'\\''s"\\: so'/);
  assert.match(
    completionScript('fish', commands),
    /\ncomplete -c sluice -n '__fish_seen_subcommand_from x' -l with -r -d 'Says "it'\\''s": so'\n/,
  );
  const { out, code } = await runCommand(['completion', 'bash']);
  assert.equal(code, 0);
  execFileSync('bash', ['-n'], { input: out });
  // In place of the program: what a broker would be asked for, and which one.
  const asked = 'sluice() { echo "$2-of-$4"; }';
  const completed = (...words: string[]) => {
    const line = `COMP_WORDS=(sluice ${words.join(' ')}); COMP_CWORD=${words.length}`;
    const script = `set -u; ${asked}\n${out}\n${line}; _sluice; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim();
  };
  assert.equal(completed('topics', '--under-r'), '--under-replicated-partitions');
  const at = ['--bootstrap-server', 'host', ':', '9093'];
  assert.equal(completed('topics', ...at, '--topic', "''"), 'topics-of-host:9093');
  assert.equal(completed('consumer-groups', '--group', "''"), 'groups-of-');
  assert.equal(completed('consume', 'to'), 'topics-of-');
  assert.equal(completed('configs', '--entity-type', 'br'), 'brokers broker-loggers');
  assert.equal(completed('server', '--log-level', "''"), 'debug info warn error');
  const wrong = await runCommand(['completion', 'tcsh']);
  assert.match(wrong.err, /exactly one shell: bash, zsh, fish/);
});
