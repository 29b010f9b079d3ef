import { nodeRandom } from '../../base/node/node-random.ts';
import { randomUuid } from '../../base/random.ts';
import { errorSentence } from '../../base/system-error.ts';
import { COMMANDS } from '../command-list.ts';
import { CliError } from '../failure.ts';
import { SCRIPTS } from '../scripts.ts';
import type { Command } from '../terminal.ts';

/** What the scripts in bin/ call that are not one of our commands by another name. */
export const script: Command = {
  async run([name = '', ...args], terminal) {
    const known = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
    if (!known) {
      throw new CliError(
        `there is no script ${name}; there are ${Object.keys(SCRIPTS).join(', ')}`,
      );
    }
    const call = known(args, () => randomUuid(nodeRandom));
    if ('command' in call) {
      try {
        return await (await COMMANDS[call.command]!.load()).run(call.args, terminal);
      } catch (error) {
        terminal.err(`${name}: ${errorSentence(error)}\n`);
        return 1;
      }
    }
    if (call.out !== undefined) terminal.out(call.out);
    if (call.say !== undefined) terminal.err(`${name}: ${call.say}.\n`);
    return call.code;
  },
};
