import { toggle } from '../flags.ts';
import { shortForm } from '../short-form.ts';
import { consoleConsumer, FLAGS } from './console-consumer.ts';

const OWN = {
  new: toggle('Only what comes from now on.'),
  keys: toggle('Each key too, a tab in front of the value.'),
} as const;

/** Flags that say already where to begin. */
const BEGINS = ['new', 'from-beginning', 'offset', 'partition'];

/** The short form of console-consumer. */
export const consume = shortForm({
  name: 'consume',
  about: 'Prints the records of a topic, from its beginning on, and goes on with what comes.',
  flags: OWN,
  examples: ['greetings', 'chat --keys --new', 'orders --group billing --max-messages 10'],
  notes: [
    'Without --group nothing is committed, so the next run prints the same again; with one it goes on where the group was.',
    'Keys are left out unless asked for, so that what was sent as lines comes back as these lines.',
  ].join('\n'),
  long: { name: 'console-consumer', flags: FLAGS, command: consoleConsumer },
  translate({ keys }, isGiven) {
    return [
      ...(BEGINS.some(isGiven) ? [] : ['--from-beginning']),
      ...(keys ? ['--property', 'print.key=true'] : []),
    ];
  },
});
