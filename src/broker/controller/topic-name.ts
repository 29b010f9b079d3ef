/** `.log` folders are named `<topic>-<partition>`, with room for the suffix of a deletion. */
const LONGEST_NAME = 249;

const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

/** Kafka's own bookkeeping in the form of topics. */
export function isInternalTopicName(name: string): boolean {
  return INTERNAL_TOPICS.has(name);
}

/** Why a topic cannot have this name (INVALID_TOPIC_EXCEPTION), or undefined. */
export function topicNameProblem(name: string): string | undefined {
  const problem = nameProblem(name);
  return problem && `Topic name is invalid: ${problem}`;
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return `'${name}' is not allowed`;
  if (name.length > LONGEST_NAME) {
    return `the length of '${name}' is longer than the max allowed length ${LONGEST_NAME}`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return undefined;
}

/** Metric names do not tell '.' from '_', so two topics may not differ only in that. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}
