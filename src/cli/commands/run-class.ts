import { COMMANDS } from '../command-list.ts';
import { CliError } from '../failure.ts';
import { classCall } from '../run-class.ts';
import type { Command } from '../terminal.ts';

const HELP = `Runs the tool that a class of Kafka's stands for, so that old runbooks go on working.

Usage: sluice run-class <class> [flags of the tool]

  sluice run-class kafka.tools.GetOffsetShell --broker-list localhost:9092 --topic orders --time -1
  sluice run-class kafka.tools.DumpLogSegments --files data/orders-0/00000000000000000000.log
  sluice run-class kafka.tools.ConsumerOffsetChecker --group readers
`;

/** kafka-run-class.sh */
export const runClass: Command = {
  async run(args, terminal) {
    if (args[0] === '--help' || args[0] === '-h') {
      terminal.out(HELP);
      return 0;
    }
    const call = classCall(args);
    if (call.warning !== undefined) terminal.err(call.warning);
    const entry = COMMANDS[call.command];
    if (!entry) throw new CliError(`${call.command} is not a command`);
    return (await entry.load()).run(call.args, terminal);
  },
};
