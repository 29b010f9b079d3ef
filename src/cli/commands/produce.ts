import { value } from '../flags.ts';
import { shortForm } from '../short-form.ts';
import { consoleProducer, FLAGS } from './console-producer.ts';

const OWN = {
  'key-separator': value('text', 'Each line is a key, this text and a value.'),
} as const;

/** The short form of console-producer. */
export const produce = shortForm({
  name: 'produce',
  about: 'Sends each line of standard input as a record.',
  flags: OWN,
  examples: ['greetings', 'access < access.log', 'chat --key-separator :'],
  notes:
    'A topic that is not there is made, where the broker does that (auto.create.topics.enable).',
  long: { name: 'console-producer', flags: FLAGS, command: consoleProducer },
  translate({ 'key-separator': separator }) {
    if (separator === undefined) return [];
    return ['--property', 'parse.key=true', '--property', `key.separator=${separator}`];
  },
});
