import { CliError } from './failure.ts';

/** Topics that a tool hides when it is asked to leave out Kafka's own. */
export const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

/**
 * Kafka's way to name several topics: a regular expression that must match the whole name, where a
 * comma is an "or". Throws CliError.
 */
export function topicPattern(text: string): (topic: string) => boolean {
  const expression = text
    .trim()
    .replace(/,/g, '|')
    .replace(/ /g, '')
    .replace(/^["']+|["']+$/g, '');
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${expression})$`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`${text} is not a valid regular expression: ${reason}`);
  }
  return (topic) => pattern.test(topic);
}
