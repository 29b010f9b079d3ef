// What `sluice completion` prints, in the shells themselves: each loads it and is asked what completes a line.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { sluiceProgram } from '../lib/broker.mjs';
import { unpackedDebianPackages } from '../lib/install.mjs';
import { hasProgram, run } from '../lib/processes.mjs';

/** Lines to be completed, and some of what must be offered for each, the last word offered last. */
const lines = [
  {
    line: 'sluice ',
    offered: ['consumer-groups', 'dump-log', 'topics', 'verifiable-producer'],
    not: ['script'],
  },
  { line: 'sluice dump', offered: ['dump-log'], not: ['topics'] },
  {
    line: 'sluice topics --',
    offered: ['--bootstrap-server', '--create', '--topic', '--under-replicated-partitions'],
    not: ['--group'],
  },
  {
    line: 'sluice configs --entity-type broker',
    offered: ['broker-loggers', 'brokers'],
    not: ['topics'],
  },
  // What the program is asked for names of, here by one that stands in for it.
  { line: 'sluice consume to', offered: ['topics-asked'], not: ['topics'] },
  { line: 'sluice consumer-groups --group gr', offered: ['groups-asked'], not: ['topics-asked'] },
  { line: 'sluice server --log-level w', offered: ['warn'], not: ['debug'] },
  {
    line: 'sluice consumer-groups --to-',
    offered: ['--to-current', '--to-datetime', '--to-offset'],
    not: ['--topic'],
  },
];

/** bash: its function is called with the words, as the shell does, after asking which one is registered. */
async function askBash(shell, file, { line }) {
  const words = line.split(' ');
  const script = `set -u; source ${file}; complete -p sluice >/dev/null || exit 9
COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return ask(shell, ['--norc', '--noprofile', '-c', script, 'bash', line, ...words]);
}

/** fish tells by itself what it would offer. */
async function askFish(shell, file, { line }) {
  const script = [...(shell.setup ?? []), `source ${file}`, `complete -C '${line}'`].join('; ');
  const output = await ask(shell, ['--no-config', '-c', script]);
  return output.replace(/\t.*$/gm, '');
}

/** zsh: a shell at a terminal of its own, into which the line and the tabulator key are typed. */
async function askZsh(shell, file, { line, offered }) {
  const setup = `${(shell.setup ?? []).join('; ')}; autoload -Uz compinit && compinit -D -u; source ${file}`;
  const only = offered.length === 1;
  // Where one word fits it is put into the line; of several a list is shown.
  const script = `${(shell.setup ?? []).join('\n')}
zmodload zsh/zpty || exit 9
zpty shell ${shell.command} -f -i
zpty -w shell ${quoted(`PS1='% '; LISTMAX=1000; ${setup}; echo loaded=$_comps[sluice]`)}
zpty -r -m shell out '*loaded=_sluice*' || exit 8
zpty -w -n shell ${quoted(line)}$'\\t${only ? '\\n' : ''}'
zpty -r -m shell out ${quoted(`*${offered.at(-1)}*`)} || exit 7
print -r -- "$out"`;
  return ask(shell, ['-f', '-c', script]);
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

async function ask({ command, env }, args) {
  const { code, stdout, stderr } = await run(command, args, { env, timeoutMs: 20_000 });
  assert.equal(code, 0, `${command}: ${stderr}\n${stdout}`);
  assert.equal(stderr, '', 'the script is loaded without a word');
  return stdout;
}

const shells = {
  bash: { packages: ['bash'], ask: askBash },
  zsh: { packages: ['zsh', 'zsh-common'], ask: askZsh },
  fish: { packages: ['fish', 'fish-common', 'libpcre2-32-0'], ask: askFish },
};

/** The shell of this machine, or one unpacked from Debian's packages. Throws Missing. */
async function prepared(name, { install }) {
  if (await hasProgram(name)) return { command: name, env: process.env };
  const root = await unpackedDebianPackages(shells[name].packages, { install });
  const library = join(root, 'usr/lib');
  const [triplet = ''] = readdirSync(library).filter((entry) => entry.endsWith('-linux-gnu'));
  const env = { ...process.env, LD_LIBRARY_PATH: join(library, triplet) };
  const command = ['bin', 'usr/bin'].map((folder) => join(root, folder, name)).find(existsSync);
  // What they would look for below /usr.
  if (name === 'fish') {
    const setup = [`set fish_function_path ${join(root, 'usr/share/fish/functions')}`];
    return { command, env, setup };
  }
  if (name !== 'zsh') return { command, env };
  const [version = ''] = readdirSync(join(library, triplet, 'zsh'));
  const setup = [
    `module_path=(${join(library, triplet, 'zsh', version)})`,
    `fpath=(${join(root, 'usr/share/zsh/functions')}/**/*(/N))`,
  ];
  return { command, env, setup };
}

export const completionScenarios = Object.keys(shells).map((name) => ({
  name: `${name} completes our command lines`,
  async run({ install }) {
    const shell = await prepared(name, { install });
    const folder = mkdtempSync(join(tmpdir(), 'completion-'));
    try {
      const printed = await run(process.execPath, [sluiceProgram, 'completion', name]);
      assert.equal(printed.code, 0, printed.stderr);
      const file = join(folder, `sluice.${name}`);
      writeFileSync(file, printed.stdout);
      const standIn = join(folder, 'sluice');
      writeFileSync(standIn, '#!/bin/sh\n[ "$1" = complete-values ] && echo "$2-asked"\n');
      chmodSync(standIn, 0o755);
      const env = { ...shell.env, PATH: `${folder}:${process.env.PATH}` };
      for (const one of lines) {
        const output = await shells[name].ask({ ...shell, env }, file, one);
        for (const word of one.offered)
          assert.ok(has(output, word), `${one.line}: ${word} in ${JSON.stringify(output)}`);
        for (const word of one.not) assert.ok(!has(output, word), `${one.line}: no ${word}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
}));

/** Whether a word stands by itself in what a shell printed, between a terminal's control sequences. */
function has(output, word) {
  const plain = stripVTControlCharacters(output).replaceAll('\x07', ' ');
  return plain.split(/\s+/).includes(word);
}
