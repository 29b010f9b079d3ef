import { COMMANDS } from '../command-list.ts';
import {
  type CompletedCommand,
  completionScript,
  flagsOfHelp,
  type Shell,
} from '../completion-script.ts';
import { CliError } from '../failure.ts';
import type { Command, Terminal } from '../terminal.ts';

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

const HELP = `Prints what makes a shell complete the command lines of sluice.

Usage: sluice completion bash|zsh|fish

  sluice completion bash > ~/.local/share/bash-completion/completions/sluice
  sluice completion zsh > ~/.zfunc/_sluice
  sluice completion fish > ~/.config/fish/completions/sluice.fish
`;

export const completion: Command = {
  async run(args, terminal) {
    if (args[0] === '--help' || args[0] === '-h') {
      terminal.out(HELP);
      return 0;
    }
    const shell = SHELLS.find((known) => known === args[0]);
    if (!shell || args.length > 1) {
      throw new CliError(`completion takes exactly one shell: ${SHELLS.join(', ')}`);
    }
    const commands: CompletedCommand[] = [];
    for (const [name, { summary, load, hidden }] of Object.entries(COMMANDS)) {
      if (hidden) continue;
      const flags = flagsOfHelp(await helpOf(await load()));
      commands.push({ name, summary, flags });
    }
    terminal.out(completionScript(shell, commands));
    return 0;
  },
};

async function helpOf(command: Command): Promise<string> {
  let help = '';
  const terminal: Terminal = {
    out(text) {
      help += text.toString();
    },
    err() {},
    drained: async () => true,
    outClosed: false,
    input: (async function* () {})(),
    inputIsTerminal: false,
    onInterrupt() {},
  };
  await command.run(['--help'], terminal);
  return help;
}
