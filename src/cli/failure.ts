/** What a person did wrong, or what stands in the way: one sentence, exit code 1, no stack trace. */
export class CliError extends Error {
  override name = 'CliError';
}
