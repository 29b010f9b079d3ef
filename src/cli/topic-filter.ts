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
  return wholeName(expression, text);
}

/**
 * The pattern of what a consumer reads: a regular expression that must match the whole name, and nothing else; a comma
 * stands for itself, as in `{1,2}`. Throws CliError.
 */
export function subscriptionPattern(text: string): (topic: string) => boolean {
  return wholeName(text, text);
}

function wholeName(expression: string, given: string): (topic: string) => boolean {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${expression})$`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`${given} is not a valid regular expression: ${reason}`);
  }
  return (topic) => pattern.test(topic);
}
