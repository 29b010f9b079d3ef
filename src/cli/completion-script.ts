// What shells need to complete our command lines, made from the help of the commands.

export interface CompletedFlag {
  readonly name: string;
  readonly takesValue: boolean;
  readonly doc: string;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
}

/** The flags that a help text lists, with the first sentence of what it says of each. */
export function flagsOfHelp(help: string): CompletedFlag[] {
  const flags: { name: string; takesValue: boolean; doc: string }[] = [];
  let current: { doc: string } | undefined;
  for (const line of help.split('\n')) {
    const match = /^ {2}--([\w.-]+)( (?:<[^>]*>|\[[^\]]*\])(?:\.\.\.)?)?(?: {2,}(.*))?$/.exec(line);
    const [, name, placeholder, doc = ''] = match ?? [];
    if (name !== undefined) {
      const flag = { name, takesValue: placeholder !== undefined, doc };
      flags.push(flag);
      current = flag;
    } else if (current && /^ {10}/.test(line)) current.doc = `${current.doc} ${line.trim()}`.trim();
    else current = undefined;
  }
  return flags.map((flag) => ({ ...flag, doc: firstSentence(flag.doc) }));
}

function firstSentence(text: string): string {
  return /^.*?[.;](?= |$)/.exec(text)?.[0].slice(0, -1) ?? text;
}

export type Shell = 'bash' | 'zsh' | 'fish';

export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ name, flags }) =>
      `    ${name}) words="${flags.map((flag) => `--${flag.name}`).join(' ')}" ;;\n`,
  );
  return `# bash completion of sluice: eval "$(sluice completion bash)"
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('')}  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$words --help" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _sluice sluice
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const item = (name: string, doc: string) =>
    quoted(doc === '' ? name : `${name}:${doc.replaceAll(':', '\\:')}`);
  const cases = commands.map(
    ({ name, flags }) =>
      `    ${name}) flags=(${flags.map((flag) => item(`--${flag.name}`, flag.doc)).join(' ')}) ;;\n`,
  );
  return `#compdef sluice
# zsh completion of sluice: eval "$(sluice completion zsh)", after compinit.
_sluice() {
  local -a commands flags
  commands=(
${commands.map(({ name, summary }) => `    ${item(name, summary)}\n`).join('')}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join('')}  esac
  if [[ "$words[CURRENT]" == -* ]]; then
    _describe flag flags
  else
    _files
  fi
}
compdef _sluice sluice
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.map(
    ({ name, summary }) =>
      `complete -c sluice -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}\n`,
  );
  for (const { name, flags } of commands) {
    for (const flag of flags) {
      lines.push(
        `complete -c sluice -n '__fish_seen_subcommand_from ${name}' -l ${flag.name}${flag.takesValue ? ' -r' : ''} -d ${quoted(flag.doc)}\n`,
      );
    }
  }
  return `# fish completion of sluice: sluice completion fish | source\n${lines.join('')}`;
}

/** For all three shells: nothing is special between single quotes but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
