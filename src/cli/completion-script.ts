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

/** What a flag may be followed by: words, or names that the broker is asked for. */
type Values = readonly string[] | 'topics' | 'groups';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const ENTITIES = ['topics', 'brokers', 'broker-loggers', 'users', 'clients', 'ips'];

const VALUES: Readonly<Record<string, Values>> = {
  topic: 'topics',
  group: 'groups',
  'group-id': 'groups',
  'entity-type': ENTITIES,
  'log-level': ['debug', 'info', 'warn', 'error'],
  'log-format': ['text', 'json'],
  'compression-codec': CODECS,
  'isolation-level': ['read_uncommitted', 'read_committed'],
  'reset-policy': ['earliest', 'latest', 'none'],
  'request-required-acks': ['all', '0', '1', '-1'],
  acks: ['all', '0', '1', '-1'],
  offset: ['earliest', 'latest'],
};

/** Commands whose first word is a topic, and the words of others. */
const WORDS: Readonly<Record<string, Values>> = {
  produce: 'topics',
  consume: 'topics',
  completion: ['bash', 'zsh', 'fish'],
  log: ['inspect', 'verify', 'why', 'repair', 'convert'],
};

/** Which broker the line names is asked, or the one that tools ask anyway. */
const ASK = 'sluice complete-values';

function shellCases(
  values: Readonly<Record<string, Values>>,
  line: (values: Values) => string,
): string {
  return Object.entries(values)
    .map(([name, of]) => `    ${name}) ${line(of)} ;;\n`)
    .join('');
}

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ name, flags }) =>
      `    ${name}) words="${flags.map((flag) => `--${flag.name}`).join(' ')}" ;;\n`,
  );
  const offered = (of: Values) =>
    typeof of === 'string'
      ? `offered="$(${ASK} ${of} --bootstrap-server "$server" 2>/dev/null)"`
      : `offered="${of.join(' ')}"`;
  return `# bash completion of sluice: eval "$(sluice completion bash)"
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local words="" offered="" server="" index
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$current"))
    return
  fi
  for ((index = 2; index < COMP_CWORD; index++)); do
    if [ "\${COMP_WORDS[index-1]}" = --bootstrap-server ]; then
      # bash takes host:port for three words.
      server="\${COMP_WORDS[index]}"
      if [ "\${COMP_WORDS[index+1]:-}" = : ]; then server="$server:\${COMP_WORDS[index+2]:-}"; fi
    fi
  done
  case "\${COMP_WORDS[1]}" in
${cases.join('')}  esac
  case "\${previous#--}" in
${shellCases(VALUES, offered)}  esac
  if [ -z "$offered" ] && [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
${shellCases(WORDS, offered)}    esac
  fi
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$words --help" -- "$current"))
  elif [ -n "$offered" ]; then
    COMPREPLY=($(compgen -W "$offered" -- "$current"))
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
  const offered = (of: Values) =>
    typeof of === 'string'
      ? `offered=(\${(f)"$(${ASK} ${of} --bootstrap-server "$server" 2>/dev/null)"})`
      : `offered=(${of.join(' ')})`;
  return `#compdef sluice
# zsh completion of sluice: eval "$(sluice completion zsh)", after compinit.
_sluice() {
  local -a commands flags offered
  local server="" index
  commands=(
${commands.map(({ name, summary }) => `    ${item(name, summary)}\n`).join('')}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  for ((index = 3; index < CURRENT; index++)); do
    if [[ "$words[index-1]" == --bootstrap-server ]]; then server="$words[index]"; fi
  done
  case "$words[2]" in
${cases.join('')}  esac
  case "\${words[CURRENT-1]#--}" in
${shellCases(VALUES, offered)}  esac
  if (( CURRENT == 3 && ! $#offered )); then
    case "$words[2]" in
${shellCases(WORDS, offered)}    esac
  fi
  if [[ "$words[CURRENT]" == -* ]]; then
    _describe flag flags
  elif (( $#offered )); then
    compadd -a offered
  else
    _files
  fi
}
compdef _sluice sluice
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const offered = (of: Values) =>
    typeof of === 'string' ? `'(__sluice_ask ${of})'` : quoted(of.join(' '));
  const lines = commands.map(
    ({ name, summary }) =>
      `complete -c sluice -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}\n`,
  );
  for (const { name, flags } of commands) {
    const when = `-n '__fish_seen_subcommand_from ${name}'`;
    const words = WORDS[name];
    if (words !== undefined) lines.push(`complete -c sluice ${when} -f -a ${offered(words)}\n`);
    for (const flag of flags) {
      const of = VALUES[flag.name];
      const follows = of === undefined ? (flag.takesValue ? ' -r' : '') : ` -x -a ${offered(of)}`;
      lines.push(`complete -c sluice ${when} -l ${flag.name}${follows} -d ${quoted(flag.doc)}\n`);
    }
  }
  return `# fish completion of sluice: sluice completion fish | source
function __sluice_ask
  set -l words (commandline -opc)
  set -l server ''
  if set -l at (contains -i -- --bootstrap-server $words)
    set server $words[(math $at + 1)]
  end
  ${ASK} $argv[1] --bootstrap-server "$server" 2>/dev/null
end
${lines.join('')}`;
}

/** For all three shells: nothing is special between single quotes but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
